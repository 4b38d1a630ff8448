import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

it('a test that is given a bare generator function fails and says what to write', async () => {
  const results = await runFixture('test/tooling/fixtures')

  expect(results.map(({ title, status }) => [title, status])).toEqual([
    ['a bare generator function', 'failed'],
    ['a bare async generator function', 'failed'],
    ['an arrow function that returns a generator', 'failed'],
    ['a generator function for each of 1', 'failed'],
    ['a generator function for each of 2', 'failed'],
    ['an ordinary function', 'passed'],
    ['an async function', 'passed'],
  ])
  for (const { title, status, failureMessages } of results) {
    if (status !== 'failed') continue
    expect(failureMessages[0]).toContain(`the function of the test '${title}' returned a generator that nobody runs`)
    expect(failureMessages[0]).toContain('wrap it: inVirtualTime(function* () { … })')
  }
}, 60_000)

interface TestResult {
  title: string
  status: string
  failureMessages: string[]
}

// With the repository's own configuration, so that a guard which is switched off there shows here.
function runFixture(directory: string): Promise<TestResult[]> {
  const args = [vitest, 'run', '--reporter=json', '--config=test/tooling/fixtures/vitest.config.ts', directory]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root }, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout.slice(stdout.indexOf('{'))).testResults[0].assertionResults)
      } catch (cause) {
        reject(new Error(`Vitest printed no results:\n${stdout}\n${stderr}`, { cause }))
      }
    })
  })
}

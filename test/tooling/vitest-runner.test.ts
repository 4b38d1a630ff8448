import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

interface TestResult {
  title: string
  status: string
  failureMessages: string[]
}

describe("Spindle's runner for Vitest", () => {
  let results: TestResult[]
  beforeAll(async () => {
    results = await runFixtures()
  }, 120_000)

  /** Why a test has failed. */
  const messages = (title: string): string[] => results.find((result) => result.title === title)?.failureMessages ?? []

  it('runs the coroutines of tests and hooks, and each ends as its title says', () => {
    const asTitled = results.filter(({ title }) => /^(passed|failed|skipped): /.test(title))
    expect(asTitled.filter(({ title, status }) => !title.startsWith(`${status}: `))).toEqual([])
    expect(asTitled.length).toBe(32)
  })

  it('fails a test whose coroutine throws, reports an error, or is not awaited', () => {
    expect(messages('failed: fails')[0]).toMatch(/^AssertionError: expected 'this' to be 'that'/)
    expect(messages('failed: reports to the exception handler')[0]).toContain('Task exception was never retrieved')
    expect(messages('failed: does not await an assertion')[0]).toContain("expected 'this' to be 'that'")
    expect(messages('failed: has a hook that fails')[0]).toContain('the hook failed')
  })

  it('says where a test or hook that takes too long was, and what became of it', () => {
    const late = (what: string, name: string): RegExp =>
      new RegExp(
        `^Error: ${what} timed out in 50ms\\.\n.*\n` +
          `It was waiting:\n  <Task pending name=.* coro=<${name}\\(\\) running at .*coroutines\\.fixture\\.ts:\\d+> wait_for=`,
      )
    expect(messages('failed: is cancelled')).toEqual([expect.stringMatching(late('Test', 'waiting'))])
    expect(messages('failed: has a hook that takes too long')).toEqual([
      expect.stringMatching(late('Hook', '<anonymous>')),
    ])
    for (const title of ['refuses to be cancelled', 'gets stuck in its clean-up', 'has faked the timers'])
      expect(messages(`failed: ${title}`)).toEqual([expect.stringMatching(late('Test', '<anonymous>'))])
    expect(messages('failed: fails in its clean-up')).toEqual([
      expect.stringMatching(late('Test', '<anonymous>')),
      expect.stringMatching(/^Error: the clean-up failed/),
    ])
  })

  it('fails a test with a bare generator function, and says what to write', () => {
    const others = results.filter(({ title }) => !/^(passed|failed|skipped): /.test(title))
    expect(others.map(({ title, status }) => [title, status])).toEqual([
      ['a bare generator function', 'failed'],
      ['a bare async generator function', 'failed'],
      ['an arrow function that returns a generator', 'failed'],
      ['a generator function for each of 1', 'failed'],
      ['a generator function for each of 2', 'failed'],
      ['an ordinary function', 'passed'],
      ['an async function', 'passed'],
    ])
    const hint = 'returned a generator that nobody runs: wrap it: coroutine(function* () { … })'
    for (const { title, status } of others)
      if (status === 'failed') expect(messages(title)[0]).toContain(`the function of the test '${title}' ${hint}`)
    expect(messages('failed: has a hook that nobody runs')[0]).toContain(`the function of the hook 'afterEach' ${hint}`)
  })
})

// With the repository's own configuration: if the runner is disabled there, this test fails.
function runFixtures(): Promise<TestResult[]> {
  const args = [vitest, 'run', '--reporter=json', '--config=test/tooling/fixtures/vitest.config.ts']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root }, (_error, stdout, stderr) => {
      try {
        const report: { testResults: { assertionResults: TestResult[] }[] } = JSON.parse(
          stdout.slice(stdout.indexOf('{')),
        )
        resolve(report.testResults.flatMap((file) => file.assertionResults))
      } catch (cause) {
        reject(new Error(`Vitest printed no results:\n${stdout}\n${stderr}`, { cause }))
      }
    })
  })
}

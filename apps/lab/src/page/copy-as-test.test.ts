import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { WRONG } from '../../test/bad-programs.ts'
import { printed } from '../lessons/judge-prediction.ts'
import { parseLesson } from '../lessons/lesson.ts'
import { runProgram } from '../sandbox/run-program.ts'
import type { RunResult } from '../sandbox/run-request.ts'
import { asTest, asTrial } from './copy-as-test.ts'

const lab = fileURLToPath(new URL('../..', import.meta.url))

async function testOf(name: string, source: string): Promise<string> {
  const { recording, failure } = await new Promise<RunResult>((resolve) =>
    runProgram({ source, schedule: [], seed: 1 }, resolve),
  )
  return asTest(source, printed(recording), name, failure?.error)
}

describe('a program as a test', () => {
  it('tries the schedules that were tried on the page', () => {
    const source = `import { type Coroutine, run, sleep } from 'spindle'

function* main(): Coroutine<void> {
  yield* sleep(5)
}

await run(main())`
    expect(asTrial(source, 'cancels', 'mine')).toBe(`import { explore } from '@spindle/testing'
import { type Coroutine, sleep } from 'spindle'
import { it } from 'vitest'

it("mine", async () => {
  await explore(() => {
function* main(): Coroutine<void> {
  yield* sleep(5)
}

return main()
  }, { cancel: 'each', late: 0, times: 'written' })
})
`)
    expect(asTrial("import { run } from 'spindle'\nawait run(main())", 'late', 'mine')).not.toContain('import {  }')
  })

  it('runs in virtual time, and expects the printed lines', async () => {
    const source = "import { run, sleep } from 'spindle'\n\nawait run(sleep(5))\nconsole.log([1])"
    expect(await testOf('mine', source)).toBe(`import { format } from 'node:util'
import { run as runInRealTime, sleep } from 'spindle'
import { newEventLoop as newLoop } from 'spindle'
import { VirtualClock as Clock } from 'spindle/more'
import { expect, it, vi } from 'vitest'

it("mine", async () => {
  const printed: string[] = []
  for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...values: unknown[]) => void printed.push(format(...values)))
  }
  const loopFactory = () => newLoop({ clock: new Clock() })
  const run: typeof runInRealTime = (main, options) => runInRealTime(main, { loopFactory, ...options })
  const program = async (): Promise<void> => {
await run(sleep(5))
console.log([1])
  }
  await program()
  vi.restoreAllMocks()
  expect(printed).toEqual([
    "[ 1 ]"
  ])
})
`)
  })

  it.runIf(longForm)('passes: each lesson, each solution, and programs that fail', async () => {
    const lessons = readdirSync(`${lab}src/lessons`).filter((name) => name.endsWith('.md'))
    const programs = lessons.flatMap((name) => {
      const { number, program, exercise } = parseLesson(name, readFileSync(`${lab}src/lessons/${name}`, 'utf8'))
      return [[`lesson ${number}`, program] as const, [`solution ${number}`, exercise.solution] as const]
    })
    const failing = WRONG.filter(
      ([, , outcome]) => outcome.includes('error') && !outcome.includes(0) && !/import/.test(`${outcome}`),
    )
    const folder = mkdtempSync(join(lab, 'copied-'))
    try {
      mkdirSync(join(folder, 'tests'))
      writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {}') // instead of the repository's
      for (const [name, source] of [...programs, ...failing]) {
        writeFileSync(join(folder, 'tests', `${name.replaceAll(/\W/g, '-')}.test.ts`), await testOf(name, source))
      }
      const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '..', 'vitest.mjs')
      const args = [vitest, 'run', '--root', folder, '--no-isolate', '--reporter', 'json']
      const output = await new Promise<string>((resolve) =>
        execFile(process.execPath, args, { env: { ...process.env, NODE_ENV: 'test' } }, (_error, stdout) =>
          resolve(stdout),
        ),
      )
      const { testResults, numPassedTests } = JSON.parse(output.slice(output.indexOf('{'))) as {
        testResults: {
          name: string
          message: string
          assertionResults: { status: string; failureMessages: string[] }[]
        }[]
        numPassedTests: number
      }
      const failed = testResults.flatMap(({ name, message, assertionResults }) => [
        ...(message === '' ? [] : [`${name}: ${message}`]),
        ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
      ])
      expect(failed).toEqual([])
      expect(numPassedTests).toBe(programs.length + failing.length)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

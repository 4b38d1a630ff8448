import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseLesson } from '../lessons/lesson.ts'
import { runProgram } from './run-program.ts'
import type { RunResult } from './run-request.ts'
import type { Trial } from './trial.ts'

function tried(source: string, explore: Trial): Promise<RunResult> {
  return new Promise((resolve) => runProgram({ source, schedule: [], seed: 1, explore }, resolve))
}

const path = '../lessons/21-right-moment.md'
const lesson21 = parseLesson(path, readFileSync(new URL(path, import.meta.url), 'utf8')).program

describe('trying schedules of a whole program', () => {
  it('finds the cancel that fails, and shows that very run', async () => {
    const source = lesson21.replace('  b.cancel()\n', '')
    const { verdict, recording, failure } = await tried(source, 'cancels')
    expect(failure).toBe(undefined)
    expect(verdict).toEqual({ passed: false, message: expect.stringMatching(/forever.*\(cancel /) })
    expect(recording.rows.some((row) => row.kind === 'cancelling')).toBe(true)
  })

  it('evaluates the program again for each run', async () => {
    const source = `import { type Coroutine, Lock, run, sleep } from 'spindle'
const lock = new Lock()
let runs = 0
function* main(): Coroutine<void> {
  if (++runs > 1) throw new Error('a variable of another run')
  yield* lock.acquire() // never released
  yield* sleep(1)
}
await run(main())`
    const { verdict } = await tried(source, 'cancels')
    expect(verdict).toEqual({ passed: true, message: expect.stringMatching(/^right in each of \d+ runs \(cancel: /) })
  })

  it('wakes the loop late', async () => {
    const source = `import { type Coroutine, gather, run, sleep } from 'spindle'
const seen: string[] = []
function* worker(name: string, ms: number): Coroutine<void> {
  yield* sleep(ms)
  yield* sleep(0)
  seen.push(name)
}
function* main(): Coroutine<void> {
  yield* gather([worker('slow', 12), worker('fast', 10)])
  if (seen[0] !== 'fast') throw new Error('the slow one came first')
}
await run(main())`
    expect((await tried(source, 'late')).verdict).toEqual({
      passed: false,
      message: expect.stringContaining('the slow one came first'),
    })
    expect((await tried(source, 'cancels')).verdict).toMatchObject({ passed: true })
  })

  it('says so if the program cannot be explored', async () => {
    expect((await tried('console.log(1)', 'cancels')).verdict).toMatchObject({
      passed: false,
      message: expect.stringContaining('has to call run(main())'),
    })
  })
})

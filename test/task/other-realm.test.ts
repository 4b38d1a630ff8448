import { createContext, runInContext } from 'node:vm'
import { CancelledError, type Coroutine, getRunningLoop } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { createTask, ensureFuture, gather, isCoroutine, isCoroutineFunction, run, sleep } from '@spindle/task'
import { describe, expect, it } from 'vitest'

const context = createContext({ sleep, log: [] })
const worker = runInContext(
  '(function* (n) { try { yield* sleep(n * 10); return n } finally { log.push(n) } })',
  context,
) as (n: number) => Coroutine<number>

describe('a generator of another realm, such as an iframe or a context of node:vm', () => {
  it('is a coroutine', () => {
    expect(isCoroutine(worker(1))).toBe(true)
    expect(isCoroutineFunction(worker)).toBe(true)
  })

  it('runs as a Task, and its finally block runs when the Task is cancelled', async () => {
    const results = await run(function* () {
      const cancelled = createTask(worker(1000))
      const both = yield* gather([worker(1), createTask(worker(2))])
      cancelled.cancel()
      const [error] = yield* gather([cancelled], { returnExceptions: true })
      return [...both, error]
    })
    expect(results).toEqual([1, 2, expect.any(CancelledError)])
    expect(runInContext('log.splice(0)', context)).toEqual([1, 2, 1000])
  })
})

describe('an error of another realm, as those of Node are in a test of Jest', () => {
  it('is not reported if it is the AbortError of a promise that nothing waits for any more', async () => {
    const reports: unknown[] = []
    await run(function* () {
      getRunningLoop().setExceptionHandler((_, report) => reports.push(report))
      for (const name of ['AbortError', 'OtherError']) {
        const error = runInContext(`Object.assign(new Error(), { name: '${name}' })`, context) as Error
        ensureFuture(new Promise((_, reject) => setTimeout(reject, 0, error))).cancel()
      }
      yield* sleep(5)
    })
    expect(reports).toEqual([expect.objectContaining({ exception: expect.objectContaining({ name: 'OtherError' }) })])
  })

  it('is printed as an error', () => {
    expect(repr(runInContext("new TypeError('far')", context))).toBe("TypeError('far')")
  })
})

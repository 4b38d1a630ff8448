import { ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION } from '@spindle/task'
import { afterAll, describe, expect, it } from 'vitest'
import { asCompleted, Event, Future, ThreadPoolExecutor, wait } from '../index.ts'
import * as calls from './calls.fixture.ts'

const executor = new ThreadPoolExecutor(3)
afterAll(() => executor.shutdown())

const cancelled = (): Future => {
  const future = new Future()
  future.cancel()
  future.setRunningOrNotifyCancel()
  return future
}
const failed = (): Future => {
  const future = new Future()
  future.setException(new RangeError('before'))
  return future
}
const successful = (): Future => {
  const future = new Future()
  future.setResult(42)
  return future
}
/** A call that runs until `go` is set. */
function blocked(): { future: Future; go: Event } {
  const [begun, go] = [new Event(), new Event()]
  const future = executor.submit(calls.meet, begun, go)
  begun.wait()
  return { future, go }
}

/** In this order. (`toEqual` would iterate over the Futures, which are iterables.) */
function expectThese(futures: Iterable<Future>, expected: readonly Future[]): void {
  expect(Array.from(futures, (future) => expected.indexOf(future))).toEqual([...expected.keys()])
}

describe('wait', () => {
  it('counts a Future that is given twice once', () => {
    const future = executor.submit(calls.sleepFor, 5)
    const { done, pending } = wait([future, future], { returnWhen: ALL_COMPLETED })
    expectThese(done, [future])
    expectThese(pending, [])
  })

  it('returns when the first is done', () => {
    const { future: slow, go } = blocked()
    const fast = executor.submit(calls.multiply, 21, 2)
    const { done, pending } = wait([slow, fast], { returnWhen: FIRST_COMPLETED })
    expectThese(done, [fast])
    expectThese(pending, [slow])
    go.set()
    slow.result()
  })

  it('returns at once if a Future is already done', () => {
    const { future: slow, go } = blocked()
    const gone = cancelled()
    const { done, pending } = wait([gone, slow], { returnWhen: FIRST_COMPLETED })
    expectThese(done, [gone])
    expectThese(pending, [slow])
    go.set()
    slow.result()
  })

  it('returns when the first fails, with the Futures that are done', () => {
    const { future: slow, go } = blocked()
    const fine = executor.submit(calls.multiply, 2, 21)
    fine.result()
    const fails = executor.submit(calls.fails, 'own')
    const { done, pending } = wait([fine, fails, slow], { returnWhen: FIRST_EXCEPTION })
    expectThese(done, [fine, fails])
    expectThese(pending, [slow])
    go.set()
    slow.result()
  })

  it('does not count a cancellation as a failure', () => {
    const { future: slow, go } = blocked()
    const fails = executor.submit(calls.divide, 1, 0)
    const [gone, fine] = [cancelled(), successful()]
    const { done, pending } = wait([fine, gone, fails, slow], { returnWhen: FIRST_EXCEPTION })
    expectThese(done, [fine, gone, fails])
    expectThese(pending, [slow])
    go.set()
    slow.result()
  })

  it('returns at once if a Future has already failed', () => {
    const { future: slow, go } = blocked()
    const fails = failed()
    const { done, pending } = wait([fails, slow], { returnWhen: FIRST_EXCEPTION })
    expectThese(done, [fails])
    expectThese(pending, [slow])
    go.set()
    slow.result()
  })

  it('returns when all are done', () => {
    const futures = [
      executor.submit(calls.divide, 2, 0),
      executor.submit(calls.multiply, 2, 21),
      cancelled(),
      failed(),
      successful(),
    ]
    const { done, pending } = wait(futures)
    expectThese(done, futures)
    expectThese(pending, [])
  })

  it('returns after the timeout, with the Futures that are done', () => {
    const { future: slow, go } = blocked()
    const fast = executor.submit(calls.multiply, 6, 7)
    fast.result()
    const before = performance.now()
    const { done, pending } = wait([cancelled(), fast, slow], { timeout: 60 })
    expect(performance.now() - before).toBeGreaterThanOrEqual(60)
    expect(done.size).toBe(2)
    expectThese(pending, [slow])
    go.set()
    slow.result()
  })

  it('misses none of many that end at once', () => {
    const go = new Event()
    const many = new ThreadPoolExecutor(3)
    const futures = Array.from({ length: 3 }, () => many.submit(calls.meet, new Event(), go))
    go.set()
    expect(wait(futures).done.size).toBe(3)
    many.shutdown()
  })

  it('returns at once without Futures, and refuses an invalid Future or condition', () => {
    expect(wait([]).done.size).toBe(0)
    expect(() => wait(undefined as never)).toThrow('a list of Futures of executors is expected, got undefined')
    expect(() => wait(new Future() as never)).toThrow(/^a list of Futures of executors is expected, got <Future at /)
    expect(() => asCompleted(new Future() as never)).toThrow(/^a list of Futures of executors is expected/)
    expect(() => wait([3 as never])).toThrow('a Future of an executor is expected, got 3')
    expect(() => wait([successful()], { returnWhen: 'SOME' as never })).toThrow(
      /^Invalid return condition: 'SOME'\. Pass ALL_/,
    )
  })
})

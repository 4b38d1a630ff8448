import { type Coroutine, TimeoutError } from '@spindle/loop'
import { forEach, run, runSync } from '@spindle/task'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asCompleted, Event, Future, ThreadPoolExecutor, wait } from '../index.ts'
import * as calls from './calls.fixture.ts'

const executor = new ThreadPoolExecutor(2)
beforeAll(() => {
  // Both threads are there before it matters who is faster.
  wait([executor.submit(calls.sleepFor, 0), executor.submit(calls.sleepFor, 0)])
}, 20_000)
afterAll(() => executor.shutdown())

/**
 * Three Futures: the first ends after the second, which ends once a result is taken; the third is done. And a function
 * that takes a result.
 */
function three(): { readonly given: Future<number>[]; take(future: Future<number>): number } {
  const before = new Future<number>()
  before.setResult(0)
  const [isTaken, isFastDone] = [new Event(), new Event()]
  const slow = executor.submit(calls.giveAfter<number>, isFastDone, 60)
  const fast = executor.submit(calls.giveAfter<number>, isTaken, 42)
  fast.addDoneCallback(() => isFastDone.set())
  return {
    given: [slow, fast, before],
    take(future) {
      isTaken.set()
      return future.result()
    },
  }
}

describe('asCompleted', () => {
  it('yields Futures as they finish in a blocking for loop', () => {
    const { given, take } = three()
    expect(Array.from(asCompleted(given), take)).toEqual([0, 42, 60])
  })

  it('yields them to `for await`, and in a coroutine to forEach, in both kinds of run', async () => {
    const results: number[] = []
    const { given, take } = three()
    for await (const { future } of asCompleted(given)) results.push(take(future))
    function* main(): Coroutine<void> {
      const { given, take } = three()
      yield* forEach(asCompleted(given), function* (future) {
        results.push(take(future))
      })
    }
    runSync(main())
    await run(main())
    expect(results).toEqual([0, 42, 60, 0, 42, 60, 0, 42, 60])
  })

  it('throws a TimeoutError that says how many are missing, however it is iterated over', async () => {
    const [begun, go] = [new Event(), new Event()]
    const slow = executor.submit(calls.meet, begun, go)
    begun.wait()
    const done = new Future()
    done.setResult('done')
    const log: unknown[] = []
    const attempt = async (goThrough: (given: Iterable<Future>) => Promise<void> | void): Promise<void> => {
      try {
        await goThrough([slow, done])
      } catch (error) {
        log.push(error)
      }
    }
    function* main(given: Iterable<Future>): Coroutine<void> {
      yield* forEach(asCompleted(given, { timeout: 20 }), function* (future) {
        log.push(future.result())
      })
    }
    await attempt((given) => {
      for (const future of asCompleted(given, { timeout: 20 })) log.push(future.result())
    })
    await attempt(async (given) => {
      for await (const { future } of asCompleted(given, { timeout: 20 })) log.push(future.result())
    })
    await attempt((given) => runSync(main(given)))
    await attempt((given) => run(main(given)))
    const message = new TimeoutError('1 (of 2) futures unfinished')
    expect(log).toEqual(['done', message, 'done', message, 'done', message, 'done', message])
    go.set()
    slow.result()
  })

  it('yields a Future once that was passed twice', () => {
    const future = executor.submit(calls.sleepFor, 5)
    const given = [...asCompleted(Array.from({ length: 10 }, () => future))]
    expect({ length: given.length, isTheFuture: given[0] === future }).toEqual({ length: 1, isTheFuture: true })
  })

  it('keeps none of the yielded Futures when iteration ends early', () => {
    const [first, second] = [new Future(), new Future()]
    first.setResult(1)
    const completed = asCompleted([first, second])
    for (const future of completed) {
      expect(future === first).toBe(true)
      break
    }
    expect([...completed]).toEqual([])
  })

  it('refuses a value that is not a Future', () => {
    expect(() => asCompleted([Promise.resolve() as never])).toThrow('a Future of an executor is expected')
  })
})

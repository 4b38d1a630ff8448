import {
  CancelledError,
  type Coroutine,
  getRunningLoop,
  isFuture,
  type Future as LoopFuture,
  RuntimeError,
  setEventLoop,
} from '@spindle/loop'
import { createTask, gather, getEventLoop, newEventLoop, run, runSync, sleep } from '@spindle/task'
import { afterAll, describe, expect, it, vi } from 'vitest'
import * as calls from '../futures/calls.fixture.ts'
import {
  Event,
  type Executor,
  Future,
  runInExecutor,
  setDefaultExecutor,
  shutdownDefaultExecutor,
  ThreadPoolExecutor,
  toThread,
  wrapFuture,
} from '../index.ts'

const executor = new ThreadPoolExecutor(1)
afterAll(() => executor.shutdown())

// Whether the thread blocks or not, all of this is the same.
const runs: Record<string, <T>(main: Coroutine<T>) => Promise<T>> = {
  'drives it by the host': run,
  'blocks its thread': <T>(main: Coroutine<T>): Promise<T> => new Promise((resolve) => resolve(runSync(main))),
}

describe.each(Object.entries(runs))('runInExecutor, in a run that %s', (_, start) => {
  it('returns the result, while the loop continues', async () => {
    function* main(): Coroutine<unknown> {
      let turns = 0
      const beside = createTask(
        (function* counts(): Coroutine<void> {
          for (;;) {
            yield* sleep(1)
            turns++
          }
        })(),
      )
      const result = yield* runInExecutor(executor, calls.sleepFor, 40)
      beside.cancel()
      return { result, hadTurns: turns > 3 }
    }
    expect(await start(main())).toEqual({ result: 40, hadTurns: true })
  })

  it('throws the error of the function', async () => {
    function* main(): Coroutine<unknown> {
      return yield* runInExecutor(executor, calls.divide, 1, 0)
    }
    await expect(start(main())).rejects.toThrow(new RangeError('division by zero'))
  })

  it('has a default executor, whose threads end before the run', async () => {
    function* main(): Coroutine<unknown> {
      const ran = new Event()
      const name = yield* toThread(calls.threadName)
      const begun = new Event()
      createTask(toThread(calls.setAfter, 60, ran, begun)) // left alone, and cancelled at the end: but it has begun
      yield* toThread(calls.waitFor, begun)
      return [name, ran]
    }
    const [name, ran] = (await start(main())) as [string, Event]
    expect({ name, hasRun: ran.isSet() }).toEqual({ name: 'asyncio_0', hasRun: true })
  })

  it('cancels calls that have not started, and requests running calls to stop', async () => {
    const [begun, never] = [new Event(), new Event()]
    function* main(): Coroutine<unknown> {
      const running = runInExecutor(executor, calls.untilStopped, begun)
      const waiting = runInExecutor(executor, calls.meet, never, never)
      yield* toThread(calls.waitFor, begun)
      return { running: running.cancel(), waiting: waiting.cancel(), end: yield* sleep(0, 'end') }
    }
    expect(await start(main())).toEqual({ running: true, waiting: true, end: 'end' })
    expect(executor.submit(calls.add, 1).result()).toBe(2)
    expect(never.isSet()).toBe(false)
  })

  it('waits for a worker that ends, and no longer', async () => {
    function* main(): Coroutine<unknown> {
      return yield* runInExecutor(executor, calls.leave, 0)
    }
    await expect(start(main())).rejects.toThrow('the thread that ran leave() ended before the call did')
  })
})

describe('the default executor', () => {
  it('can be set, and shut down', () => {
    const own = new ThreadPoolExecutor(1, { threadNamePrefix: 'own' })
    function* main(): Coroutine<unknown> {
      setDefaultExecutor(own)
      const name = yield* toThread(calls.threadName)
      yield* shutdownDefaultExecutor()
      return name
    }
    function* after(): Coroutine<void> {
      yield* shutdownDefaultExecutor()
      yield* toThread(calls.threadName)
    }
    expect(runSync(main())).toBe('own_0')
    expect(() => own.submit(calls.add, 1)).toThrow(RuntimeError)
    expect(() => runSync(after())).toThrow(new RuntimeError('Executor shutdown has been called'))
    expect(() => setDefaultExecutor({} as never)).toThrow('executor must be ThreadPoolExecutor instance')
    expect(() => runInExecutor({} as Executor, calls.add, 1)).toThrow('executor must be an Executor or undefined')
  })

  it('is waited for only until the timeout', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const begun = new Event()
    let future: LoopFuture | undefined
    function* main(): Coroutine<void> {
      future = runInExecutor(undefined, calls.neverStops, begun)
      while (!begun.isSet()) yield* sleep(5)
      yield* shutdownDefaultExecutor({ timeout: 20 })
    }
    runSync(main()) // and it ends, though the call never would
    expect(String(future?.exception())).toContain('the pool was terminated')
    expect(warn.mock.calls).toEqual([['The executor did not finishing joining its threads within 0.02 seconds.']])
    warn.mockRestore()
  })
})

describe.each(Object.entries(runs))('toThread, in a run that %s', (_, start) => {
  it('returns the result of the function for its arguments, or throws its error', async () => {
    function* main(): Coroutine<unknown> {
      const sum = yield* toThread(calls.add, 40, 2)
      const [error] = yield* gather([toThread(calls.divide, 1, 0)], { returnExceptions: true })
      return [sum, String(error)]
    }
    expect(await start(main())).toEqual([42, 'RangeError: division by zero'])
  })

  it('calls it once each time, also when several are called at once', async () => {
    const counter = new Int32Array(new SharedArrayBuffer(4))
    function* main(): Coroutine<void> {
      yield* toThread(calls.count, counter)
      yield* gather([1, 2, 3].map(() => toThread(calls.count, counter)))
    }
    await start(main())
    expect(Atomics.load(counter, 0)).toBe(4)
  })
})

describe('wrapFuture', () => {
  it('belongs to the running loop, and waits for a call on a thread', () => {
    function* main(): Coroutine<unknown> {
      const wrapped = wrapFuture(executor.submit(calls.threadName))
      const loop = getRunningLoop()
      return { isOfLoop: wrapped.getLoop() === loop, isFuture: isFuture(wrapped), result: yield* wrapped }
    }
    const result = expect.stringMatching(/^ThreadPoolExecutor-/)
    expect(runSync(main())).toEqual({ isOfLoop: true, isFuture: true, result })
  })

  it('belongs, outside a run, to the loop that getEventLoop() returns', () => {
    const loop = newEventLoop()
    setEventLoop(loop)
    const other = new Future<string>()
    expect({
      isThisLoop: wrapFuture(other).getLoop() === loop,
      isTheDefaultLoop: wrapFuture(other).getLoop() === getEventLoop(),
    }).toEqual({ isThisLoop: true, isTheDefaultLoop: true })
    loop.close()
  })

  it('may still be given a result by hand, and then leaves the other alone', () => {
    const loop = newEventLoop()
    const other = new Future<number>()
    const wrapped = wrapFuture(other, { loop })
    wrapped.setResult(42)
    other.setResult(123)
    loop.runUntilCompleteSync(sleep(0))
    expect({ wrapped: wrapped.result(), cancelled: other.cancelled(), result: other.result() }).toEqual({
      wrapped: 42,
      cancelled: false,
      result: 123,
    })
    loop.close()
  })

  it('ends as the other does, and cancels it', () => {
    const loop = newEventLoop()
    const [returns, fails, cancelled, isCancelled] = [1, 2, 3, 4].map(() => new Future<number>())
    const wrapped = [returns, fails, cancelled, isCancelled].map((future) => wrapFuture(future as Future, { loop }))
    returns?.setResult(1)
    fails?.setException(new RangeError('no'))
    cancelled?.cancel()
    wrapped[3]?.cancel()
    loop.runUntilCompleteSync(sleep(0))
    expect(wrapped[0]?.result()).toBe(1)
    expect(() => wrapped[1]?.result()).toThrow('no')
    expect(() => wrapped[2]?.result()).toThrow(CancelledError)
    expect(isCancelled?.cancelled()).toBe(true)
    loop.close()
  })

  it('returns a Future of a loop unchanged, and refuses everything else', () => {
    const loop = newEventLoop()
    const own = loop.createFuture()
    expect(wrapFuture(own) === own).toBe(true)
    expect(() => wrapFuture(3 as never)).toThrow('concurrent.futures.Future is expected, got 3')
    loop.close()
  })
})

// What spans the loop and its Tasks, for each way to wait.

import { EventLoop } from '@spindle/loop/internal'
import {
  type Coroutine,
  createTask,
  DeadlockError,
  ensureFuture,
  getEventLoop,
  getRunningLoop,
  newEventLoop,
  run,
  runSync,
  sleep,
} from 'spindle'
import { setEventLoop, VirtualClock } from 'spindle/more'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { failureOf } from '../../packages/loop/src/thrown-by.fixture.ts'

afterEach(() => vi.restoreAllMocks())

interface Way {
  readonly name: string
  newLoop(): EventLoop
  run<T>(loop: EventLoop, coroutine: Coroutine<T>): Promise<T>
}

const ways: readonly Way[] = [
  { name: 'driven by the host', newLoop: () => newEventLoop(), run: (loop, main) => loop.runUntilComplete(main) },
  {
    name: 'blocking the thread',
    newLoop: () => newEventLoop(),
    run: async (loop, main) => loop.runUntilCompleteSync(main),
  },
  {
    name: 'in virtual time',
    newLoop: () => newEventLoop({ clock: new VirtualClock() }),
    run: async (loop, main) => loop.runUntilCompleteSync(main),
  },
]

describe.each(ways)('A loop with Tasks, $name', (way) => {
  it('refuses a value that is not awaitable, and says what to write', async () => {
    const loop = way.newLoop()
    function takes(_argument: number): void {}
    const failures = [42, undefined, 'text', {}, [1], takes].map((wrong) => failureOf(way.run(loop, wrong as never)))
    const errors = await Promise.all(failures)
    for (const error of errors) expect(error).toBeInstanceOf(TypeError)
    expect({ last: String(errors.at(-1)), running: loop.isRunning() }).toEqual({
      last: 'TypeError: ensureFuture() cannot know the arguments of <function takes>. Call it: ensureFuture(takes(…))',
      running: false,
    })
    loop.close()
  })

  it('refuses a run from inside a Task, which continues', async () => {
    const loop = way.newLoop()
    function* main(): Coroutine<unknown[]> {
      const log: unknown[] = []
      const inner = sleep(1)
      for (const attempt of [
        () => runSync(sleep(1)),
        () => loop.runUntilCompleteSync(inner),
        () => newEventLoop().runForeverSync(),
        () => loop.close(),
      ]) {
        try {
          attempt()
        } catch (error) {
          log.push(String(error))
        }
      }
      yield* sleep(1)
      return log
    }
    expect(await way.run(loop, main())).toEqual([
      'RuntimeError: runSync() cannot be called from a running event loop. In a coroutine, await with `yield*` instead',
      'RuntimeError: This event loop is already running',
      'RuntimeError: Cannot run the event loop while another loop is running',
      'RuntimeError: Cannot close a running event loop',
    ])
    loop.close()
  })

  it('continues as usual when a listener throws at each event', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const loop = way.newLoop()
    const names = ['task:created', 'task:step', 'task:suspended', 'task:done', 'future:done', 'turn'] as const
    for (const name of names) {
      loop.events.on(name, () => {
        throw new Error(name)
      })
    }
    function* main(): Coroutine<string> {
      yield* createTask(sleep(1))
      return 'result'
    }
    const result = await way.run(loop, main())
    const isTold = (name: string): boolean => error.mock.calls.some(([text]) => String(text).includes(`Error: ${name}`))
    expect({ result, told: names.filter(isTold) }).toEqual({ result: 'result', told: names })
    loop.events.removeAllListeners()
    loop.close()
  })

  it('waits forever for a deadline that is Infinity, and cancels it like any other', async () => {
    const loop = way.newLoop()
    function* main(): Coroutine<string> {
      const task = createTask(sleep(Number.POSITIVE_INFINITY))
      yield* sleep(2)
      task.cancel()
      try {
        yield* task
      } catch (error) {
        return `${(error as Error).name}, timers left: ${loop.nextTime < Number.POSITIVE_INFINITY}`
      }
      return 'not cancelled'
    }
    expect(await way.run(loop, main())).toBe('CancelledError, timers left: false')
    loop.close()
  })
})

describe('A blocking run', () => {
  it('refuses promises at its boundary, and says what to use', async () => {
    const promise = Promise.resolve(1)
    function* awaitsPromise(): Coroutine<unknown> {
      return yield* ensureFuture(promise)
    }
    const message =
      'RuntimeError: a promise cannot be awaited in a blocking run: it would never settle, as the thread does nothing else meanwhile. ' +
      'Use `await run(…)` or `await loop.runUntilComplete(…)` instead of the `Sync` variant'
    const loop = newEventLoop()
    const before = ensureFuture(promise, { loop })
    function* awaitsOneMadeBefore(): Coroutine<unknown> {
      return yield* before
    }
    const attempts = [
      () => runSync(awaitsPromise()),
      () => loop.runUntilCompleteSync(awaitsPromise()),
      () => loop.runUntilCompleteSync(awaitsOneMadeBefore()),
      () => loop.runUntilCompleteSync(promise as never),
      () => loop.runUntilCompleteSync(fetch('http://127.0.0.1:9/').catch(() => {}) as never),
    ]
    const errors = attempts.map((attempt) => {
      try {
        return attempt()
      } catch (error) {
        return String(error)
      }
    })
    expect(errors).toEqual(attempts.map(() => message))
    await before
    loop.close()
  })

  it('that waits for a promise indirectly is a deadlock, whose error says what to use', () => {
    const loop = newEventLoop()
    const promised = ensureFuture(new Promise<void>(() => {}), { loop })
    const failures = [promised, loop.createFuture<void>()].map((future) => {
      try {
        return loop.runUntilCompleteSync(future)
      } catch (error) {
        return `${error instanceof DeadlockError} ${error}`
      }
    })
    expect(failures).toEqual(
      new Array(2).fill(
        'true DeadlockError: the loop runs, but there is no Task, no timer, and nothing that could wake it\n' +
          'One promise is pending. While the thread is blocked it cannot settle: use `await run(…)` or ' +
          '`await loop.runUntilComplete(…)` instead of the `Sync` variant',
      ),
    )
    loop.close()
  })

  it('waits for external events, and is woken by another thread', async () => {
    const { Worker } = await import('node:worker_threads')
    const loop = newEventLoop()
    const wakeCell = new Int32Array(new SharedArrayBuffer(4))
    loop.wakeSources.wakeCell = wakeCell
    const future = loop.createFuture<string>()
    loop.wakeSources.external++
    // What a thread leaves for the loop, in the simplest form: the cell itself.
    loop.wakeSources.receive = () => {
      if (Atomics.load(wakeCell, 0) === 0 || future.done()) return
      loop.wakeSources.external--
      future.setResult('woken')
    }
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads')
      setTimeout(() => { Atomics.add(workerData, 0, 1); Atomics.notify(workerData, 0) }, 20)`,
      { eval: true, workerData: wakeCell },
    )
    function* main(): Coroutine<string> {
      return yield* future
    }
    const result = loop.runUntilCompleteSync(main())
    await worker.terminate()
    expect([result, loop.wakeSources.pending]).toEqual(['woken', 0])
    loop.close()
  })

  it('is not a deadlock while a wake source is held, and is one when it is released', () => {
    const loop = newEventLoop()
    loop.wakeSources.external++
    loop.wakeSources.external++
    let looks = 0
    loop.wakeSources.receive = () => {
      Atomics.add(loop.wakeSources.wakeCell as Int32Array, 0, 1) // so that it does not sleep
      if (++looks === 3 || looks === 5) loop.wakeSources.external--
    }
    expect(() => loop.runForeverSync()).toThrow(DeadlockError)
    expect([looks, loop.wakeSources.pending]).toEqual([5, 0])
    loop.close()
  })
})

describe('getEventLoop', () => {
  it('returns the running loop, otherwise the default loop, otherwise a new loop, which it sets', async () => {
    const made = getEventLoop()
    expect(getEventLoop()).toBe(made)
    expect(made.isRunning()).toBe(false)
    const set = newEventLoop()
    setEventLoop(set)
    expect(getEventLoop()).toBe(set)
    function* main(): Coroutine<void> {
      expect(getEventLoop()).toBe(getRunningLoop())
      expect(getEventLoop()).not.toBe(set)
      yield* sleep(0)
    }
    runSync(main())
    await run(main())
    expect(getEventLoop()).toBe(set)
  })

  it('is set to a loop, and to nothing else', () => {
    for (const wrong of [3, null, {}, EventLoop]) {
      expect(() => setEventLoop(wrong as never)).toThrow(/^loop must be an EventLoop or undefined, got /)
    }
  })

  it('serves the classic programs, which never name a loop', () => {
    const loop = getEventLoop()
    const future = loop.createTask(
      (function* main(): Coroutine<string> {
        yield* sleep(1)
        return 'classic'
      })(),
    )
    expect(loop.runUntilCompleteSync(future)).toBe('classic')
    loop.close()
  })
})

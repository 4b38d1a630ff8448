import {
  type Awaitable,
  type Coroutine,
  ExceptionGroup,
  getRunningLoop,
  RuntimeError,
  VirtualClock,
} from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { forEach } from '../combinators/for-each.ts'
import { gather } from '../combinators/gather.ts'
import { gatherMap } from '../combinators/gather-map.ts'
import { race } from '../combinators/race.ts'
import { retry } from '../combinators/retry.ts'
import { waitFor } from '../combinators/wait-for.ts'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { run } from '../run/run.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { timeout } from '../scopes/timeout.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { Event } from '../sync/event.ts'
import { Lock } from '../sync/lock.ts'
import { Queue } from '../sync/queue.ts'
import { createTask, ensureFuture } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'

/** What is reported of a program that runs in debug mode, or not. */
async function reportsOf(main: () => Coroutine<unknown>, debug = true): Promise<string[]> {
  const reports: string[] = []
  const loopFactory = () => {
    const loop = newEventLoop({ clock: new VirtualClock(), debug })
    loop.setExceptionHandler((_loop, { message }) => reports.push(message))
    return loop
  }
  await run(main(), { loopFactory })
  return reports
}

const forgotten: [string, () => unknown][] = [
  ['sleep(100)', () => sleep(100)],
  ['sleep(0)', () => sleep(0)],
  ['Queue.put()', () => new Queue<number>().put(1)],
  ['Queue.get()', () => new Queue<number>().get()],
  ['Lock.acquire()', () => new Lock().acquire()],
  ['Event.wait()', () => new Event().wait()],
  ['gather([…])', () => gather([sleep(1)])],
]

describe('in debug mode, an object that was created and never awaited', () => {
  it.each(forgotten)('is reported with the line of the program: %s', async (call, make) => {
    function* main(): Coroutine<void> {
      make()
      yield* sleep(10)
    }
    expect(await reportsOf(main, false)).toEqual([])
    const [report, ...rest] = await reportsOf(main)
    expect(rest).toEqual([])
    expect(report).toMatch(/^(.*) was never awaited: \S*unawaited\.test\.ts:\d+\. Write `yield\* /)
    expect(report?.startsWith(`${call} was never awaited`)).toBe(true)
  })

  it('is not reported if it was awaited, became a Task, or was passed on', async () => {
    const lock = new Lock()
    const queue = new Queue<number>()
    const reports = await reportsOf(function* () {
      for (let i = 0; i < 2; i++) {
        yield* sleep(0)
        yield* sleep(1)
        using _ = yield* lock.acquire()
        yield* queue.put(i)
        yield* createTask(queue.get())
        yield* gather([sleep(1), ensureFuture(sleep(2))])
      }
      const same = sleep(0)
      yield* gather([same, same])
      const gathering = gather([sleep(1)])
      gathering.addDoneCallback(() => {})
      yield* waitFor(sleep(5), 10)
      try {
        yield* waitFor(sleep(5), 0)
      } catch {}
      yield* sleep(10)
    })
    expect(reports).toEqual([])
  })
})

describe('A bare coroutine that has ended in a Task, or was returned by a block', () => {
  it.each([true, false])('is refused by run(), in debug mode or not: %s', async (debug) => {
    const main = sleeper()
    expect(await run(main, { debug })).toBe('slept')
    await expect(run(main, { debug })).rejects.toThrow(
      'cannot reuse already awaited coroutine <coroutine object sleeper>',
    )
  })

  it.each([true, false])('is refused by everything that takes coroutines, in debug mode or not: %s', async (debug) => {
    const ways: Record<string, (get: () => Coroutine<string>) => Awaitable<unknown>> = {
      createTask: (get) => createTask(get()),
      gather: (get) => gather([get()]),
      race: (get) => race([get()]),
      waitFor: (get) => waitFor(get(), undefined),
      timeout: (get) => timeout(undefined, get),
      uncancellable: (get) => uncancellable(get),
      taskGroup: (get) => taskGroup(get),
      retry: (get) => retry(get, { attempts: 1 }),
      forEach: (get) => forEach([1], () => get() as Coroutine<never>),
      gatherMap: (get) => gatherMap([1], get),
    }
    await run(
      function* (): Coroutine<void> {
        const told: string[] = []
        for (const first of Object.values(ways)) {
          for (const [name, second] of Object.entries(ways)) {
            const shared = sleeper()
            yield* first(() => shared)
            const error = yield* outcome(second(() => shared))
            const given = error instanceof ExceptionGroup ? error.exceptions[0] : error
            if (!/cannot reuse already awaited coroutine/.test(String(given))) told.push(`${name}: ${error}`)
          }
        }
        expect(told).toEqual([])
      },
      { debug },
    )
  })

  it('may be frozen, and then returns undefined', async () => {
    const frozen = Object.freeze(sleeper())
    expect([await run(frozen), await run(frozen)]).toEqual(['slept', undefined])
  })

  function* sleeper(): Coroutine<string> {
    yield* sleep(1)
    return 'slept'
  }
})

describe('in debug mode, a bare coroutine that is awaited again', () => {
  function* waits(): Coroutine<string> {
    yield* sleep(1)
    return 'result'
  }
  function* returns(): Coroutine<string> {
    return 'at once'
  }
  const message = /^(?:RuntimeError: )?cannot reuse already awaited coroutine <coroutine object (waits|returns)>$/

  it.each([waits, returns])('is an error: %o', async (fn) => {
    await reportsOf(function* () {
      const coroutine = fn()
      yield* coroutine
      let error: unknown
      try {
        yield* coroutine
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(RuntimeError)
      expect((error as Error).message).toMatch(message)
      expect(String(yield* outcome(createTask(coroutine)))).toMatch(message)
    })
  })

  it('ignores generators that are not coroutines, and loops that are not in debug mode', async () => {
    const reports = await reportsOf(function* () {
      const list = (function* () {
        yield 1
        yield 2
      })()
      expect([...list]).toEqual([1, 2])
      expect([...list]).toEqual([])
      getRunningLoop().setDebug(false)
      const coroutine = waits()
      expect([yield* coroutine, yield* coroutine]).toEqual(['result', undefined])
    })
    expect(reports).toEqual([])
  })
})

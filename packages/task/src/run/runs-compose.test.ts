// A library has a promise API outside and coroutines inside. It works wherever it is called, also with what all its
// runs share.

import {
  type Context,
  ContextVar,
  type Coroutine,
  copyContext,
  DeadlockError,
  type EventLoop,
  type Future,
  getRunningLoop,
  KeyboardInterrupt,
  RuntimeError,
  TimeoutError,
} from '@spindle/loop'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { call } from '../bridges/call.ts'
import { gather } from '../combinators/gather.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { timeout } from '../scopes/timeout.ts'
import { Condition } from '../sync/condition.ts'
import { Event } from '../sync/event.ts'
import { Lock } from '../sync/lock.ts'
import { Queue } from '../sync/queue.ts'
import { Semaphore } from '../sync/semaphore.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask, ensureFuture } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import type { Task } from '../tasks/task-class.ts'
import { run } from './run.ts'
import type { RunOptions } from './run-in-loop.ts'
import { Runner, runSync } from './runner.ts'

const SEEDS = longForm ? 150 : 5 // of 8 runs each

function* double(n: number): Coroutine<number> {
  yield* sleep(1)
  return 2 * n
}

/** The library. */
function lib(n: number, options: RunOptions = {}): Promise<number> {
  return run(double(n), { interrupt: false, ...options })
}

describe('run() inside a run', () => {
  it('works wherever it is called', async () => {
    const inner = coroutine(function* inner(): Coroutine<number> {
      return yield* ensureFuture(lib(3))
    })
    const middle = coroutine(function* middle(): Coroutine<number> {
      return yield* inner()
    })
    const outer = coroutine(function* outer(): Coroutine<number> {
      return yield* middle()
    })
    function* main(): Coroutine<Record<string, number>> {
      const got: Record<string, number> = {}
      got['in a coroutine, by ensureFuture'] = yield* ensureFuture(lib(1))
      got['in a coroutine, by call'] = yield* call((signal) => lib(2, { signal }))
      got['three coroutines deep'] = yield* outer()
      got['in an async function'] = yield* call(async () => await lib(4))
      const done = getRunningLoop().createFuture<Promise<number>>()
      createTask(sleep(1)).addDoneCallback(() => done.setResult(lib(5)))
      got['in a done callback'] = yield* ensureFuture(yield* done)
      const eager = getRunningLoop().createTask(middle(), { eagerStart: true })
      got['in an eager Task'] = yield* eager
      const cancelled = createTask(
        (function* (): Coroutine<void> {
          try {
            yield* sleep(1000)
          } finally {
            got['in a finally, while cancelled'] = yield* ensureFuture(lib(6))
          }
        })(),
      )
      yield* sleep(0)
      cancelled.cancel()
      yield* gather([cancelled], { returnExceptions: true })
      return got
    }
    expect({ ...(await run(main())), 'in plain code': await lib(7) }).toEqual({
      'in a coroutine, by ensureFuture': 2,
      'in a coroutine, by call': 4,
      'three coroutines deep': 6,
      'in an async function': 8,
      'in a done callback': 10,
      'in an eager Task': 6,
      'in a finally, while cancelled': 12,
      'in plain code': 14,
    })
  })

  it('works 300 deep', async () => {
    function* nest(depth: number): Coroutine<number> {
      return depth === 0 ? 0 : 1 + (yield* call((signal) => run(nest(depth - 1), { signal })))
    }
    expect(await run(nest(300))).toBe(300)
  })

  it('works 1,000 wide', async () => {
    function* main(): Coroutine<number> {
      const all = yield* gather(Array.from({ length: 1000 }, (_, n) => ensureFuture(lib(n))))
      return all.reduce((sum, n) => sum + n)
    }
    expect(await run(main())).toBe(999_000)
  })

  it('throws its failure where it is awaited, once', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    function* fails(): Coroutine<never> {
      yield* sleep(1)
      throw new Error('no luck')
    }
    function* main(): Coroutine<string> {
      try {
        return yield* call((signal) => run(fails(), { signal }))
      } catch (error) {
        return `caught ${error}`
      }
    }
    expect(await run(main())).toBe('caught Error: no luck')
    // In a page that runs all tests, the collector may report what another test has left.
    expect(reported.mock.calls.filter((texts) => `${texts}`.includes('no luck'))).toEqual([])
    reported.mockRestore()
  })

  it('cleans up first when the outer run is cancelled', async () => {
    const log: string[] = []
    function* careful(): Coroutine<void> {
      try {
        yield* sleep(10_000)
      } finally {
        yield* sleep(1)
        log.push('inner cleaned up')
      }
    }
    function* main(): Coroutine<void> {
      try {
        yield* timeout(5, () => call((signal) => run(careful(), { signal })))
      } catch (error) {
        log.push(`outer got ${(error as Error).name}`)
      }
    }
    await run(main())
    expect(log).toEqual(['inner cleaned up', 'outer got TimeoutError'])
  })

  it('has a copy of the context, and leaves the outer context and Task unchanged', async () => {
    const variable = new ContextVar<string>('variable')
    const seen: Record<string, unknown> = {}
    function* inner(): Coroutine<void> {
      seen['inner at first'] = variable.get()
      variable.set('inner')
      yield* sleep(1)
      seen['inner later'] = variable.get()
    }
    function* main(): Coroutine<void> {
      variable.set('outer')
      const task = currentTask()
      const loop = getRunningLoop()
      const running = run(inner())
      seen['outer, inner begun'] = [variable.get(), currentTask() === task, getRunningLoop() === loop]
      yield* ensureFuture(running)
      seen['outer, inner ended'] = [variable.get(), currentTask() === task, getRunningLoop() === loop]
    }
    const before: Context = copyContext()
    await run(main())
    seen['plain code'] = copyContext().has(variable) === before.has(variable)
    expect(seen).toEqual({
      'inner at first': 'outer',
      'inner later': 'inner',
      'outer, inner begun': ['outer', true, true],
      'outer, inner ended': ['outer', true, true],
      'plain code': true,
    })
  })

  it('is refused inside runSync(), at the call, with advice', () => {
    const message =
      'cannot be called inside runSync(), as its promise could not settle. In a coroutine, await with `yield*`; or have run() instead of runSync() around it'
    function* main(): Coroutine<void> {
      expect(() => run(sleep(1))).toThrow(new RuntimeError(`run() ${message}`))
      expect(() => new Runner().run(sleep(1))).toThrow(new RuntimeError(`Runner.run() ${message}`))
    }
    runSync(main())
  })

  it('rejects the promise of an async function inside runSync(), where a coroutine that awaits it gets one error', async () => {
    const api = async (): Promise<void> => await run(sleep(1))
    const reports: unknown[] = []
    function* main(): Coroutine<string> {
      getRunningLoop().setExceptionHandler((_, { exception }) => reports.push(exception))
      try {
        yield* ensureFuture(api())
        return 'it ended'
      } catch (error) {
        return String(error)
      }
    }
    expect(runSync(main())).toContain('a promise cannot be awaited in a blocking run')
    await new Promise((resolve) => setImmediate(resolve)) // an unhandled rejection fails the test
    expect(String(reports)).toContain('run() cannot be called inside runSync()')
  })

  it('receives the DeadlockError when the inner run is stuck, in virtual time', async () => {
    const { VirtualClock } = await import('@spindle/loop')
    const virtual = (): EventLoop => newEventLoop({ clock: new VirtualClock() })
    function* stuck(): Coroutine<void> {
      yield* new Event().wait()
    }
    function* main(): Coroutine<string> {
      try {
        yield* ensureFuture(run(stuck(), { loopFactory: virtual }))
        return 'it ended'
      } catch (error) {
        return error instanceof DeadlockError ? 'the inner one is stuck' : String(error)
      }
    }
    expect(await run(main(), { loopFactory: virtual })).toBe('the inner one is stuck')
  })
})

describe('Ctrl-C', () => {
  const listening = (): number => process.listenerCount('SIGINT')

  it('is ignored by a run inside another, and with { interrupt: false }', async () => {
    const seen: Record<string, number> = {}
    const before = listening()
    const looking = (where: string): Coroutine<void> =>
      (function* (): Coroutine<void> {
        seen[where] = listening() - before
      })()
    function* main(): Coroutine<void> {
      yield* ensureFuture(run(looking('inside of one that leaves it alone')))
    }
    await run(main(), { interrupt: false })
    await run(looking('by itself'))
    seen['afterwards'] = listening() - before
    expect(seen).toEqual({ 'inside of one that leaves it alone': 0, 'by itself': 1, afterwards: 0 })
  })

  it('reaches the outer run, which ends the inner one', async () => {
    const log: string[] = []
    const { pid } = process // a page has none
    const interrupt = (): unknown => pid > 0 && process.emit('SIGINT')
    function* inner(): Coroutine<void> {
      try {
        yield* sleep(10_000)
      } finally {
        log.push('inner cleaned up')
      }
    }
    function* main(): Coroutine<void> {
      getRunningLoop().callLater(5, interrupt)
      yield* call((signal) => run(inner(), { signal }))
    }
    await expect(run(main())).rejects.toThrow(KeyboardInterrupt)
    expect(log).toEqual(['inner cleaned up'])
  })
})

describe('what several runs share', () => {
  const opened: EventLoop[] = []
  afterEach(() => {
    for (const loop of opened.splice(0)) loop.close()
  })

  it('is a Lock: one Task at a time, in order of arrival', async () => {
    const lock = new Lock()
    let inside = 0
    const log: string[] = []
    function* work(name: string): Coroutine<void> {
      using _ = yield* lock.acquire()
      log.push(`${name} of ${++inside}`)
      yield* sleep(1)
      inside--
    }
    await Promise.all([run(work('a')), run(work('b')), run(work('c'))])
    await run(work('d')) // and one after the others
    expect([log, String(lock)]).toEqual([['a of 1', 'b of 1', 'c of 1', 'd of 1'], '<Lock [unlocked]>'])
  })

  it('is a Queue, a Semaphore, an Event, a Condition', async () => {
    const queue = new Queue<number>(1)
    const seats = new Semaphore(2)
    const begin = new Event()
    const changed = new Condition()
    let sum = 0
    let inside = 0
    let most = 0
    function* produce(): Coroutine<void> {
      yield* begin.wait()
      for (let n = 1; n <= 10; n++) {
        using _ = yield* seats.acquire()
        most = Math.max(most, ++inside)
        yield* queue.put(n)
        inside--
      }
    }
    function* consume(): Coroutine<void> {
      for (let n = 1; n <= 10; n++) {
        const item = yield* queue.get()
        using _ = yield* changed.acquire()
        sum += item
        changed.notifyAll()
      }
    }
    function* watch(): Coroutine<number> {
      using _ = yield* changed.acquire()
      return yield* changed.waitFor(() => (sum === 165 ? sum : 0))
    }
    const all = [run(watch()), ...[1, 2, 3].flatMap(() => [run(produce()), run(consume())])]
    begin.set()
    const [seen] = await Promise.all(all)
    expect({ seen, most: most <= 2, queue: String(queue), seats: String(seats) }).toEqual({
      seen: 165,
      most: true,
      queue: '<Queue maxsize=1 tasks=30>',
      seats: '<Semaphore [unlocked, value:2]>',
    })
  })

  it('is free again after a loop has closed while its Tasks were waiting', async () => {
    const lock = new Lock()
    const semaphore = new Semaphore(0)
    const event = new Event()
    const reported: string[] = []
    const gone = newEventLoop()
    gone.setExceptionHandler((_loop, { message }) => reported.push(message))
    function* holdsOn(): Coroutine<string> {
      using _ = yield* lock.acquire()
      for (const waiting of [lock.acquire(), semaphore.acquire(), event.wait()]) gone.createTask(waiting as never)
      yield* ensureFuture(gone.runUntilComplete(sleep(1)))
      semaphore.release() // picks the one of the other loop, which is not going to run
      gone.close()
      event.set()
      yield* semaphore.acquire() // passed on
      return 'goes on'
    }
    function* next(): Coroutine<string> {
      using _ = yield* lock.acquire()
      return 'has the lock'
    }
    const first = run(holdsOn())
    expect([await first, await run(next()), String(lock), reported]).toEqual([
      'goes on',
      'has the lock',
      '<Lock [unlocked]>',
      Array(3).fill('Task was destroyed but it is pending!'),
    ])
  })

  it('may be Tasks and Futures: each Task wakes in its own loop', async () => {
    const box: { task?: Task<string>; future?: Future<number> } = {}
    function* makes(): Coroutine<void> {
      box.task = createTask(sleep(5, 'slept'))
      box.future = getRunningLoop().createFuture<number>()
      yield* sleep(20)
      box.future.setResult(42)
      yield* sleep(5)
    }
    function* waits(): Coroutine<unknown> {
      const loop = getRunningLoop()
      while (box.future === undefined) yield* sleep(1)
      const slept = yield* box.task as Task<string>
      const [number] = yield* gather([box.future])
      return { slept, number, isSameLoop: getRunningLoop() === loop }
    }
    const [, got] = await Promise.all([run(makes()), run(waits())])
    expect(got).toEqual({ slept: 'slept', number: 42, isSameLoop: true })
  })
  it('is cancelled with the Task of another loop that waits for it', async () => {
    const log: string[] = []
    const box: { task?: Task<void> } = {}
    function* works(): Coroutine<void> {
      try {
        yield* sleep(10_000)
      } finally {
        yield* sleep(1)
        log.push('worker cleaned up')
      }
    }
    function* makes(): Coroutine<void> {
      box.task = createTask(works())
      yield* gather([box.task], { returnExceptions: true })
    }
    function* waits(): Coroutine<void> {
      try {
        yield* timeout(5, () => box.task as Task<void>)
      } catch (error) {
        log.push(`waiting ended with ${(error as Error).name}`)
      }
    }
    const making = run(makes())
    while (box.task === undefined) await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([making, run(waits())])
    expect(log).toEqual(['worker cleaned up', 'waiting ended with TimeoutError'])
  })

  it('throws an error that says so when the loop of a Future closes before it is done', async () => {
    const box: { future?: Future<number> } = {}
    function* makes(): Coroutine<void> {
      box.future = getRunningLoop().createFuture<number>()
      yield* sleep(10)
    }
    function* waits(): Coroutine<string[]> {
      while (box.future === undefined) yield* sleep(1)
      const errors: string[] = []
      for (const _ of ['closes meanwhile', 'is closed']) {
        try {
          yield* box.future
        } catch (error) {
          errors.push(String(error))
        }
      }
      return errors
    }
    const [, errors] = await Promise.all([run(makes()), run(waits())])
    const says = expect.stringMatching(
      /^RuntimeError: Task <Task pending .*> got Future <Future pending.*> of a loop that is closed: it will never be done$/,
    )
    expect(errors).toEqual([says, says])
  })

  it('is not for a blocking run, until the loop it belongs to is closed', async () => {
    const lock = new Lock()
    function* contend(): Coroutine<void> {
      using _ = yield* lock.acquire()
      try {
        yield* timeout(1, () => lock.acquire())
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
      }
    }
    const host = newEventLoop()
    await host.runUntilComplete(contend())
    expect(() => runSync(contend())).toThrow('<Lock [locked]> is bound to a different event loop')
    host.close()
    runSync(contend())
    expect(lock.boundLoop?.isClosed()).toBe(true)
  })

  it('holds in random programs, with runs that are aborted and time out', { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) await randomRuns(seed)
  })
})

/** Eight runs, some of them aborted or out of time, on one lock, semaphore and queue. */
async function randomRuns(seed: number): Promise<void> {
  const random = mulberry(seed)
  const pick = (below: number): number => Math.floor(random() * below)
  const lock = new Lock()
  const semaphore = new Semaphore(2)
  const queue = new Queue<number>(1)
  const inside = { lock: 0, semaphore: 0 }
  const violations: string[] = []
  let put = 0
  let got = 0
  function* section(name: 'lock' | 'semaphore', most: number): Coroutine<void> {
    using _ = yield* name === 'lock' ? lock.acquire() : semaphore.acquire()
    if (++inside[name] > most) violations.push(`${inside[name]} inside of ${name}`)
    try {
      yield* sleep(pick(3))
    } finally {
      inside[name]--
    }
  }
  const steps: (() => Coroutine<void>)[] = [
    () => section('lock', 1),
    () => section('semaphore', 2),
    function* () {
      yield* queue.put(1)
      put++
    },
    function* () {
      yield* queue.get()
      got++
    },
    () => sleep(pick(2)),
    () => call((signal) => run(section('lock', 1), { signal })),
  ]
  function* program(): Coroutine<void> {
    for (let n = 0; n < 6; n++) yield* (steps[pick(steps.length)] as () => Coroutine<void>)()
  }
  const limits: string[] = []
  await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const signal = random() < 0.4 ? AbortSignal.timeout(pick(6)) : undefined
      const limited = timeout.bind(undefined, 5 + pick(20)) as (block: () => Coroutine<void>) => Coroutine<void>
      await run(() => limited(program), { signal }).catch((error) => {
        if ((error as Error).name !== 'TimeoutError') limits.push(`run ${n} ended with ${error}`)
      })
    }),
  )
  expect({ seed, violations, limits, inside, lock: String(lock), semaphore: String(semaphore) }).toEqual({
    seed,
    violations: [],
    limits: [],
    inside: { lock: 0, semaphore: 0 },
    lock: '<Lock [unlocked]>',
    semaphore: '<Semaphore [unlocked, value:2]>',
  })
  expect({ seed, left: put - got }).toEqual({ seed, left: queue.qsize() })
}

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

import {
  CancelledError,
  type Coroutine,
  DeadlockError,
  getRunningLoop,
  TimeoutError,
  VirtualClock,
} from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { call } from '../bridges/call.ts'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
import { timeout } from '../scopes/timeout.ts'
import { Event } from '../sync/event.ts'
import { Lock } from '../sync/lock.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { run } from './run.ts'

const virtually = <T>(main: () => Coroutine<T>): Promise<T> =>
  run(main, { loopFactory: () => newEventLoop({ clock: new VirtualClock() }) })

const time = (): number => getRunningLoop().time()

const HOUR = 3_600_000

describe('run() in a turn of a loop in virtual time', () => {
  it('shares its clock: time jumps when all of them wait', async () => {
    const log: string[] = []
    function* stamp(name: string, ...delays: number[]): Coroutine<void> {
      for (const delay of delays) {
        yield* sleep(delay)
        log.push(`${name} ${time()}`)
      }
    }
    function* main(): Coroutine<string> {
      const inner = ensureFuture(run(stamp('inner', HOUR, 10)))
      yield* gather([stamp('outer', 1, HOUR, HOUR), inner])
      return `${time()}`
    }
    expect(await virtually(main)).toBe(`${1 + 2 * HOUR}`)
    expect(log).toEqual([
      'outer 1',
      `inner ${HOUR}`,
      `outer ${HOUR + 1}`,
      `inner ${HOUR + 10}`,
      `outer ${2 * HOUR + 1}`,
    ])
  })

  it('takes the time of its clean-up, and of Tasks that are not awaited', async () => {
    const log: string[] = []
    function* slowToEnd(): Coroutine<void> {
      try {
        yield* sleep(HOUR)
      } finally {
        yield* sleep(2)
        log.push(`cleaned up at ${time()}`)
      }
    }
    function* main(): Coroutine<void> {
      void run(sleep(7)).then(() => log.push('nobody awaited it'))
      try {
        yield* timeout(5, () => call((signal) => run(slowToEnd(), { signal })))
      } catch (error) {
        log.push(`${error instanceof TimeoutError ? 'timed out' : error} at ${time()}`)
      }
      yield* sleep(HOUR)
      log.push(`main ended at ${time()}`)
    }
    await virtually(main)
    expect(log.filter((line) => !line.startsWith('nobody'))).toEqual([
      'cleaned up at 7',
      'timed out at 7',
      `main ended at ${HOUR + 7}`,
    ])
    expect(log.indexOf('nobody awaited it')).toBeLessThan(3)
  })

  it('continues when the outer run ends before it', async () => {
    let inner: Promise<number> | undefined
    function* slow(): Coroutine<number> {
      yield* sleep(HOUR)
      return time()
    }
    function* main(): Coroutine<number> {
      inner = run(slow())
      yield* sleep(1)
      return time()
    }
    expect([await virtually(main), await inner]).toEqual([1, HOUR])
  })

  it('receives the DeadlockError as soon as all others wait for it', async () => {
    function* stuck(): Coroutine<void> {
      yield* sleep(10)
      yield* new Event().wait()
    }
    function* main(): Coroutine<string> {
      try {
        yield* gather([sleep(HOUR), ensureFuture(run(stuck()))])
        return 'it ended'
      } catch (error) {
        return `${error instanceof DeadlockError ? 'the inner one is stuck' : error} at ${time()}`
      }
    }
    expect(await virtually(main)).toBe(`the inner one is stuck at ${HOUR}`)
  })

  it('has its own clock if its loop is created with one', async () => {
    function* slow(): Coroutine<number> {
      yield* sleep(HOUR)
      return time()
    }
    function* main(): Coroutine<number[]> {
      return [yield* call(() => virtually(slow)), time()]
    }
    expect(await virtually(main)).toEqual([HOUR, 0])
  })

  it('is cancelled with its signal while it waits for a lock of the outer loop', async () => {
    const lock = new Lock()
    const log: string[] = []
    function* wanting(): Coroutine<void> {
      try {
        using _ = yield* lock.acquire()
      } catch (error) {
        log.push(`${error instanceof CancelledError ? 'cancelled' : error} at ${time()}`)
        throw error
      }
    }
    function* main(): Coroutine<void> {
      using _ = yield* lock.acquire()
      yield* timeout(3, () => call((signal) => run(wanting(), { signal })))
    }
    await expect(virtually(main)).rejects.toThrow(TimeoutError)
    expect({ log, lock: String(lock) }).toEqual({ log: ['cancelled at 3'], lock: '<Lock [unlocked]>' })
  })

  it('takes as long as the same program in one loop, in random programs', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const nested = await virtually(() => program(seed, true))
      expect({ seed, ...nested }).toEqual({ seed, ...(await virtually(() => program(seed, false))) })
    }
  })
})

/**
 * A tree of coroutines, each of which sleeps, waits for its children, some of them in runs of their own, and sleeps
 * again.
 */
function* program(seed: number, nests: boolean): Coroutine<{ ended: number; log: string[] }> {
  let state = seed
  const pick = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
  const log: string[] = []
  const plan = (depth: number, name: string): (() => Coroutine<void>) => {
    const [before, after] = [pick(1000) + pick(1000) / 1024, pick(1000) + pick(1000) / 1024] // hardly ever equal
    const children = Array.from({ length: depth > 0 ? pick(4) : 0 }, (_, n) => plan(depth - 1, `${name}.${n}`))
    const ownRun = pick(2) === 0
    function* node(): Coroutine<void> {
      yield* sleep(before)
      yield* gather(children.map((child) => child()))
      yield* sleep(after)
      log.push(`${name} at ${time()}`)
    }
    return () => (nests && ownRun ? call((signal) => run(node(), { signal })) : node())
  }
  yield* plan(3, 'root')()
  return { ended: time(), log }
}

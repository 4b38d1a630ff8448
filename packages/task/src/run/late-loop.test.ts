import { type Coroutine, type EventLoop, getRunningLoop } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { wait } from '../combinators/wait.ts'
import { waitFor } from '../combinators/wait-for.ts'
import { sleep } from '../coroutines/sleep.ts'
import { moveOnAfter, timeout } from '../scopes/timeout.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { waysToRun } from './ways-to-run.fixture.ts'

// A clock that a callback can put forward as if it had computed for so long. Otherwise it is slow, so that a step which
// the machine interrupts is no late one.
let computed = 0
const loopFactory = () => newEventLoop({ clock: { time: () => performance.now() / 30 + computed } })

function compute(ms: number): void {
  computed += ms
}

/** Sleeps, while a callback computes for longer than all limits. */
function* sleepMeanwhile<T>(ms: number, value: T): Coroutine<T> {
  getRunningLoop().callSoon(compute, 60_000)
  return yield* sleep(ms, value)
}

function* outcomeOf(work: () => Coroutine<unknown>): Coroutine<unknown> {
  try {
    return yield* work()
  } catch (error) {
    return (error as Error).name
  }
}

/** Sleeps in a Task in a Task in a Task, … */
function* nested(depth: number): Coroutine<string> {
  return depth === 0 ? yield* sleepMeanwhile(10_000, 'in time') : yield* createTask(nested(depth - 1))
}

describe.each(waysToRun)('On a loop that is late, in %s,', (_name, runIt) => {
  it('work that was due before its limit is in time', async () => {
    const results: unknown[] = []
    function* main(): Coroutine<void> {
      const works: (() => Coroutine<unknown>)[] = [
        () => timeout(30_000, () => sleepMeanwhile(10_000, 'timeout')),
        () => waitFor(sleepMeanwhile(10_000, 'waitFor'), 30_000),
        () => moveOnAfter(30_000, () => sleepMeanwhile(10_000, 'moveOnAfter')),
        () => timeout(30_000, () => nested(5)),
        () => timeout(30_000, () => gather([sleepMeanwhile(10_000, 1), sleepMeanwhile(20_000, 2)])),
        () => timeout(10_000, () => sleepMeanwhile(30_000, 'due after its limit')),
      ]
      for (const work of works) results.push(yield* outcomeOf(work))
    }
    await runIt(main, { loopFactory })
    expect(results).toEqual(['timeout', 'waitFor', 'moveOnAfter', 'in time', [1, 2], 'TimeoutError'])
  })

  it('work that begins to sleep only then is in time if it would have been', async () => {
    const results: unknown[] = []
    function* late(ms: number): Coroutine<string> {
      getRunningLoop().callSoon(compute, 60_000)
      return yield* createTask(sleep(ms, 'in time')) // whose first step comes after that
    }
    function* oneAfterAnother(): Coroutine<string> {
      yield* sleepMeanwhile(1, undefined)
      return yield* sleep(1, 'in time')
    }
    function* computes(): Coroutine<void> {
      for (;;) {
        yield* sleep(1)
        compute(50_000)
      }
    }
    function* main(): Coroutine<void> {
      const works: (() => Coroutine<unknown>)[] = [
        () => timeout(3, () => late(1)),
        () => waitFor(late(1), 3),
        () => moveOnAfter(3, () => late(1)),
        () => timeout(3, oneAfterAnother),
        () => moveOnAfter(3, () => late(4)),
        () => timeout(3, () => late(4)),
        () => timeout(3, computes),
      ]
      for (const work of works) results.push(yield* outcomeOf(work))
      const { pending } = yield* wait([createTask(late(1))], { timeout: 3 })
      results.push(`${pending.size} pending`)
    }
    await runIt(main, { loopFactory })
    const isLate = [undefined, 'TimeoutError', 'TimeoutError']
    expect(results).toEqual(['in time', 'in time', 'in time', 'in time', ...isLate, '0 pending'])
  })

  it('timers run in the order of their times, and the steps they wake come between them', async () => {
    const log: string[] = []
    function* sleeper(ms: number): Coroutine<void> {
      yield* sleep(ms)
      log.push(`${ms}: first step`)
      yield* sleep(0)
      log.push(`${ms}: second step`)
    }
    function* computes(): Coroutine<void> {
      yield* sleep(0)
      compute(40_000)
    }
    function* main(): Coroutine<void> {
      yield* gather([...[30_000, 10_000, 20_000].map(sleeper), computes()])
    }
    await runIt(main, { loopFactory })
    expect(log).toEqual([10_000, 20_000, 30_000].flatMap((ms) => [`${ms}: first step`, `${ms}: second step`]))
  })

  it('a Task that never stops being ready does not hold the other timers up', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      const busy = createTask(function* () {
        for (;;) yield* sleep(0)
      })
      getRunningLoop().callSoon(compute, 40_000)
      for (const ms of [30_000, 10_000, 20_000]) getRunningLoop().callLater(ms, () => log.push(`${ms}`))
      yield* sleep(35_000)
      busy.cancel()
    }
    await runIt(main, { loopFactory })
    expect(log).toEqual(['10000', '20000', '30000'])
  })

  it('a timer that an earlier one cancels does not run', async () => {
    const log: string[] = []
    function* main(): Coroutine<string> {
      const loop = getRunningLoop()
      loop.callSoon(compute, 40_000)
      const later = loop.callLater(20_000, () => log.push('cancelled'))
      loop.callLater(10_000, () => later.cancel())
      loop.callLater(15_000, () => log.push('15'))
      yield* sleep(12_000)
      log.push('12')
      yield* sleep(1)
      return 'ended'
    }
    expect(await runIt(main, { loopFactory })).toBe('ended')
    expect(log).toEqual(['12', '15'])
  })

  it('a timer is seen in the iteration in which asyncio sees it, beside a Task of long steps', async () => {
    let steps = 0
    function* computes(): Coroutine<void> {
      for (; steps < 20; steps++) {
        if (steps > 4) compute(10_000)
        yield* sleep(0)
      }
    }
    function* main(): Coroutine<number> {
      const task = createTask(computes())
      yield* sleep(5000)
      const { length } = Array(steps)
      yield* task
      return length
    }
    // Quick steps first, among which the clock is not read each time: they take no time by this clock. Due in the first
    // long step: its timer runs in the next iteration, and wakes main in the one after.
    const byComputing = (): EventLoop => newEventLoop({ clock: { time: () => computed } })
    expect(await runIt(main, { loopFactory: byComputing })).toBeLessThanOrEqual(8)
  })
})

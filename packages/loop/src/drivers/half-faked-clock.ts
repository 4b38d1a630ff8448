// A run follows the fake timers of a test runner: the test advances setTimeout() and the clock together. If only one of
// them is a fake, a timer never comes, and the test hangs without a word.

import type { EventLoop } from '../event-loop.ts'
import { hostClock } from '../scheduling/clock.ts'
import { currentTimers, realTimers } from './host-timers.ts'

const PATIENCE_MS = 1000

// What the clock of the machine calls, as it was when this module was loaded.
const loadedClock = clockFunction()
const loadedTimeout = currentTimers.setTimeout

/**
 * Reports a timer of the loop that has not come a second of real time after it was due, if only one half is a fake.
 * Undefined if nothing is to be watched.
 * @param delay how many ms the timer has yet to wait
 */
export function watchHalfFaked(loop: EventLoop, delay: number): { cancel(): void } | undefined {
  const isTimeoutFake = currentTimers.setTimeout !== loadedTimeout
  if (isTimeoutFake === (clockFunction() !== loadedClock)) return undefined
  const when = loop.nextTime
  const end = hostClock.time() + delay + PATIENCE_MS - 50 // the timer of the host may come a little early
  const timers = realTimers()
  const watch = timers.setTimeout(() => {
    if (loop.isClosed() || loop.nextTime !== when || hostClock.time() < end) return
    const [fake, real] = isTimeoutFake ? ['setTimeout', 'the clock'] : ['The clock', 'setTimeout']
    loop.callExceptionHandler({
      message: `A timer of the loop should have run a second ago, but only half of the time is fake: ${fake} is, ${real} is not. Fake setTimeout, performance and hrtime, or none of them`,
    })
  }, delay + PATIENCE_MS)
  watch.unref?.()
  return { cancel: () => timers.clearTimeout(watch) }
}

function clockFunction(): unknown {
  const host = globalThis as { process?: { hrtime?: unknown }; performance?: { now: unknown } }
  return host.process?.hrtime ?? host.performance?.now // not both: Node loads `performance` on first use
}

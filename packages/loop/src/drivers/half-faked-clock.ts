// A run follows the fake timers of a test runner: the test advances setTimeout() and the clock together. If only one of
// them is a fake, a timer never comes, and the test hangs without a word.

import type { EventLoop } from '../face/event-loop.ts'
import { hostClock } from '../scheduling/clock.ts'
import { currentTimers, type HostTimer, realTimers } from './host-timers.ts'

const PATIENCE_MS = 1000

// What the clock of the machine calls, as it was when this module was loaded.
const loadedClock = clockFunction()
const loadedTimeout = currentTimers.setTimeout

/**
 * Looks every second of real time at the next timer of the loop, and reports it if it has not come a second after it
 * was due. Undefined if both halves are fake, or none.
 */
export function watchHalfFaked(loop: EventLoop): { cancel(): void } | undefined {
  const timers = realTimers() // also if nothing is a fake now: it may be the first look at the real ones
  const isTimeoutFake = currentTimers.setTimeout !== loadedTimeout
  if (isTimeoutFake === (clockFunction() !== loadedClock)) return undefined
  let when = Number.NaN
  let end = 0
  let watch: HostTimer | undefined
  const look = (): void => {
    if (loop.isClosed()) return
    const now = hostClock.time()
    if (loop.nextTime !== when) {
      when = loop.nextTime
      end = now + Math.max(0, when - loop.time()) + PATIENCE_MS
    } else if (now >= end) {
      const [fake, real] = isTimeoutFake ? ['setTimeout', 'the clock'] : ['The clock', 'setTimeout']
      loop.callExceptionHandler({
        message: `A timer of the loop should have run a second ago, but only half of the time is fake: ${fake} is, ${real} is not. Fake setTimeout, performance and hrtime, or none of them`,
      })
      return
    }
    watch = timers.setTimeout(look, Math.min(end - now, PATIENCE_MS))
    watch.unref?.()
  }
  look()
  return { cancel: () => timers.clearTimeout(watch) }
}

function clockFunction(): unknown {
  const host = globalThis as { process?: { hrtime?: unknown }; performance?: { now: unknown } }
  return host.process?.hrtime ?? host.performance?.now // not both: Node loads `performance` on first use
}

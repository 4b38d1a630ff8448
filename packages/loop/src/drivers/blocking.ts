// The loop blocks the thread: while nothing is ready it sleeps in Atomics.wait, until the next deadline, or until
// another thread raises the wake cell. Promises and sockets make no progress.

import { ambient } from '../context/ambient-state.ts'
import { currentContext, swapContext } from '../context/context.ts'
import { blockedPromiseError } from '../errors/blocked-promise.ts'
import { RuntimeError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { AwaitableSource } from '../futures/awaitable.ts'
import { type Clock, hostClock, monotonicClock } from '../scheduling/clock.ts'
import { deadlockError } from './deadlock-error.ts'
import { UntilComplete } from './until-complete.ts'

export function runBlocking(loop: EventLoop): void {
  const context = currentContext()
  const { clock } = loop
  loop.clock = withoutFakes(clock)
  loop.blocking = true
  loop.hostDriven = false
  ambient.runningLoop = loop
  try {
    do {
      // A loop with something ready does not wait, but still receives messages of other threads.
      if (loop.nextTime > 0 || loop.wakeSources.receive !== undefined) waitUntilReady(loop)
      loop.runReady()
    } while (!loop.stopped)
  } finally {
    loop.clock = clock
    loop.blocking = false
    loop.currentTask = undefined
    ambient.runningLoop = undefined
    swapContext(context)
    loop.endRun()
  }
}

export function runUntilCompleteBlocking<T>(loop: EventLoop, awaitable: AwaitableSource<T>): T {
  if (typeof (awaitable as { then?: unknown })?.then === 'function' && !(Symbol.iterator in awaitable)) {
    throw blockedPromiseError()
  }
  const main = new UntilComplete(loop, awaitable)
  try {
    runBlocking(loop)
  } catch (error) {
    main.markRetrieved(error)
    throw error
  } finally {
    main.detach()
  }
  return main.result()
}

/**
 * A clock that no test can stop: no runner could end the wait of a blocked thread. It continues from the time of a
 * fake, by which timers may be set already.
 */
function withoutFakes(clock: Clock): Clock {
  if (clock !== monotonicClock) return clock
  const ahead = clock.time() - hostClock.time()
  return Math.abs(ahead) < 1 ? hostClock : { time: () => hostClock.time() + ahead }
}

function waitUntilReady(loop: EventLoop): void {
  for (;;) {
    loop.wakeSources.wakeCell ??= newWakeCell()
    const cell = loop.wakeSources.wakeCell
    const seen = Atomics.load(cell, 0) // before receive(): a later message changes the cell, so we do not sleep
    loop.wakeSources.receive?.()
    const when = loop.nextTime
    const delay = when === 0 ? 0 : when - loop.time()
    if (delay <= 0) return
    if (loop.hasVirtualTime && loop.wakeSources.external === 0) {
      if (when === Number.POSITIVE_INFINITY) throw deadlockError(loop)
      loop.advanceTo(when)
      loop.probe?.slept?.(delay)
      return
    }
    if (!loop.hasTimers && loop.wakeSources.external === 0) throw deadlockError(loop)
    const since = loop.time()
    block(cell, seen, Math.min(delay, loop.wakeSources.maxSleep))
    loop.probe?.slept?.(loop.time() - since)
  }
}

/** A page that is not isolated has no shared memory; a loop in virtual time never sleeps and needs none. */
function newWakeCell(): Int32Array {
  return typeof SharedArrayBuffer === 'undefined' ? new Int32Array(1) : new Int32Array(new SharedArrayBuffer(4))
}

function block(cell: Int32Array, seen: number, delay: number): void {
  try {
    // A whole millisecond: timers with close deadlines run together, which saves most of the wake-ups.
    Atomics.wait(cell, 0, seen, Math.ceil(delay))
  } catch (cause) {
    throw new RuntimeError('this thread may not block (a browser lets only workers do it). Use `await run(…)`', {
      cause,
    })
  }
}

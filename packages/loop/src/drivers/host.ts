// The host (Node, a browser, …) owns the thread and lends it to the loop for a turn at a time:
//
//   from the host (setImmediate, a socket, …)   a turn begins a new slice of TIMESLICE_MS
//   from a microtask (a promise has settled)    a turn uses the rest of the slice
//   the slice is used up                        the turn ends, even inside an iteration; the host's own work is next
//   nothing is ready                            one host timer waits for the next deadline, if there is one
//
// The clock is read once per #clockInterval handles, because a reading costs more than a step. Slow handles make the
// interval shorter.

import { ambient } from '../context/ambient-state.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { HostRun, VirtualTimeRun } from '../face/loop-parts.ts'
import type { AwaitableSource } from '../futures/awaitable.ts'
import { type Clock, hostClock, monotonicClock } from '../scheduling/clock.ts'
import { activeRuns, stuckRuns } from './active-runs.ts'
import { watchHalfFaked } from './half-faked-clock.ts'
import { afterHostTurn, currentTimers, type HostTimer, type HostTimers } from './host-timers.ts'
import { PermanentRun, type PermanentRunHandlers } from './permanent-run.ts'
import { UntilComplete } from './until-complete.ts'
import { watchForDeadlock } from './watch-before-exit.ts'

const TIMESLICE_MS = 1
const MAX_HANDLES_BETWEEN_READINGS = 128
const CLOCK_READ_EVERY_MS = 0.25
const MAX_HOST_TIMEOUT_MS = 1e9 // setTimeout treats 2 ** 31 and more as 1

export async function runByHost(loop: EventLoop): Promise<void> {
  loop.checkRunnable(false)
  await new Promise<void>((resolve, reject) => {
    loop.driver = new HostDriver(loop, resolve, reject)
  })
}

export async function runUntilCompleteByHost<T>(loop: EventLoop, awaitable: AwaitableSource<T>): Promise<T> {
  loop.checkRunnable(false)
  const main = new UntilComplete(loop, awaitable)
  try {
    await runByHost(loop)
  } catch (error) {
    main.markRetrieved(error)
    throw error
  } finally {
    main.detach()
  }
  return main.resultOrReject()
}

/** Drives the host loop until `end()` is called. It keeps the process alive while it has Tasks. */
export function driveByHost(loop: EventLoop, handlers: PermanentRunHandlers): { end(): void } {
  const driver = new HostDriver(loop, nothing, nothing, new PermanentRun(loop, handlers))
  loop.driver = driver
  return driver
}

function nothing(): void {}

/**
 * One run of a loop that the host drives. A permanent run never ends by itself: it continues after errors and deadlocks
 * that would end an ordinary run.
 */
export class HostDriver implements HostRun {
  turns = 0
  readonly loop: EventLoop
  parked = false
  readonly virtualTime: VirtualTimeRun | undefined
  readonly permanent: PermanentRun | undefined
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  #unwatch: (() => void) | undefined // from the first time the run is parked; a run that never waits sets nothing
  #timer: HostTimer | undefined
  #timerBy: HostTimers | undefined
  #halfFaked: { cancel(): void } | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #parkedAt: number
  // When the slice ends (Infinity: it has yet to begin), and whether the run has noticed that.
  #sliceEnd = 0
  #sliceExpired = false
  // How many handles run between two readings of the clock, how many are left until the next, and the last reading.
  #clockInterval = 1
  #countdown = 1
  #clockReadAt = 0

  constructor(loop: EventLoop, resolve: () => void, reject: (error: unknown) => void, permanent?: PermanentRun) {
    this.loop = loop
    this.virtualTime = loop.hasVirtualTime ? loop.driversOf('virtual time').virtualTime(this) : undefined
    this.#resolve = resolve
    this.#reject = reject
    this.permanent = permanent
    this.#parkedAt = loop.time()
    loop.hostDriven = true
    activeRuns.add(this)
    loop.wakeSources.onDriven?.(true)
    this.#timers().queueMicrotask(this.#fromHost)
  }

  wake(): void {
    if (!this.parked) return
    this.parked = false
    this.#timers().queueMicrotask(this.#fromMicrotask)
  }

  claimTurn(): boolean {
    if (!this.parked || ambient.runningLoop !== undefined) return false
    this.parked = false
    return true
  }

  runClaimedTurn(byHost = false): void {
    if (byHost) {
      // The slice begins at the first reading of the clock: most callbacks of the host bring less work than a reading
      // costs.
      this.#sliceEnd = Number.POSITIVE_INFINITY
      this.#sliceExpired = false
      this.#countdown = this.#clockInterval
    }
    if (this.#sliceExpired) this.later()
    else this.#turn()
  }

  stopWatching(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  readonly #fromHost = (): void => {
    this.#beginSlice()
    this.#turn()
  }

  // Catching an error in a callback of setImmediate() or setTimeout() costs almost twice as much as in a microtask:
  // Node listens to messages of the engine there, and each throw makes one.
  readonly #inMicrotask = (): void => this.#timers().queueMicrotask(this.#fromHost)

  readonly #fromMicrotask = (): void => this.runClaimedTurn()

  readonly #fromTimer = (): void => {
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    if (!this.parked) return // a turn is already scheduled
    this.parked = false
    this.#inMicrotask()
  }

  #turn(): void {
    const loop = this.loop
    if (loop.driver !== this) return // the run ended before this turn
    this.turns++
    const context = ambient.context
    if (loop.probe !== undefined) loop.probe.slept?.(loop.time() - this.#parkedAt)
    ambient.runningLoop = loop
    let failure: [error: unknown] | undefined
    let when = 0
    try {
      when = this.#run()
    } catch (error) {
      failure = [error]
    }
    const failed = failure === undefined ? undefined : loop.currentTask
    ambient.runningLoop = undefined // the host starts each turn, and no loop runs there
    loop.currentTask = undefined
    ambient.context = context
    if (loop.probe !== undefined) this.#parkedAt = loop.time()
    if (failure !== undefined) {
      if (this.permanent === undefined) return this.end(...failure)
      this.permanent.onFailure(failed, failure[0])
      when = loop.nextTime
    }
    if (loop.stopped) return this.end()
    if (when === 0) this.later()
    else this.#park(when)
  }

  /**
   * Runs iterations until nothing is ready, the slice is used up, or the run is over. Returns `nextTime`, because
   * computing it twice costs 2 % of an `await`.
   */
  #run(): number {
    const loop = this.loop
    for (;;) {
      const ran = loop.runReady(this.#countdown)
      if (ran > 0 && this.virtualTime !== undefined) this.virtualTime.hostHadTurn = false
      this.#countdown -= ran
      if (this.#countdown <= 0 || loop.isCut) this.#readClock()
      const when = loop.nextTime
      if (loop.stopped || this.#sliceExpired || (when !== 0 && this.virtualTime?.jump() !== true)) return when
    }
  }

  /** Fake timers do not stop a slice. For an explored loop it is the simulated clock, or no run could be repeated. */
  get #sliceClock(): Clock {
    return this.loop.isRepeatable ? monotonicClock : hostClock
  }

  #beginSlice(): void {
    this.#clockReadAt = this.#sliceClock.time()
    this.#sliceEnd = this.#clockReadAt + TIMESLICE_MS
    this.#sliceExpired = false
    this.#countdown = this.#clockInterval
    this.loop.expireClock()
  }

  #readClock(): void {
    if (this.#sliceEnd === Number.POSITIVE_INFINITY) return this.#beginSlice()
    const now = this.#sliceClock.time()
    const took = Math.max(now - this.#clockReadAt, CLOCK_READ_EVERY_MS / MAX_HANDLES_BETWEEN_READINGS)
    this.#clockInterval = Math.min(
      MAX_HANDLES_BETWEEN_READINGS,
      Math.max(1, Math.floor((this.#clockInterval * CLOCK_READ_EVERY_MS) / took)),
    )
    this.#countdown = this.#clockInterval
    this.#clockReadAt = now
    this.#sliceExpired = now >= this.#sliceEnd
  }

  later(): void {
    this.parked = false
    afterHostTurn(this.#timers(), this.#inMicrotask)
  }

  #park(when: number): void {
    const loop = this.loop
    this.#unwatch ??= watchForDeadlock(this)
    if (this.virtualTime !== undefined) return this.virtualTime.park()
    this.parked = true
    if (loop.hasTimers) this.#setTimer(when)
    else {
      if (this.#timer !== undefined) this.#dropTimer()
      stuckRuns.check?.()
    }
  }

  /**
   * Sets the one host timer, unless it is set for an earlier time: a timer that fires too early sets itself again. A
   * deadline of Infinity keeps the process alive; without any deadline nothing does.
   */
  #setTimer(when: number): void {
    const timers = this.#timers()
    if (this.#timer === undefined || when < this.#timerAt || timers !== this.#timerBy) {
      timers.clearTimeout(this.#timer)
      const delay = Math.max(1, Math.min(Math.ceil(when - this.loop.time()), MAX_HOST_TIMEOUT_MS))
      this.#timerAt = when
      this.#timerBy = timers
      this.#timer = timers.setTimeout(this.#fromTimer, delay)
      if (this.permanent === undefined) this.#halfFaked ??= watchHalfFaked(this.loop)
    }
    this.permanent?.keepProcessAlive(this.#timer)
  }

  #timers(): HostTimers {
    return this.permanent?.timers ?? currentTimers
  }

  #dropTimer(): void {
    this.#timers().clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  end(...failure: [error?: unknown]): void {
    const loop = this.loop
    if (loop.driver !== this) return
    this.#timers().clearTimeout(this.#timer)
    this.#halfFaked?.cancel()
    this.#unwatch?.()
    loop.driver = undefined
    this.virtualTime?.end()
    activeRuns.delete(this)
    if (stuckRuns.check !== undefined) this.#timers().queueMicrotask(stuckRuns.check) // later: a waiter of this run may be about to continue
    loop.wakeSources.onDriven?.(false)
    loop.endRun()
    if (failure.length > 0) this.#reject(failure[0])
    else this.#resolve()
  }
}

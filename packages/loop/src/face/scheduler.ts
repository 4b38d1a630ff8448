// Hot path: bench/switch. Runs the entries that are ready, in order, and makes timers that are due ready. Drivers
// (drivers/) decide how a loop waits.
//
// An iteration runs exactly the entries that were ready when it began. It may be interrupted: `#remaining` counts the
// entries it has not run yet.

import { RuntimeError } from '../errors/errors.ts'
import { repr } from '../inspect/repr.ts'
import { type Clock, monotonicClock } from '../scheduling/clock.ts'
import type { Ready } from '../scheduling/ready.ts'
import { Ring } from '../scheduling/ring.ts'
import { type LinkedTimer, type Timer, TimerHeap } from '../scheduling/timer-heap.ts'
import type { HostRun, LoopParts } from './loop-parts.ts'
import type { Probe } from './probe.ts'
import { WakeSources } from './wake-sources.ts'

interface SchedulerOptions {
  readonly clock?: Clock | undefined
  readonly ready?: Ring<Ready> | undefined
  readonly timers?: TimerHeap | undefined
}

// The most handles that run between two readings of the clock: a reading costs more than a step.
const MAX_HANDLES_PER_READING = 16
const QUICK_INTERVAL_MS = 0.2

const NO_LIMIT = 2 ** 30 - 1 // an integer that V8 stores without an object

// In real time, an iteration may be late: a callback has taken long, or the host has slept. Due timers then run in the
// order of their times, and the steps that one wakes precede the next timer: work that was due before its time limit is
// not told that it was too late. Timers this close run together, …
const TOGETHER_MS = 0.5
// … and entries that keep the loop busy hold up the other due timers for this time at most.
const CATCH_UP_MS = 10

/** The part of an event loop that decides which callback or step runs, and when. */
export abstract class Scheduler {
  /** Observes the loop; undefined without a Probe, which costs one check. @internal */
  probe: Probe | undefined = undefined
  /** The Probe, if it wants to be called for each step of a Task. @internal */
  stepProbe: Probe | undefined = undefined
  /** The Probe, if it wants to be called for each new object. @internal */
  objectProbe: Probe | undefined = undefined
  /** Called once, when the next iteration begins. @internal */
  atNextIteration: (() => void) | undefined = undefined
  /** The sources that may wake this loop from outside. @internal */
  readonly wakeSources: WakeSources = new WakeSources()
  /** The driver, while the host drives this loop. @internal */
  driver: HostRun | undefined = undefined
  /**
   * The clock; loops in virtual time may share it. A blocking run exchanges it for one that no test can fake. @internal
   */
  clock: Clock
  /** See `LoopParts`. @internal */
  protected abstract readonly enterStores: LoopParts['enterStores']
  /** Set when a handle has blocked the thread for a whole slice: `runReady` ends after this iteration. @internal */
  isCut = false
  /** Whether time jumps. @internal */
  readonly hasVirtualTime: boolean
  /** Whether the loop runs the same entries each time: in virtual time, and while it is explored. @internal */
  readonly isRepeatable: boolean

  /** @internal */
  protected closed = false

  // How many handles the current iteration has, and how late its earliest timer was.
  #handles = 0
  #lag = 0
  readonly #ready: Ring<Ready>
  readonly #timers: TimerHeap
  /** The last reading of the clock. Timers are due by it; callLater() counts from a fresh one. @internal */
  lastTime: number
  #clockInterval = 1
  #sinceClockRead = 0
  // Until when timers that are due wait for what earlier ones have woken; 0 if none waits.
  #heldUntil = 0
  // When the current iteration was due, if the clock was read for it; Infinity otherwise.
  #dueAt = Number.POSITIVE_INFINITY
  // The last iteration in which a sleep began late: when it was due, and when the last such sleep began.
  #lateSince = Number.POSITIVE_INFINITY
  #lateUntil = 0
  // How many handles the current iteration has yet to run.
  #remaining = 0
  #stopping = false

  constructor(options: SchedulerOptions) {
    this.clock = options.clock ?? monotonicClock
    if (typeof this.clock.time !== 'function') throw new TypeError(`clock must be a Clock, got ${repr(this.clock)}`)
    this.#ready = options.ready ?? new Ring(64)
    this.#timers = options.timers ?? new TimerHeap()
    this.lastTime = this.clock.time()
    this.hasVirtualTime = this.clock.advanceTo !== undefined
    this.isRepeatable = this.hasVirtualTime || options.ready !== undefined
  }

  /** The time on the loop's clock, in ms. */
  time(): number {
    this.lastTime = this.clock.time()
    return this.lastTime
  }

  /**
   * Ends the run after the current iteration, or after one iteration if the run has not begun. asyncio: `loop.stop`.
   * @throws RuntimeError for the loop of `getHostLoop()`, which is shared
   */
  stop(): void {
    if (this.driver?.permanent !== undefined)
      throw new RuntimeError('The host loop cannot be stopped. `await closeHostLoop()` ends it')
    this.#stopping = true
    this.driver?.wake()
  }

  /** Puts something into the ready queue. @internal */
  schedule(ready: Ready): void {
    if (this.closed) this.checkClosed()
    this.#ready.put(ready)
    this.driver?.wake()
  }

  /** Runs `timer` when the clock shows `when`. @internal */
  scheduleAt(when: number, timer: Timer): void {
    this.checkClosed()
    if (this.probe !== undefined) this.probe.timerSet?.(timer)
    this.#timers.add(when, timer)
    if (this.lastTime - this.#dueAt > TOGETHER_MS) {
      this.#lateSince = this.#dueAt
      this.#lateUntil = this.lastTime
    }
    this.driver?.wake()
  }

  /**
   * A time limit is over that was set at `setAt`. If a sleep began only after that because its iteration was late, the
   * limit is extended by the delay. @internal
   */
  extendLimit(when: number, setAt: number): number {
    const isLate = setAt <= this.#lateSince && this.#lateSince <= when && when <= this.#lateUntil
    return isLate ? this.#lateUntil + when - this.#lateSince : when
  }

  /** Runs a TimerHandle when the clock shows its time. @internal */
  scheduleTimer(timer: LinkedTimer): void {
    this.checkClosed()
    if (this.probe !== undefined) this.probe.timerSet?.(timer)
    this.#timers.addLinked(timer)
    this.driver?.wake()
  }

  /** Counts a cancelled timer. @internal */
  noteTimerCancelled(): void {
    this.#timers.noteCancelled()
  }

  /**
   * Runs iterations while something is ready, up to `limit` handles, and returns how many ran. A loop that listens to
   * other threads runs one iteration at most.
   * @internal
   */
  runReady(limit: number = NO_LIMIT): number {
    const stores = this.#ready.first?.stores
    const turn = (): number => this.#runReady(limit)
    return stores && this.enterStores ? this.enterStores(stores, turn) : turn()
  }

  #runReady(limit: number): number {
    const queue = this.#ready
    let ran = 0
    this.isCut = false
    do {
      if (this.#remaining === 0) this.#beginIteration()
      const end = Math.min(ran + this.#remaining, limit)
      while (ran < end) {
        ran++
        this.#remaining-- // first, because run() may throw
        const ready = queue.get()
        if (this.probe === undefined) ready.run()
        else runProbed(this.probe, ready)
      }
      if (this.#remaining === 0 && this.probe !== undefined) this.#endProbed(this.probe)
    } while (
      ran < limit &&
      (queue.length > 0 || this.#heldUntil > 0) &&
      !this.#stopping &&
      !this.isCut &&
      this.wakeSources.receive === undefined
    )
    return ran
  }

  /** The host has had a turn, or a step has been long: the next iteration reads the clock. @internal */
  expireClock(): void {
    this.#sinceClockRead = MAX_HANDLES_PER_READING
  }

  /** Whether an iteration is over, and the run with it. @internal */
  get stopped(): boolean {
    return this.#stopping && this.#remaining === 0
  }

  /** The time of the next entry, on the loop's clock: 0 if one is ready, Infinity if there is none. @internal */
  get nextTime(): number {
    return this.#ready.length > 0 || this.#stopping || this.#heldUntil > 0 ? 0 : this.#timers.earliest
  }

  /** Whether a timer is set, including timers that never fire. @internal */
  get hasTimers(): boolean {
    return this.#timers.length > 0
  }

  /** Makes virtual time jump. @internal */
  advanceTo(when: number): void {
    this.clock.advanceTo?.(when)
  }

  /** @internal */
  endRun(): void {
    this.#stopping = false
    this.#heldUntil = 0
    this.#remaining = 0 // an error may have cut the iteration short
  }

  /** Drops everything that is ready or set for later. @internal */
  protected clear(): void {
    this.#ready.clear()
    this.#timers.clear()
    this.#remaining = 0
  }

  /** @internal */
  protected callAtNextIteration(): void {
    const callback = this.atNextIteration
    this.atNextIteration = undefined
    callback?.()
  }

  /** @internal */
  protected checkClosed(): void {
    if (this.closed) throw new RuntimeError('Event loop is closed')
  }

  #endProbed(probe: Probe): void {
    probe.iterationEnded?.(this.#handles, this.#lag)
    if (this.#handles > 0) this.#lag = 0
  }

  #beginIteration(): void {
    if (this.atNextIteration !== undefined) this.callAtNextIteration()
    if (this.#timers.length > 0) this.#collectDue()
    else {
      this.#heldUntil = 0
      this.#dueAt = Number.POSITIVE_INFINITY
    }
    this.#remaining = this.#ready.length
    this.#handles = this.#remaining
  }

  #collectDue(): void {
    this.#sinceClockRead += this.#handles
    if (this.#ready.length === 0 || this.#sinceClockRead >= this.#clockInterval) this.#readClock()
    let earliest = this.#timers.earliest
    this.#lag = Math.max(0, this.lastTime - earliest)
    const until = this.#lag < TOGETHER_MS || this.isRepeatable ? this.lastTime : this.#dueUntil(earliest)
    for (; earliest <= until; earliest = this.#timers.earliest) this.#ready.put(this.#timers.pop())
    if (earliest > this.lastTime) this.#heldUntil = 0
    // A step that a late timer wakes was due when the timer was. Held timers leave the time as it is.
    if (!this.isRepeatable && until !== Number.NEGATIVE_INFINITY) this.#dueAt = this.lastTime - this.#lag
  }

  /** The iteration is late: the last of the times whose timers run in it. */
  #dueUntil(earliest: number): number {
    if (this.#heldUntil > 0 && this.#ready.length > 0) {
      return this.lastTime < this.#heldUntil ? Number.NEGATIVE_INFINITY : this.lastTime
    }
    this.#heldUntil = this.lastTime + CATCH_UP_MS
    return earliest + TOGETHER_MS
  }

  /** Reads the clock, and decides how many handles may run before the next reading. */
  #readClock(): void {
    const before = this.lastTime
    this.lastTime = this.clock.time()
    const quick = this.lastTime - before < QUICK_INTERVAL_MS
    // A blocking run, which has no slices that long steps would end, reads it in each iteration, as asyncio does.
    const interval = this.driver === undefined ? 1 : Math.min(this.#clockInterval * 2, MAX_HANDLES_PER_READING)
    this.#clockInterval = quick ? interval : 1
    this.#sinceClockRead = 0
  }
}

/** The Probe may change while `ready` runs: the Probe that saw the start also sees the end. */
function runProbed(probe: Probe, ready: Ready): void {
  probe.begins?.(ready)
  try {
    ready.run()
  } finally {
    probe.ran?.(ready)
  }
}

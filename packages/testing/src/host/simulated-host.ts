// The host of an explored program: timers, immediates and messages in virtual time, and a clock. Promises and
// `process.nextTick` stay the engine's; all of them run before the next event. If Node leaves the next event open, the
// schedule chooses it.

import type { EventLoop } from 'spindle'
import { TooManySteps } from '../explore/program.ts'
import { capturedStack } from '../own-frames.ts'
import type { Choices, SetTimer } from '../schedule/choices.ts'
import type { Aborts } from './aborts.ts'
import type { LateClock } from './late-clock.ts'
import { runTicks } from './node.ts'
import type { OpenWaits } from './open-waits.ts'

type Callback = (...args: unknown[]) => unknown

/** A timer or immediate of the simulated host: what `setTimeout()` and the like return. */
export class SimulatedTimer {
  when = 0
  isRef = true
  isSet = true
  /** Where it was set, if that is noted. */
  setAt: Error | undefined
  /** Its place among the choices of the run, if a schedule may vary it. */
  choice: SetTimer | undefined
  readonly delay: number
  readonly order: number
  readonly call: () => unknown
  readonly repeats: boolean
  readonly #host: SimulatedHost

  /** @internal */
  constructor(host: SimulatedHost, order: number, call: () => unknown, delay: number = 0, repeats: boolean = false) {
    this.#host = host
    this.order = order
    this.call = call
    this.delay = delay
    this.repeats = repeats
  }

  ref(): this {
    this.isRef = true
    return this
  }

  unref(): this {
    this.isRef = false
    return this
  }

  hasRef(): boolean {
    return this.isRef
  }

  refresh(): this {
    this.#host.start(this, this.delay)
    return this
  }

  close(): this {
    this.#host.clear(this)
    return this
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

// As setTimeout() does: a delay that does not fit counts as 1.
const MAX_DELAY = 2 ** 31 - 1
// The longest sleep of a loop, in ms.
export const LONGEST_SLEEP = 1e9
// If so many events in a row are of intervals or of loops that sleep this long, and nothing else is set, they do not
// wake the program any more.
const MAX_IDLE = 5_000

interface Steps {
  readonly executed: number
  mix(what: number): void
  checkAlways(): void
  checkTime(): void
}

export class SimulatedHost {
  /** How many events there were. */
  events = 0
  /** Microtasks of `queueMicrotask()`, where only the engine could run its own. */
  readonly microtasks: (() => void)[] = []
  readonly clock: LateClock
  /** The loop of the run. */
  loop: EventLoop | undefined
  /** The open waits of the run, if the caller asked for them. */
  waits: OpenWaits | undefined
  /** The error that the program got when it reached for the real network or a thread. It may have caught it. */
  refused: Error | undefined
  /** The signals of the run. */
  aborts: Aborts | undefined
  /** Called with an error that nothing in the program can catch. */
  onError: (error: unknown) => void = () => {}
  /** Called before each event. */
  onEvent: ((event: SimulatedTimer) => void) | undefined
  /** How many steps the loop had made at the last event. */
  stepsBefore = 0
  readonly #choices: Choices
  readonly #queue: Steps
  readonly #maxEvents: number
  readonly #timers = new Set<SimulatedTimer>()
  #immediates: SimulatedTimer[] = []
  // The immediates of the present round: an immediate set by one of them runs in the next round.
  #round: SimulatedTimer[] = []
  #order = 0
  // How many events in a row were idle.
  #idle = 0

  /** @param queue the steps of the loop */
  constructor(clock: LateClock, choices: Choices, queue: Steps, maxEvents: number) {
    this.clock = clock
    this.#choices = choices
    this.#queue = queue
    this.#maxEvents = maxEvents
  }

  setTimer(
    callback: Callback,
    delay?: unknown,
    args: readonly unknown[] = [],
    repeats: boolean = false,
    isVaried: boolean = true,
  ): SimulatedTimer {
    const ms = Number(delay)
    const own = ms >= 1 && ms <= MAX_DELAY ? Math.trunc(ms) : 1
    const timer = new SimulatedTimer(this, this.#order++, () => callback(...args), own, repeats)
    if (!isVaried) return this.start(timer, own)
    this.#notePlace(timer)
    const now = this.clock.time()
    timer.choice = this.#choices.setTimer(own, now)
    return this.start(timer, timer.choice.deadline - now)
  }

  setImmediate(callback: Callback, args: readonly unknown[] = []): SimulatedTimer {
    const immediate = new SimulatedTimer(this, this.#order++, () => callback(...args))
    this.#notePlace(immediate)
    this.#immediates.push(immediate)
    return immediate
  }

  start(timer: SimulatedTimer, delay: number): SimulatedTimer {
    timer.when = this.clock.time() + delay
    timer.isSet = true
    this.#timers.add(timer)
    return timer
  }

  clear(timer: SimulatedTimer): void {
    timer.isSet = false
    if (timer.choice !== undefined) timer.choice.clearedAt = this.clock.time()
    this.#timers.delete(timer)
  }

  /** Runs everything queued for the end of an event: ticks and microtasks. */
  drain(): void {
    runTicks()
    for (let run = this.microtasks.shift(); run !== undefined; run = this.microtasks.shift()) run()
    this.#queue.checkAlways()
  }

  /** Runs at most this many further events. */
  runEvents(limit: number): void {
    this.drain()
    for (let n = 0; n < limit && this.next(false); n++) this.drain()
  }

  /**
   * Runs the next event.
   * @param all whether timers count that do not keep the process alive
   * @returns false if there is none
   */
  next(all = true): boolean {
    const now = this.clock.time() // what came before this event may have lasted until a timer is due
    if (this.#immediates.length > 0) this.clock.spend(this.#choices.busy(`host#${this.events + 1}`, now))
    const event = this.#nextImmediate() ?? this.#nextTimer(all)
    this.#idle = event !== undefined && this.#isIdle(event) ? this.#idle + 1 : 0
    if (event === undefined || this.#idle > Math.min(MAX_IDLE, this.#maxEvents / 2)) return false
    const max = this.#maxEvents
    if (++this.events > max) throw new TooManySteps(`the host has had ${max} events, and goes on`)
    this.#queue.checkTime()
    this.stepsBefore = this.#queue.executed
    this.#queue.mix(event.order << 8)
    if (this.aborts?.before(this.events)) this.drain() // as after any other event
    if (!event.isSet) return true // the abort has cleared it
    event.isSet = event.repeats
    if (event.choice !== undefined) this.#choices.fired.push(event.choice)
    this.onEvent?.(event)
    this.aborts?.during(this.events)
    event.call()
    return true
  }

  #notePlace(event: SimulatedTimer): void {
    if (this.waits !== undefined) event.setAt = capturedStack()
  }

  #nextImmediate(): SimulatedTimer | undefined {
    if (this.#round.length === 0 && this.#immediates.length > 0) {
      const soon = this.#earliest(true)
      const isOpen = soon !== undefined && soon.when <= this.clock.time() + 1
      if (isOpen && this.#choices.pick(2, () => 'a timer comes before the immediates') === 1) return undefined
      this.#round = this.#immediates
      this.#immediates = []
    }
    const next = this.#round.shift()
    return next === undefined || next.isSet ? next : this.#nextImmediate()
  }

  #nextTimer(all: boolean): SimulatedTimer | undefined {
    const timer = this.#earliest(all)
    if (timer === undefined) return undefined
    if (timer.when > this.clock.time()) this.clock.jumpTo(timer.when)
    this.#timers.delete(timer)
    if (timer.repeats) this.start(timer, timer.delay)
    return timer
  }

  #isIdle(event: SimulatedTimer): boolean {
    if (this.#immediates.length > 0 || this.#round.length > 0) return false
    const isIdle = ({ repeats, delay }: SimulatedTimer): boolean => repeats || delay === LONGEST_SLEEP
    return isIdle(event) && [...this.#timers].every(isIdle)
  }

  #earliest(all: boolean): SimulatedTimer | undefined {
    let earliest: SimulatedTimer | undefined
    let keepsAlive = all
    for (const timer of this.#timers) {
      keepsAlive ||= timer.isRef
      const isEarlier =
        earliest === undefined ||
        timer.when < earliest.when ||
        (timer.when === earliest.when && timer.order < earliest.order)
      if (isEarlier) earliest = timer
    }
    return keepsAlive ? earliest : undefined
  }
}

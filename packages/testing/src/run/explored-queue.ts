// A ready queue that knows which Task runs each step. It cancels Tasks between two steps, as a schedule says.
//
// Point p is the moment after p - 1 handles have run, before anything else happens: before the p-th handle, or before
// the loop sleeps. At point 1 nothing has run.

import type { EventLoop, Future, Task } from 'spindle'
import { hostClock, type Ready, Ring } from 'spindle/internal'
import { OutOfTime, TooManySteps } from '../explore/program.ts'
import type { LateClock } from '../host/late-clock.ts'
import type { SimulatedHost } from '../host/simulated-host.ts'
import { placeOfTask } from '../own-frames.ts'
import type { Choices } from '../schedule/choices.ts'
import type { CancelItem } from '../schedule/schedule.ts'
import { type Lane, Lanes, stepName } from './lanes.ts'

/** A cancellation that was made. */
export interface Injected {
  readonly item: CancelItem
  readonly lane: Lane
  readonly point: number
  /** The number of its next step. */
  readonly step: number
  /** The point before the wake-up that the cancelled Task does not consume; undefined: it had not been woken. */
  readonly wakeUpAt: number | undefined
  /** The point at which it began to wait for a Future; undefined if it was waiting for a timer or another Task. */
  readonly waitsSince: number | undefined
  /** Where its coroutine was, if that was asked for. */
  readonly place: string | undefined
}

interface Limits {
  /** How many handles may run, including the handles of the check and the clean-up. */
  readonly maxSteps: number
  readonly deadline: number
  readonly endsAt: number
  readonly looksClosely: boolean
}

export class ExploredQueue extends Ring<Ready> {
  lanes!: Lanes
  /** The number of handles that have run. */
  executed = 0
  /** The lane of each step. */
  readonly trace: Lane[] = []
  readonly injected: Injected[] = []
  /** The first step after which the condition of `always` did not hold. */
  broken: { readonly step: string; readonly error: unknown } | undefined
  /** When each step began. */
  readonly times: number[] = []
  /** When the last step began, in real time. */
  lastBeganAt: number = hostClock.time()
  /** A number for the order of all events: equal runs have the same number. */
  hash = 0x811c9dc5
  /** Whether the program is running: handles before and after it are not counted. */
  isWatching = false
  readonly #entries: Ready[] = []
  readonly #choices: Choices
  readonly #clock: LateClock
  // The cancellations that are still to be made.
  readonly #cancels: Set<CancelItem>
  readonly #plan: Limits
  #host: SimulatedHost | undefined
  #always: (() => void) | undefined
  #left: number
  #loop!: EventLoop
  #stopAt = Number.POSITIVE_INFINITY
  // The last point that was reached.
  #reached = 0

  constructor(choices: Choices, clock: LateClock, plan: Limits) {
    super()
    this.#choices = choices
    this.#clock = clock
    this.#cancels = new Set(choices.items('cancel'))
    this.#plan = plan
    this.#left = plan.maxSteps
  }

  /**
   * From now on, ready handles belong to the program. Called before its Task is created.
   * @param always throws if a condition does not hold that must hold after each step
   */
  begin(loop: EventLoop, host: SimulatedHost, always: (() => void) | undefined): void {
    this.#loop = loop
    this.#host = host
    this.#always = always
    this.lanes = new Lanes(loop)
    this.isWatching = true
  }

  /** The name of the step that is running, or of the event of the host. */
  get currentStep(): string {
    const host = this.#host
    if (host !== undefined && host.events > 0 && host.stepsBefore === this.executed)
      return stepName('host', host.events)
    const lane = this.trace.at(-1)
    if (lane === undefined) return 'setup#1'
    return this.isWatching ? lane.lastStep : 'check#1'
  }

  /** Something happens: the hash becomes another one. The algorithm is known as FNV-1a. */
  mix(what: number): void {
    this.hash = Math.imul(this.hash ^ what, 0x01000193)
  }

  /** Makes the loop stop after this many more steps. */
  stopAfter(steps: number): void {
    this.#stopAt = this.executed + steps
  }

  /** The program is over. */
  end(): void {
    if (!this.isWatching) return
    this.#noteDone()
    this.checkAlways()
    this.isWatching = false
  }

  override get length(): number {
    if (this.#entries.length === 0 && this.isWatching && this.#reached <= this.executed) this.#reachPoint()
    return this.#entries.length
  }

  override clear(): void {
    this.#entries.length = 0
  }

  override put(ready: Ready): void {
    this.#entries.push(ready)
    if (!this.isWatching) return
    const lane = this.lanes.of(ready)
    lane.waitedUntil.push(Math.max(this.executed, this.#reached))
  }

  override get(): Ready {
    if (--this.#left < 0) throw new TooManySteps(`it has taken ${this.#plan.maxSteps} steps, and goes on`)
    if (!this.isWatching) return this.#entries.shift() as Ready
    const [ready] = this.#entries as [Ready]
    const lane = this.lanes.of(ready)
    if (this.#reached <= this.executed) this.#reachPoint()
    this.#cancelAt('before', lane)
    this.#entries.shift()
    this.#spend(lane.nextStep)
    this.executed++
    lane.steps++
    lane.runs.push(this.executed)
    this.trace.push(lane)
    const now = this.#clock.time()
    this.times.push(now)
    this.checkTime()
    this.mix(lane.number)
    if (this.executed >= this.#stopAt) this.#loop.stop()
    return ready
  }

  /** A step or an event of the host begins. @throws TooManySteps if it is too late for that */
  checkTime(): void {
    this.lastBeganAt = hostClock.time()
    if (this.lastBeganAt > this.#plan.deadline) throw new TooManySteps('it has taken longer than `maxTime`')
    if (this.lastBeganAt > this.#plan.endsAt) throw new OutOfTime(this.currentStep)
  }

  /** The step may last until a timer is due. */
  #spend(step: string): void {
    const busy = this.#choices.busy(step, this.#clock.time())
    if (busy === 0) return
    this.#clock.spend(busy)
    this.#loop.time() // reads the clock, so that timers that are due now run in the next iteration
  }

  #reachPoint(): void {
    this.#reached = this.executed + 1
    this.#noteDone()
    this.checkAlways()
    this.#cancelAt('after', this.trace.at(-1))
  }

  #cancelAt(where: CancelItem['where'], lane: Lane | undefined): void {
    for (const item of this.#cancels) {
      if (item.where === where && item.step === (where === 'before' ? lane?.nextStep : lane?.lastStep))
        this.#cancel(item)
    }
  }

  #noteDone(): void {
    const last = this.trace.at(-1)
    if (last?.task?.done() && last.doneAt > this.executed) last.doneAt = this.executed
  }

  /** A step or an event of the host has ended. */
  checkAlways(): void {
    if (this.#always === undefined || this.broken !== undefined || !this.isWatching) return
    try {
      this.#always()
    } catch (error) {
      this.broken = { step: this.currentStep, error }
    }
  }

  /** Cancels a Task at this point, unless it is done. */
  #cancel(item: CancelItem): void {
    this.#cancels.delete(item)
    const lane = this.lanes.byPath(item.path)
    const task = lane?.task
    if (lane === undefined || task === undefined || task.done()) return
    this.#choices.note(item)
    const future = awaitedOf(task)
    const isWoken = future?.done() === true && !future.cancelled()
    this.injected.push({
      item,
      lane,
      point: this.executed + 1,
      step: lane.steps + 1,
      wakeUpAt: isWoken ? lane.waitedUntil.at(-1) : undefined,
      waitsSince: future === undefined || future.done() ? undefined : (lane.runs.at(-1) ?? 0) + 1,
      place: this.#plan.looksClosely ? placeOfTask(task) : undefined,
    })
    const { currentTask } = this.#loop
    this.#loop.currentTask = undefined // not cancelled by a Task
    this.mix(-lane.number)
    task.cancel(`at point ${this.executed + 1}`)
    this.#loop.currentTask = currentTask
  }
}

/**
 * The Future that a Task waits for, or that has woken it and whose result it has not received yet. The end of a sleep
 * or of another Task does not count, because no other Task could have received that wake-up. A loop runs both of them,
 * unlike any other Future.
 */
function awaitedOf(task: Task): Future | undefined {
  const future = task.waitedFor
  return future === undefined || 'run' in future ? undefined : future
}

// A ready queue that knows which Task runs each step, and cancels Tasks between two steps.
//
// Point p is the moment after p - 1 handles have run, before anything else happens: before the p-th handle, or before
// the loop sleeps. At point 1 nothing has run.

import type { EventLoop, Future, Task } from 'spindle'
import { hostClock, type Ready, ReadyQueue } from 'spindle/internal'
import { placeOfTask } from '../place-of-task.ts'
import { type Lane, Lanes, stepName } from './lanes.ts'
import type { LateClock } from './late-clock.ts'
import type { SimulatedHost } from './simulated-host.ts'

/** A cancellation to make at a point. */
export interface CancelAt {
  readonly path: string
  readonly point: number
}

/** A cancellation that was made. */
export interface Injected {
  readonly lane: Lane
  readonly point: number
  /** The number of its next step. */
  readonly step: number
  /** Whether the Task was ready, so that the step was about to run. */
  readonly isReady: boolean
  /**
   * The point before the wake-up that the cancelled Task does not consume; undefined: it had not been woken.
   */
  readonly wakeUpAt: number | undefined
  /** The point at which it began to wait for a Future; undefined if it was waiting for a timer or another Task. */
  readonly waitsSince: number | undefined
  /** Where its coroutine was, if that was asked for. */
  readonly place: string | undefined
}

/** The program took more steps than allowed. */
export class TooManySteps extends Error {
  override name = 'TooManySteps'
}

export class WatchedQueue extends ReadyQueue {
  lanes!: Lanes
  /** The number of handles that have run. */
  executed = 0
  /** The lane of each step. */
  readonly trace: Lane[] = []
  readonly injected: Injected[] = []
  /** For each callback: the Task whose step has made it ready, if any. */
  readonly makers: (Lane | undefined)[] = []
  /** Whether to find out where a cancelled Task is, which is slow. */
  notesPlaces = false
  /** Throws if a condition does not hold that must hold after each step. */
  always: (() => void) | undefined
  /** The first step after which it did not. */
  broken: { readonly step: string; readonly error: unknown } | undefined
  /** When each step began. */
  readonly times: number[] = []
  /** The same of the last one, in real time. */
  lastBeganAt: number = hostClock.time()
  /** In real time, when the run has to end: the engine may lose a stop by force that comes while it is inspected. */
  deadline: number = Number.POSITIVE_INFINITY
  /** A number for the order of all events: equal runs have the same number. */
  hash = 0x811c9dc5
  protected clock!: LateClock
  #host: SimulatedHost | undefined
  /** How many handles may run, including the handles of the check and the clean-up. */
  readonly #maxSteps: number
  #left: number
  #loop!: EventLoop
  #cancels: readonly CancelAt[]
  // Whether the program is running: handles before and after it are not counted.
  #watching = false
  #stopAt = Number.POSITIVE_INFINITY
  // The last point that was reached.
  #reached = 0

  constructor(cancels: readonly CancelAt[], maxSteps: number) {
    super()
    this.#cancels = cancels
    this.#maxSteps = maxSteps
    this.#left = maxSteps
  }

  /** From now on, ready handles belong to the program. Called before its Task is created. */
  begin(loop: EventLoop, clock: LateClock, host?: SimulatedHost): void {
    this.#loop = loop
    this.clock = clock
    this.#host = host
    this.lanes = new Lanes(loop)
    this.#watching = true
  }

  /** Whether the program is running. */
  get isWatching(): boolean {
    return this.#watching
  }

  /** The name of the step that is running, or of the event of the host. */
  get currentStep(): string {
    const host = this.#host
    if (host !== undefined && host.events > 0 && host.stepsBefore === this.executed)
      return stepName('host', host.events)
    const lane = this.trace.at(-1)
    if (lane === undefined) return 'setup#1'
    return this.#watching ? stepName(lane.path, lane.steps) : 'check#1'
  }

  /** Something happens: the hash becomes another one. The algorithm is known as FNV-1a. */
  mix(what: number): void {
    this.hash = Math.imul(this.hash ^ what, 0x01000193)
  }

  /** The step that is about to run keeps the CPU for a while. */
  protected spend(ms: number): void {
    this.clock.spend(ms)
    this.#loop.time() // reads the clock, so that timers that are due now run in the next iteration
  }

  /** Makes the loop stop after this many more steps. */
  stopAfter(steps: number): void {
    this.#stopAt = this.executed + steps
  }

  /** The program is over. */
  end(): void {
    if (!this.#watching) return
    this.#watching = false
    this.#noteDone()
    this.#checkAlways()
  }

  override get length(): number {
    const { waiting } = this
    if (waiting > 0 || !this.#watching || this.#reached > this.executed) return waiting
    this.#reachPoint(undefined)
    return this.waiting
  }

  override push(ready: Ready): void {
    this.add(ready)
    if (!this.#watching) return
    const lane = this.lanes.of(ready)
    lane.readyAt = this.executed
    lane.pushes.push(this.executed)
    if (lane === this.lanes.callbacks) this.makers.push(this.lanes.present)
  }

  override shift(): Ready {
    if (--this.#left < 0) throw new TooManySteps(`it has taken ${this.#maxSteps} steps, and goes on`)
    if (!this.#watching) return this.take()
    if (this.#reached <= this.executed) this.#reachPoint(this.#peekLane())
    const ready = this.take()
    const lane = this.lanes.of(ready)
    this.executed++
    lane.steps++
    lane.runs.push(this.executed)
    this.trace.push(lane)
    this.times.push(this.clock.time())
    this.lastBeganAt = hostClock.time()
    if (this.lastBeganAt > this.deadline) throw new TooManySteps('it has taken longer than `maxTime`')
    this.mix(lane.number)
    if (this.executed >= this.#stopAt) this.#loop.stop()
    return ready
  }

  /** The number of ready handles. */
  protected get waiting(): number {
    return super.length
  }

  protected add(ready: Ready): void {
    super.push(ready)
  }

  protected take(): Ready {
    return super.shift()
  }

  /** The handle that `take()` would return; undefined if it is not needed. */
  protected peek(): Ready | undefined {
    return undefined
  }

  /** Called at each point, with the next lane if that is known. */
  protected atPoint(_next: Lane | undefined): void {}

  #peekLane(): Lane | undefined {
    const next = this.peek()
    return next && this.lanes.of(next)
  }

  #reachPoint(next: Lane | undefined): void {
    this.#reached = this.executed + 1
    this.#noteDone()
    this.#checkAlways()
    for (const { path, point } of this.#cancels) {
      if (point === this.#reached) this.cancel(path)
    }
    this.atPoint(next)
  }

  #noteDone(): void {
    const last = this.trace.at(-1)
    if (last?.task?.done() && last.doneAt > this.executed) last.doneAt = this.executed
  }

  #checkAlways(): void {
    if (this.always === undefined || this.broken !== undefined) return
    try {
      this.always()
    } catch (error) {
      this.broken = { step: this.currentStep, error }
    }
  }

  /** Cancels a Task at this point. Returns whether the Task existed and was not done. */
  cancel(path: string): boolean {
    const lane = this.lanes.byPath(path)
    const task = lane?.task
    if (lane === undefined || task === undefined || task.done()) return false
    const future = awaitedOf(task)
    const isWoken = future?.done() === true && !future.cancelled()
    this.injected.push({
      lane,
      point: this.executed + 1,
      step: lane.steps + 1,
      isReady: lane.pushes.length > lane.runs.length,
      wakeUpAt: isWoken ? Math.max(1, lane.readyAt) : undefined,
      waitsSince: future === undefined || future.done() ? undefined : (lane.runs.at(-1) ?? 0) + 1,
      place: this.notesPlaces ? placeOfTask(task) : undefined,
    })
    const { currentTask } = this.#loop
    this.#loop.currentTask = undefined // not cancelled by a Task
    this.mix(-lane.number)
    task.cancel(`at point ${this.executed + 1}`)
    this.#loop.currentTask = currentTask
    return true
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

// A ready queue that knows which Task takes which step, and cancels Tasks between two of them.
//
// Point p is the moment after p - 1 handles have run, before anything else happens: before the p-th handle, or before
// the loop sleeps. At point 1 nothing has run.

import type { EventLoop, Future } from '@spindle/loop'
import { type Ready, ReadyQueue } from '@spindle/loop/internal'
import type { Task } from '@spindle/task'
import { placeOfTask } from '../place-of-task.ts'
import { type Lane, Lanes } from './lanes.ts'

/** A cancellation that is put in at a point. */
export interface CancelAt {
  readonly path: string
  readonly point: number
}

/** A cancellation that was put in. */
export interface Injected {
  readonly lane: Lane
  readonly point: number
  /** Its step that comes next. */
  readonly step: number
  /** Whether that step was about to come: it was ready. */
  readonly isReady: boolean
  /**
   * The point before the wake-up that the Task had been given and does not take; undefined: it had not been given one.
   */
  readonly wakeUpAt: number | undefined
  /** The point at which it began to wait for a Future, if it was waiting for one, and not for time or another Task. */
  readonly waitsSince: number | undefined
  /** Where its coroutine stood, where that was to be known. */
  readonly place: string | undefined
}

/** The program has taken more steps than it may. */
export class TooManySteps extends Error {
  override name = 'TooManySteps'
}

export class WatchedQueue extends ReadyQueue {
  lanes!: Lanes
  /** How many handles have run. */
  executed = 0
  /** Which lane ran each time. */
  readonly trace: Lane[] = []
  readonly injected: Injected[] = []
  /** Whether to ask where a Task stands that is cancelled: the engine takes its time. */
  notesPlaces = false
  /** How many handles may run, those of the check and the end included. */
  readonly #maxSteps: number
  #left: number
  #loop!: EventLoop
  #cancels: readonly CancelAt[]
  // Whether the program runs: what comes before and after is not counted.
  #watching = false
  #stopAt = Number.POSITIVE_INFINITY
  // The point that was reached last.
  #reached = 0

  constructor(cancels: readonly CancelAt[], maxSteps: number) {
    super()
    this.#cancels = cancels
    this.#maxSteps = maxSteps
    this.#left = maxSteps
  }

  /** From now on what is ready belongs to the program. Called before its Task is made. */
  begin(loop: EventLoop): void {
    this.#loop = loop
    this.lanes = new Lanes(loop)
    this.#watching = true
  }

  /** Whether the program runs. */
  get isWatching(): boolean {
    return this.#watching
  }

  /** From now on the loop stops after so many more steps. */
  stopAfter(steps: number): void {
    this.#stopAt = this.executed + steps
  }

  /** The program is over. */
  end(): void {
    if (!this.#watching) return
    this.#watching = false
    this.#noteDone()
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
    if (lane === this.lanes.callbacks) return
    lane.readyAt = this.executed
    lane.pushes.push(this.executed)
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
    if (this.executed >= this.#stopAt) this.#loop.stop()
    return ready
  }

  /** How many are ready. */
  protected get waiting(): number {
    return super.length
  }

  protected add(ready: Ready): void {
    super.push(ready)
  }

  protected take(): Ready {
    return super.shift()
  }

  /** What `take()` would return; undefined if that need not be known. */
  protected peek(): Ready | undefined {
    return undefined
  }

  /** Called at each point, with the lane that is next if that is known. */
  protected atPoint(_next: Lane | undefined): void {}

  #peekLane(): Lane | undefined {
    const next = this.peek()
    return next && this.lanes.of(next)
  }

  #reachPoint(next: Lane | undefined): void {
    this.#reached = this.executed + 1
    this.#noteDone()
    for (const { path, point } of this.#cancels) {
      if (point === this.#reached) this.cancel(path)
    }
    this.atPoint(next)
  }

  #noteDone(): void {
    const last = this.trace.at(-1)
    if (last?.task?.done() && last.doneAt > this.executed) last.doneAt = this.executed
  }

  /** Cancels a Task, here and now. Tells whether it was there to be cancelled. */
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
    this.#loop.currentTask = undefined // no Task does it
    task.cancel(`at point ${this.executed + 1}`)
    this.#loop.currentTask = currentTask
    return true
  }
}

/**
 * The Future that a Task waits for, or was woken by and has not gone on. The end of a sleep or of another Task is none,
 * as it is nothing that another could have had. Both are things that a loop runs, which no other Future is.
 */
function awaitedOf(task: Task): Future | undefined {
  const future = task.waitedFor
  return future === undefined || 'run' in future ? undefined : future
}

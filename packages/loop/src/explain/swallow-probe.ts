import type { EventLoop } from '../face/event-loop.ts'
import type { CancelNotice, Probe, ResumedBy, TaskOutcome } from '../face/probe.ts'
import type { Task } from '../face/task.ts'

interface Cancelled {
  /** Whether a CancelledError was thrown into its coroutine. */
  delivered: boolean
  /** Set if the coroutine waited again afterwards: the place, if it is known. */
  waitedAgain: { readonly place: string | undefined } | undefined
}

/**
 * Finds Tasks that were cancelled, caught the error, waited again and ended normally. That is legal, but usually means
 * a `catch` that is too broad. Steps are slow only while a Task with a cancellation request runs.
 */
export class SwallowProbe implements Probe {
  readonly #loop: EventLoop
  readonly #report: (task: Task, place: string | undefined) => void
  readonly #placeOf: (task: Task) => string | undefined
  readonly #cancelled = new Map<Task, Cancelled>()

  constructor(
    loop: EventLoop,
    report: (task: Task, place: string | undefined) => void,
    placeOf: (task: Task) => string | undefined = () => undefined,
  ) {
    this.#loop = loop
    this.#report = report
    this.#placeOf = placeOf
  }

  get wantsSteps(): boolean {
    return this.#cancelled.size > 0
  }

  cancelRequested(task: Task, _notice: CancelNotice): void {
    if (this.#cancelled.has(task)) return
    this.#cancelled.set(task, { delivered: false, waitedAgain: undefined })
    if (this.#cancelled.size === 1) this.#loop.probes.changed()
  }

  resumes(task: Task, resumedBy: ResumedBy): void {
    const state = this.#cancelled.get(task)
    if (state !== undefined && resumedBy === 'cancel' && task.cancelling() > 0) state.delivered = true
  }

  waits(task: Task): void {
    const state = this.#cancelled.get(task)
    if (state?.delivered === true) state.waitedAgain ??= { place: this.#placeOf(task) }
  }

  taskEnds(task: Task, outcome: TaskOutcome): void {
    const state = this.#cancelled.get(task)
    if (state === undefined) return
    this.#cancelled.delete(task)
    if (this.#cancelled.size === 0) this.#loop.probes.changed()
    if (outcome === 'cancelled' || state.waitedAgain === undefined || task.cancelling() === 0) return
    this.#report(task, state.waitedAgain.place)
  }
}

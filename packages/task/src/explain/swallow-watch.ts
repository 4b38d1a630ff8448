// A Task that is left at the end of a run, and was cancelled, may clean up for any time. A Task that returns to the
// `yield*` where the CancelledError was thrown does not clean up: it has swallowed the error, and loops forever.
//
//   cancelled     sleep() ◀─ work() line 3 ◀─ worker() line 9      the stack of the error, and each place that it passed, up to where it was caught
//   waits again   sleep() ◀─ work() line 3 ◀─ worker() line 9      the stack of the waiting Task, up to the coroutine that was resumed

import type { CancelledError, EventLoop, Future, Task } from '@spindle/loop'
import { type Probe, repr, type StepTrace, trace } from '@spindle/loop/internal'
import { cancelledWaits } from './cancelled-waits.ts'
import { placeInStack, usersFrames } from './place-in-stack.ts'

// A Task that waits this often is doing real work at the end.
const MAX_WAITS = 20

/**
 * Watches the Tasks that a run waits for at its end, in one loop, and reports Tasks that swallow their cancellation.
 */
export class SwallowWatch implements Probe {
  readonly wantsSteps = true
  readonly #loop: EventLoop
  readonly #watched: Map<Task, WatchedTask>

  constructor(loop: EventLoop, tasks: readonly Task[]) {
    this.#loop = loop
    this.#watched = new Map(tasks.map((task) => [task, new WatchedTask()]))
    loop.probes.add(this)
  }

  resumes(task: Task): void {
    this.#watched.get(task)?.beginStep()
  }

  waits(task: Task, future: Future | undefined): void {
    if (this.#watched.get(task)?.endStep(task, future) === true) this.#forget(task)
  }

  taskEnds(task: Task): void {
    if (this.#watched.has(task)) this.#forget(task)
  }

  #forget(task: Task): void {
    trace.step = undefined
    this.#watched.delete(task)
    if (this.#watched.size === 0) this.#loop.probes.remove(this)
  }
}

class WatchedTask implements StepTrace {
  // The last error and the last wait of a step, and the places at which the error was rethrown.
  #lastError: CancelledError | undefined
  #lastWait: Error | undefined
  #passed: Error[] = []
  // Stacks are formatted when they are read, which is usually never: a Task that is cancelled ends.
  #cancelled: readonly Error[] | undefined
  #waits = 0

  beginStep(): void {
    this.#lastError = undefined
    this.#lastWait = undefined
    this.#passed = []
    trace.step = this
  }

  /** Compares the place of a wait with the place of the cancellation. Returns whether the watch of the Task can end. */
  endStep(task: Task, future: Future | undefined): boolean {
    trace.step = undefined
    if (this.#lastError !== undefined) this.#cancelled ??= [this.#lastError, ...this.#passed]
    if (this.#lastWait === undefined || this.#cancelled === undefined) return false
    const places = placesOf(this.#cancelled)
    const isBack = places !== '' && placesOf([this.#lastWait]) === places
    if (isBack) report(task, future, this.#lastWait)
    return isBack || ++this.#waits === MAX_WAITS
  }

  waits(): void {
    this.#lastWait = new Error()
  }

  cancelled(future: Future, message: string | undefined): CancelledError {
    this.#lastError = cancelledWaits.error(future, message)
    return this.#lastError
  }

  passes(error: unknown): void {
    if (error === this.#lastError) this.#passed.push(new Error())
  }
}

function report(task: Task, future: Future | undefined, { stack }: Error): void {
  const place = placeInStack(stack)?.place
  const message =
    `Task ${repr(task.getName())} was cancelled at the end of the run, but swallowed the CancelledError and waits again` +
    `${place === undefined ? '' : ` at ${place}`} for ${future?.label ?? 'sleep(0)'}: the run cannot end. ` +
    'Let the error pass: `rethrowIfCancelled(error)` at the head of the catch'
  task.getLoop().callExceptionHandler({ message, task })
}

function placesOf(errors: readonly Error[]): string {
  return errors.flatMap(({ stack }) => usersFrames(stack)).join('\n')
}

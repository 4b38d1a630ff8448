// A Task that is left over at the end of a run, and was cancelled, may clean up for as long as it takes. One that
// returns to the `yield*` where the CancelledError was thrown does not clean up: it has swallowed the error, and loops
// forever.
//
//   cancelled     sleep() ◀─ work() line 3 ◀─ worker() line 9      the stack of the error, and each place that it passed, up to where it was caught
//   waits again   sleep() ◀─ work() line 3 ◀─ worker() line 9      the stack of the waiting Task, up to the coroutine that was resumed

import { cancelTrace, repr } from '@spindle/loop/internal'
import { callSite } from '../coroutines/call-site.ts'
import { placeInStack, usersFrames } from '../coroutines/place-in-stack.ts'
import type { Task } from './task.ts'

/** Reports at once if a Task that was cancelled at the end of a run swallows that. */
export function watchSwallowing(task: Task): void {
  task.watchCancel(new SwallowWatch())
}

// A Task that waits that often has something to do at the end.
const MAX_WAITS = 20

export class SwallowWatch {
  // Stacks are written out when they are read, which most often is never: a Task that is cancelled ends.
  #cancelled: readonly Error[] | undefined
  #waits = 0

  /** Takes a step of the Task, and looks what it does with its cancellation. */
  step(task: Task, resume: () => void): void {
    const passed: Error[] = []
    cancelTrace.wanted = true
    cancelTrace.waitsWanted = true
    callSite.passed = passed
    try {
      resume()
    } finally {
      cancelTrace.wanted = false
      cancelTrace.waitsWanted = false
      callSite.passed = undefined
    }
    const { lastError, lastWait } = cancelTrace
    cancelTrace.lastError = undefined
    cancelTrace.lastWait = undefined
    if (lastError !== undefined) this.#cancelled ??= [lastError, ...passed]
    if (lastWait === undefined || this.#cancelled === undefined || task.done()) return
    const places = placesOf(this.#cancelled)
    const isBack = places !== '' && placesOf([lastWait]) === places
    if (isBack) this.#report(task, lastWait)
    if (isBack || ++this.#waits === MAX_WAITS) task.watchCancel(undefined)
  }

  #report(task: Task, { stack }: Error): void {
    const place = placeInStack(stack)?.place
    const message =
      `Task ${repr(task.getName())} was cancelled at the end of the run, but swallowed the CancelledError and waits again` +
      `${place === undefined ? '' : ` at ${place}`} for ${task.waitedFor?.label ?? 'sleep(0)'}: the run cannot end. ` +
      'Let the error pass: `rethrowIfCancelled(error)` at the head of the catch'
    task.getLoop().callExceptionHandler({ message, task })
  }
}

/** Without the columns: where a `yield*` begins and where it is resumed are two of them. */
function placesOf(errors: readonly Error[]): string {
  const frames = errors.flatMap(({ stack }) => usersFrames(stack))
  return frames.map((frame) => frame.replace(/:\d+\)?$/, '')).join('\n')
}

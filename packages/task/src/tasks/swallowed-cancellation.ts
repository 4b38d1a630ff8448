import { formatLocation, repr } from '@spindle/loop/internal'
import type { Task } from './task.ts'

// Where a Task waited again after it had caught its CancelledError; noted in debug mode only.
const places = new WeakMap<Task, string>()

/**
 * A Task that was cancelled, caught the error, waited again and ended as if nothing had been. It is legal, and mostly a
 * `catch` that was too broad.
 */
export const swallowed = {
  note(task: Task): void {
    const place = task.getStack().at(-1)
    if (place !== undefined) places.set(task, formatLocation(place))
  },

  report(task: Task): void {
    const loop = task.getLoop()
    if (loop.events.heard['task:cancel-swallowed']) loop.events.emitEvent('task:cancel-swallowed', { task })
    if (!loop.getDebug()) return
    const place = places.get(task)
    const message =
      `Task ${repr(task.getName())} was cancelled, but swallowed the CancelledError and went on` +
      `${place === undefined ? '' : ` at ${place}`}. Let it pass: \`rethrowIfCancelled(error)\` at the head of the catch`
    loop.callExceptionHandler({ message, task })
  },
}

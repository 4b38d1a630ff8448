import { repr } from '@spindle/loop/internal'
import { placeOfSwallowing } from './swallow-place.ts'
import type { Task } from './task.ts'

/**
 * A Task that was cancelled, caught the error, waited again and ended as if nothing had been. It is legal, and mostly a
 * `catch` that was too broad.
 */
export function reportSwallowed(task: Task): void {
  const loop = task.getLoop()
  if (loop.events.heard['task:cancel-swallowed']) loop.events.emitEvent('task:cancel-swallowed', { task })
  if (!loop.getDebug()) return
  const message =
    `Task ${repr(task.getName())} was cancelled, but swallowed the CancelledError and went on` +
    `${placeOfSwallowing(task)}. Let it pass: \`rethrowIfCancelled(error)\` at the head of the catch`
  loop.callExceptionHandler({ message, task })
}

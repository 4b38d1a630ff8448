import { ambient } from '@spindle/loop/internal'
import type { Task } from '@spindle/task'

/**
 * Calls `end` when the current Task ends cancelled or with an exception. A Task that returns may have passed its
 * stream to another. Returns a function that stops this.
 */
export function endWithTask(end: () => void): () => void {
  const task = ambient.runningLoop?.currentTask as Task | undefined // the cast: only Tasks set it
  const onDone = (): void => {
    if (task?.cancelled() || task?.hasException()) end()
  }
  task?.addDoneCallback(onDone)
  return () => void task?.removeDoneCallback(onDone)
}

import { ambient } from '@spindle/loop/internal'
import type { Task } from '@spindle/task'

/**
 * Calls `end` when the current Task ends cancelled or with an exception: one that returned may have handed on what it
 * had. Returns a function that forgets it.
 */
export function endWithTask(end: () => void): () => void {
  const task = ambient.runningLoop?.currentTask as Task | undefined // the cast: only Tasks set it
  const onDone = (): void => {
    if (task?.cancelled() || task?.hasException()) end()
  }
  task?.addDoneCallback(onDone)
  return () => void task?.removeDoneCallback(onDone)
}

import type { Future, LoopTask } from '@spindle/loop'

/** The Future that a Task waits for. */
export function waiterOf(task: LoopTask): Future | undefined {
  // A field of the Tasks of @spindle/task.
  const { waitedFor } = task as LoopTask & { readonly waitedFor?: Future | undefined }
  return waitedFor?.done() === false ? waitedFor : undefined
}

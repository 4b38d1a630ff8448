import type { Future, LoopTask } from '@spindle/loop'

/** What a Task waits for that is not done. */
export function waiterOf(task: LoopTask): Future | undefined {
  const { waitedFor } = task as LoopTask & { readonly waitedFor?: Future | undefined } // as the Tasks of @spindle/task have it
  return waitedFor?.done() === false ? waitedFor : undefined
}

import type { Future, Task } from 'spindle'

/** The Future that a Task waits for. */
export function waiterOf({ waitedFor }: Task): Future | undefined {
  return waitedFor?.done() === false ? waitedFor : undefined
}

import { formatLocation, isOurs } from '@spindle/loop/internal'
import type { Task } from '@spindle/task'

/** Where a Task stands in the user's own code, innermost: `main.ts:12 (download)`; undefined if nothing tells. */
export function placeOfTask(task: Task): string | undefined {
  const place = task.getStack().findLast(({ url }) => !isOurs(url))
  return place && formatLocation(place) + (place.name === '' ? '' : ` (${place.name})`)
}

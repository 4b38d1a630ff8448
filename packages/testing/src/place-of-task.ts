import type { Task } from 'spindle'
import { formatLocation, isOurs } from 'spindle/internal'

/** The innermost line of a Task in the user's own code: `main.ts:12 (download)`; undefined if unknown. */
export function placeOfTask(task: Task): string | undefined {
  const place = task.getStack().findLast(({ url }) => !isOurs(url))
  return place && formatLocation(place) + (place.name === '' ? '' : ` (${place.name})`)
}

import { formatLocation } from '@spindle/loop/internal'
import type { Task } from './task.ts'

// Where a Task waited again after it had caught its CancelledError; noted in debug mode only.
const places = new WeakMap<Task, string>()

export function noteSwallowing(task: Task): void {
  const place = task.getStack().at(-1)
  if (place !== undefined) places.set(task, formatLocation(place))
}

/** ` at file.ts:12`; '' if that is unknown. */
export function placeOfSwallowing(task: Task): string {
  const place = places.get(task)
  return place === undefined ? '' : ` at ${place}`
}

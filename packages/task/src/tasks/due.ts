import type { Coroutine } from '@spindle/loop'
import { ambient } from '@spindle/loop/internal'
import { sleep } from '../coroutines/sleep.ts'
import type { Task } from './task.ts'

// As long as a slice of a loop that the host drives.
const SLICE_MS = 1
const READ_EVERY_MS = 0.1
const MAX_READ_INTERVAL = 1024

// Shared by all loops, because they share the thread. Reading the clock costs more than the rest, so it is read once in
// `readInterval` calls. `turn`: the turn of the host in which the slice began.
const slice = { end: 0, readAt: 0, readInterval: 1, callsLeft: 1, turn: -1 }

/**
 * Whether a Task that computes should let others run: it has kept the thread for a millisecond, or a cancellation is
 * pending. It reads the clock only occasionally, so it may be called for each item. In virtual time, where computing
 * takes no time, only a cancellation counts; outside of a loop it is false. An addition to asyncio.
 *
 * @example
 * ```ts
 * function* sum(to: number): Coroutine<number> {
 *   let sum = 0
 *   for (let n = 1; n <= to; n++) {
 *     sum += n
 *     if (due()) yield* sleep(0)
 *   }
 *   return sum
 * }
 * console.log(await run(sum(1_000_000))) // prints: 500000500000
 * ```
 */
export function due(): boolean {
  const task = ambient.runningLoop?.currentTask as Task | undefined // only Tasks set it
  if (task === undefined) return false
  return task.cancelPending || (--slice.callsLeft <= 0 && isSliceOver())
}

/**
 * Lets others run if it is `due()`, and throws a pending cancellation. Otherwise it does not wait. An addition to
 * asyncio; Trio's checkpoint always waits.
 *
 * @example
 * ```ts
 * function* parse(lines: readonly string[]): Coroutine<number> {
 *   let words = 0
 *   for (const line of lines) {
 *     words += line.split(' ').length
 *     yield* checkpoint()
 *   }
 *   return words
 * }
 * console.log(await run(parse(['one two', 'three']))) // prints: 3
 * ```
 */
export function* checkpoint(): Coroutine<void> {
  if (due()) yield* sleep(0)
}

function isSliceOver(): boolean {
  const loop = ambient.runningLoop
  if (loop === undefined || loop.hasVirtualTime) return false
  const now = loop.time()
  const took = now - slice.readAt
  const fitting = took > 0 ? (slice.readInterval * READ_EVERY_MS) / took : MAX_READ_INTERVAL
  slice.readInterval = Math.max(1, Math.min(MAX_READ_INTERVAL, 2 * slice.readInterval, Math.floor(fitting)))
  slice.callsLeft = slice.readInterval
  slice.readAt = now
  // The host has had a turn since. The previous loop may have another clock.
  const turn = loop.driver?.turns ?? -1
  const isNew = turn !== slice.turn || slice.end - now > SLICE_MS
  if (!isNew && now < slice.end) return false
  slice.turn = turn
  slice.end = now + SLICE_MS
  if (isNew) return false
  loop.isCut = true
  return true
}

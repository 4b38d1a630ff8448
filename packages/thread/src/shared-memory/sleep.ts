import { checkDelay } from '@spindle/loop/internal'
import { waitUntil } from './wakeup.ts'

/**
 * Blocks this thread for `ms` milliseconds. Nothing else runs on it during that time, including all Tasks of its event
 * loop. To wait in a coroutine, `yield*` the `sleep` of `spindle`.
 * Python: `time.sleep`.
 *
 * @param ms how long the thread is blocked
 * @throws RangeError if `ms` is negative, not a number or infinite.
 *
 * @example
 * ```ts
 * const before = performance.now()
 * threading.sleep(20)
 * console.log(performance.now() - before >= 20) // prints: true
 * ```
 */
export function sleep(ms: number): void {
  if (Number.isNaN(ms)) throw new RangeError('Invalid value NaN (not a number)') // as CPython says it
  checkDelay('sleep length', ms)
  if (ms < 0) throw new RangeError('sleep length must be non-negative')
  if (ms === Number.POSITIVE_INFINITY) throw new RangeError('sleep length must be finite')
  waitUntil(() => false, ms, String)
}

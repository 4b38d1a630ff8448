import { CancelledError } from '@spindle/loop'

/**
 * Rethrows `error` if it is a CancelledError. Use it as the first line of a `catch` that would otherwise stop a
 * cancellation, because a `catch` in JavaScript catches everything. An addition to asyncio: `except Exception` lets a
 * cancellation pass.
 * @example
 * ```ts
 * function* careful(): Coroutine<void> {
 *   try {
 *     yield* sleep(1000)
 *   } catch (error) {
 *     rethrowIfCancelled(error)
 *     console.log('failed:', error)
 *   }
 * }
 * ```
 */
export function rethrowIfCancelled(error: unknown): void {
  if (error instanceof CancelledError) throw error
}

import { CancelledError } from '@spindle/loop'

/**
 * Throws `error` on if it is a CancelledError: the first line of a `catch` that would otherwise stop a cancellation, as
 * in JavaScript each `catch` catches everything. An addition to asyncio: there `except Exception` lets it pass.
 *
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

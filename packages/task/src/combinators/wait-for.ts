import { type AwaitableSource, CancelledError, type Coroutine, type Future } from '@spindle/loop'
import { type Advice, checkTimeout, isAwaitable } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { awaitOwn } from '../scopes/discard.ts'
import { timeoutFor } from '../scopes/timeout.ts'
import { timeoutError } from '../scopes/timeout-error.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'
import { wait } from './wait.ts'

/**
 * Waits for one awaitable, at most `timeout` ms; undefined for no limit. When it times out, it cancels the awaitable
 * and throws a TimeoutError once the awaitable has ended; a `shield` around the awaitable leaves it running. With a
 * timeout of 0 or less a coroutine does not start. If the caller is cancelled, the awaitable is cancelled. asyncio:
 * `asyncio.wait_for`, in seconds.
 * @param awaitable what to wait for; cancelled when the time is over
 * @param timeout in ms; undefined for no limit
 * @throws TimeoutError when it times out; RangeError if the timeout is NaN
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   console.log(yield* waitFor(sleep(10, 'in time'), 500)) // prints: in time
 *   try {
 *     yield* waitFor(sleep(500), 10)
 *   } catch (error) {
 *     console.log(error instanceof TimeoutError) // prints: true
 *   }
 * }
 * await run(main())
 * ```
 */
export function waitFor<T, C = AwaitableSource<T>>(
  awaitable: AwaitableSource<T> | Advice<C, AwaitableSource<unknown>>,
  timeout: number | undefined,
): Coroutine<T> {
  return waitForBlock(awaitable as AwaitableSource<T>, timeout)
}

const waitForBlock = coroutine(function* waitFor<T>(
  awaitable: AwaitableSource<T>,
  delay: number | undefined,
): Coroutine<T> {
  checkTimeout('timeout', delay)
  if (delay !== undefined && delay <= 0) return yield* ifDone(ensureFuture(awaitable), delay)
  return yield* timeoutFor('waitFor()', delay, () =>
    isAwaitable(awaitable) ? awaitable : awaitOwn(ensureFuture(awaitable)),
  )
})

/** The result of a Future that is done already, or that ends with a result although it is cancelled. */
function* ifDone<T>(future: Future<T>, delay: number): Coroutine<T> {
  if (future.done()) return future.result()
  future.cancel()
  yield* wait([future]) // a Future may refuse the cancellation, and `yield* future` would then refuse that of this Task
  try {
    return future.result()
  } catch (error) {
    if (error instanceof CancelledError) throw timeoutError('waitFor()', delay, error)
    throw error
  }
}

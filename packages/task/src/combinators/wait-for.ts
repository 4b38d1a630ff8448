import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  type Future,
  getRunningLoop,
  TimeoutError,
} from '@spindle/loop'
import { currentContext, isAwaitable } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { checkTime, timeout } from '../scopes/timeout.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'

/**
 * Waits for one awaitable, `delay` ms at most; with undefined without limit. When the time is up it is cancelled, and once it has
 * ended a TimeoutError is thrown; to leave it running put a `shield` around it. With a delay of 0 or less a coroutine does not even begin.
 * Cancelled: what is waited for is cancelled, too. asyncio: `asyncio.wait_for`, in seconds.
 * @throws TimeoutError when the time is up; RangeError if the delay is NaN
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
export function waitFor<T>(awaitable: Awaitable<T> | PromiseLike<T>, delay: number | undefined): Coroutine<T> {
  return waiting(awaitable, delay)
}

const waiting = coroutine(function* waitFor<T>(
  awaitable: Awaitable<T> | PromiseLike<T>,
  delay: number | undefined,
): Coroutine<T> {
  checkTime('timeout', delay)
  if (delay !== undefined && delay <= 0) return yield* ifDone(ensureFuture(awaitable))
  return yield* timeout(delay, () => (isAwaitable(awaitable) ? awaitable : ensureFuture(awaitable)))
})

/** The result of one that is done already, or that ends with a result though it is cancelled. */
function* ifDone<T>(future: Future<T>): Coroutine<T> {
  if (future.done()) return future.result()
  yield* cancelAndWait(future)
  try {
    return future.result()
  } catch (error) {
    if (error instanceof CancelledError) throw new TimeoutError(undefined, { cause: error })
    throw error
  }
}

/** Not by awaiting the Future itself: one that refuses to be cancelled would keep us from being cancelled, too. */
function* cancelAndWait(future: Future): Coroutine<void> {
  const waiter = getRunningLoop().createFuture<void>()
  const release = (): void => {
    if (!waiter.done()) waiter.setResult()
  }
  future.addDoneCallback(release, { context: currentContext() })
  try {
    future.cancel()
    yield* waiter
  } finally {
    future.removeDoneCallback(release)
  }
}

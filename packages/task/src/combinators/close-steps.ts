// How a loop over a source that ends early closes the source.

import { type Awaitable, type Coroutine, getRunningLoop, TimeoutError } from '@spindle/loop'
import type { CoroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { sleep } from '../coroutines/sleep.ts'
import type { AbortControllerLike } from '../scopes/abort-signal.ts'
import { cleanUp } from '../scopes/uncancellable.ts'
import { Immediate } from '../sync/operation.ts'

/** What `return()` of steps returns that has closed them already. */
export const CLOSED: Awaitable<unknown> = { [Symbol.iterator]: () => new Immediate(undefined) }

/** Closes the source. If it takes longer than `graceTime`, it is left open, and that is reported. */
export function* closeInTime(steps: CoroutineIterator<unknown>, graceTime: number | undefined): Coroutine<void> {
  const closing = steps.return?.()
  if (closing === undefined || closing === CLOSED) return // without a wait, nothing has to put a cancellation off
  try {
    yield* cleanUp(() => closing, graceTime)
  } catch (error) {
    if (!(error instanceof TimeoutError) || graceTime === undefined) throw error
    const message = `the source of a forEach() has not closed after ${graceTime} ms, and is left open`
    getRunningLoop().callExceptionHandler({ message })
  }
}

/** As in `for await`, the error of the block has precedence over an error on closing the source. */
export function* closeAfterError(
  steps: CoroutineIterator<unknown>,
  error: unknown,
  graceTime: number | undefined,
): Coroutine<never> {
  try {
    yield* closeInTime(steps, graceTime)
  } catch {}
  throw error
}

/**
 * The next step of a Task that was cancelled, and does not know yet: the CancelledError, after the source has closed.
 * @param taken the step that has come already; it is lost, unless the request was retracted
 */
export function* delivering<T>(
  steps: CoroutineIterator<T>,
  taken: IteratorResult<T, unknown> | undefined,
  controller: AbortControllerLike | undefined,
  graceTime: number | undefined,
): Coroutine<IteratorResult<T, unknown>> {
  try {
    yield* sleep(0) // throws it
  } catch (error) {
    controller?.abort()
    return yield* closeAfterError(steps, error, graceTime)
  }
  return taken ?? (yield* steps.next()) // the request was retracted
}

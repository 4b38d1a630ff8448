import { type Awaitable, type Coroutine, currentTask } from 'spindle'
import { isAwaitable, isError, repr } from 'spindle/internal'

/** The errors that `assertThrows` expects: a class, a part of the message, or a pattern that the message matches. */
export type ExpectedError<E> = (abstract new (...args: never[]) => E) | string | RegExp

/**
 * Runs a coroutine, or the coroutine of a block, and fails unless it throws the expected error, which is returned. It
 * needs no support by the test runner. If the caller is cancelled, the coroutine is cancelled, and the CancelledError
 * passes. unittest: `assertRaises`; `node:assert`: `rejects`, for promises.
 * @param expected a class, a part of the message, or a pattern for it; any error by default
 * @throws AssertionError if nothing was thrown, or something else, which is its `cause`; TypeError if an argument is
 * of another kind
 *
 * @example
 * ```ts
 * await inVirtualTime(function* () {
 *   const error = yield* assertThrows(timeout(100, () => sleep(1_000)), TimeoutError)
 *   console.log(error.message) // prints: 100 ms of virtual time passed in timeout() …
 * })()
 * ```
 */
export function* assertThrows<E = unknown>(
  block: Awaitable<unknown> | (() => Awaitable<unknown>),
  expected?: ExpectedError<E>,
): Coroutine<E> {
  checkExpected(expected)
  const task = currentTask()
  const requests = task?.cancelling() ?? 0
  let awaitable: Awaitable<unknown> | undefined
  let result: unknown
  try {
    awaitable = typeof block === 'function' ? block() : block
    if (isAwaitable(awaitable)) result = yield* awaitable
  } catch (error) {
    if ((task?.cancelling() ?? 0) > requests) throw error // the caller itself is cancelled
    if (expected === undefined || isExpected(error, expected)) return error as E
    throw assertionError(`${toldOf(expected)} was expected, but ${repr(error)} was thrown`, { cause: error })
  }
  if (!isAwaitable(awaitable)) {
    const hint = 'For a promise, write `assertThrows(call(() => …))`'
    throw new TypeError(
      `assertThrows() takes a coroutine, or a block that returns one, got ${repr(awaitable)}. ${hint}`,
    )
  }
  throw assertionError(`${toldOf(expected)} was expected, but ${repr(result)} was returned`)
}

function checkExpected(expected: unknown): void {
  if (expected === undefined || ['function', 'string'].includes(typeof expected) || expected instanceof RegExp) return
  throw new TypeError(`assertThrows() expects a class, a part of the message or a pattern, got ${repr(expected)}`)
}

function isExpected(error: unknown, expected: ExpectedError<unknown>): boolean {
  if (typeof expected === 'function') return error instanceof expected
  const message = isError(error) ? error.message : String(error)
  return typeof expected === 'string' ? message.includes(expected) : expected.test(message)
}

function toldOf(expected: ExpectedError<unknown> | undefined): string {
  if (expected === undefined) return 'an error'
  return typeof expected === 'function' ? `a ${expected.name}` : `an error with ${repr(expected)}`
}

/** Each test runner knows the name. */
function assertionError(message: string, options?: ErrorOptions): Error {
  return Object.assign(new Error(message, options), { name: 'AssertionError' })
}

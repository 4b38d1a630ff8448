// Errors are recognised by a brand, not by the identity of their class: two copies of this package can meet in one
// process, and `error instanceof CancelledError` has to hold for both.

import { repr } from '../inspect/repr.ts'
import { setStackTraceLimit, stackTraceLimit } from '../inspect/stack-trace-limit.ts'

const BRAND = Symbol.for('spindle.error')

export class BrandedError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value)
  }
}

/**
 * Thrown into a coroutine at the `yield*` where its Task waits, when the Task is cancelled; also thrown by `result()`
 * of a cancelled Future. Code that catches everything should let it pass. asyncio: `asyncio.CancelledError`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   try {
 *     yield* sleep(60_000)
 *   } catch (error) {
 *     if (error instanceof CancelledError) console.log('stopped') // prints: stopped
 *     throw error
 *   }
 * }
 * const task = getHostLoop().createTask(main())
 * setTimeout(() => task.cancel(), 10)
 * ```
 */
export class CancelledError extends BrandedError {}

/** An operation does not fit the state of a Future, for example a second result. asyncio: `InvalidStateError`. */
export class InvalidStateError extends BrandedError {}

/** An operation took longer than its limit. asyncio: `TimeoutError`. */
export class TimeoutError extends BrandedError {}

/** The loop, a Task or a coroutine was used in a way that cannot work. Python: `RuntimeError`. */
export class RuntimeError extends BrandedError {}

/**
 * Nothing is ready, no timer is set, and nothing outside could ever wake the loop: the program would wait forever. The
 * message names each waiting Task, its place, and its awaitable. asyncio has no counterpart: an asyncio program hangs.
 */
export class DeadlockError extends RuntimeError {}

/** The user pressed Ctrl-C while `run()` was pending. Python: `KeyboardInterrupt`. */
export class KeyboardInterrupt extends BrandedError {}

brandError(CancelledError, 'CancelledError')
brandError(InvalidStateError, 'InvalidStateError')
brandError(TimeoutError, 'TimeoutError')
brandError(RuntimeError, 'RuntimeError')
brandError(DeadlockError, 'DeadlockError')
brandError(KeyboardInterrupt, 'KeyboardInterrupt')

/** Sets the name of an error class, and the brand that all copies of the class share. */
export function brandError(type: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(type.prototype, BRAND, { value: name })
}

export function isInstance(type: { readonly prototype: Error }, value: unknown): boolean {
  try {
    if (Function.prototype[Symbol.hasInstance].call(type, value)) return true
    if (!Object.hasOwn(type.prototype, BRAND) || !(value instanceof Error)) return false
    const brand = Reflect.get(type.prototype, BRAND)
    for (let above = Object.getPrototypeOf(value); above !== null; above = Object.getPrototypeOf(above)) {
      if (Reflect.get(above, BRAND) === brand) return true
    }
    return false
  } catch {
    return false // a Proxy that throws, such as a revoked one: it must not end the loop
  }
}

/** A CancelledError without a stack trace, which would be nine tenths of the cost of cancelling a Task. */
export function cancelledErrorWithoutStack(message: string | undefined): CancelledError {
  const limit = stackTraceLimit()
  const canLimit = limit !== undefined && setStackTraceLimit(0)
  const error = new CancelledError(messageOf(message))
  if (canLimit) setStackTraceLimit(limit)
  return error
}

/**
 * In plain JavaScript the argument of `cancel()` may be a Symbol or a hostile object, and the error is made even so.
 */
export function messageOf(given: unknown): string | undefined {
  return typeof given === 'string' || given === undefined ? given : repr(given)
}

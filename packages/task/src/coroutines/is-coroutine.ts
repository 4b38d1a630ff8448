import type { Awaitable, Coroutine } from '@spindle/loop'
import { Suspension, TURN } from '@spindle/loop/internal'
import { Operation } from '../sync/operation.ts'
import { isWrapped } from './coroutine.ts'
import { Frame } from './frame.ts'
import { isGenerator } from './generators.ts'
import { Sleep } from './sleep.ts'

/**
 * Whether `value` is a coroutine: what a `function*`, wrapped by `coroutine()` or not, gives; and `sleep(…)`,
 * `lock.acquire()` and the like. asyncio: `asyncio.iscoroutine`.
 */
export function isCoroutine(value: unknown): value is Coroutine<unknown> {
  return isGenerator(value) || value instanceof Frame || isObjectCoroutine(value)
}

/**
 * Whether `value` is a `function*`, wrapped by `coroutine()` or not, so that calling it gives a coroutine. A function
 * that passes on another's coroutine is an ordinary one, as in Python; so are `sleep`, `lock.acquire` and the like,
 * which give objects. asyncio: `asyncio.iscoroutinefunction`, `inspect.iscoroutinefunction`.
 *
 * @example
 * ```ts
 * function* work(): Coroutine<void> {
 *   yield* sleep(10)
 * }
 * console.log(isCoroutineFunction(work), isCoroutineFunction(coroutine(work)), isCoroutineFunction(() => work())) // prints: true true false
 * ```
 */
export function isCoroutineFunction(value: unknown): value is (...args: never) => Coroutine<unknown> {
  return typeof value === 'function' && (isWrapped(value) || isGenerator(value.prototype))
}

/**
 * Whether it is one of our coroutines that are objects with a `[Symbol.iterator]()`, for speed, and no generators. A
 * Suspension that has one is a coroutine, its iterator, and what that yields in one: `sleep(0)`, `reader.read()`.
 */
export function isObjectCoroutine(value: unknown): value is Awaitable<unknown> & { readonly name?: string } {
  return (
    value instanceof Sleep || value instanceof Operation || (value instanceof Suspension && Symbol.iterator in value)
  )
}

/** Whether one object may serve several calls: that it is given twice does not mean that it is the same wait. */
export function isShared(value: unknown): boolean {
  return value === TURN || value instanceof Operation
}

import type { Coroutine } from '@spindle/loop'
import { coroutineBrand, isCoroutineObject } from '@spindle/loop/internal'
import { isWrapped } from './coroutine-function.ts'
import { isForeignGenerator, isGenerator } from './generators.ts'

/**
 * Whether `value` is a coroutine: the object that a `function*` returns, wrapped by `coroutine()` or not, or an object
 * such as `sleep(…)` or `lock.acquire()`. asyncio: `asyncio.iscoroutine`.
 *
 * @example
 * ```ts
 * console.log(isCoroutine(sleep(10)), isCoroutine(sleep)) // prints: true false
 * ```
 */
export function isCoroutine(value: unknown): value is Coroutine<unknown> {
  return isOwnCoroutine(value) || isForeignGenerator(value)
}

/** `isCoroutine()` without the generators of other realms, which are found slowly. */
export function isOwnCoroutine(value: unknown): value is Coroutine<unknown> {
  return isGenerator(value) || isCoroutineObject(value)
}

/**
 * Whether `value` is a `function*`, wrapped by `coroutine()` or not, so that calling it returns a coroutine. As in
 * Python, an ordinary function that returns the coroutine of another does not count; nor do `sleep`, `lock.acquire` and
 * others that return objects. asyncio: `asyncio.iscoroutinefunction`, `inspect.iscoroutinefunction`.
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
  return (
    typeof value === 'function' &&
    (isWrapped(value) || isGenerator(value.prototype) || isForeignGenerator(value.prototype))
  )
}

/** Whether one object serves several calls: passing it twice means two waits. */
export function isShared(value: unknown): boolean {
  return isCoroutineObject(value) && value[coroutineBrand] === 'shared'
}

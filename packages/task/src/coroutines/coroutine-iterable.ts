import type { Awaitable } from '@spindle/loop'

/**
 * The key of the method that returns a `CoroutineIterator`. asyncio: `__aiter__`.
 *
 * @example
 * ```ts
 * class Countdown implements CoroutineIterable<number> {
 *   [coroutineIterator](): CoroutineIterator<number> {
 *     let left = 3
 *     return { next: () => sleep(10, left > 0 ? { value: left-- } : { done: true, value: undefined }) }
 *   }
 * }
 * await run(forEach(new Countdown(), function* (n) { console.log(n) }))
 * // prints: 3
 * // prints: 2
 * // prints: 1
 * ```
 */
export const coroutineIterator: unique symbol = Symbol.for('spindle.coroutineIterator') as never

/** An object that `forEach` can iterate over, awaiting each item. asyncio: an asynchronous iterable. */
export interface CoroutineIterable<out T> {
  [coroutineIterator](): CoroutineIterator<T>
}

/** Produces items one by one. Each may have to be awaited. asyncio: an asynchronous iterator. */
export interface CoroutineIterator<out T> {
  /** Returns the next item as `{ value }`, or `{ done: true }` after the last one. asyncio: `__anext__`. */
  next(): Awaitable<IteratorResult<T, unknown>>
  /** Called when the iteration ends early. */
  return?(): Awaitable<unknown>
}

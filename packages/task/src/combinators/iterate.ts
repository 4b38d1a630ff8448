import type { Coroutine } from '@spindle/loop'
import { ambient } from '@spindle/loop/internal'
import type { CoroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { sleep } from '../coroutines/sleep.ts'
import { isCancelPutOff } from '../scopes/call-future.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { type ForEachSource, type ItemOf, stepsOf } from './for-each.ts'

/**
 * Iterates over a queue until it is shut down, over `events`, `asCompleted`, or any iterable or async iterable, in a
 * `while` loop. Unlike in the block of `forEach`, `break`, `continue`, `return` and `this` mean what they mean in any
 * loop. `using` closes the source at the end of the block: the block does not wait for that, `items.close()` does. If
 * the caller is cancelled while it waits for an item, the source is closed first, as by `forEach`. An addition to
 * asyncio.
 * @throws TypeError if `source` is not iterable
 *
 * @example
 * ```ts
 * function* firstLarge(queue: Queue<number>): Coroutine<number | undefined> {
 *   using items = iterate(queue)
 *   while (yield* items.next()) {
 *     if (items.value > 10) return items.value
 *   }
 *   return undefined
 * }
 * function* main(): Coroutine<void> {
 *   const queue = new Queue<number>()
 *   for (const number of [7, 42, 100]) queue.putNowait(number)
 *   console.log(yield* firstLarge(queue)) // prints: 42
 * }
 * await run(main())
 * ```
 */
export function iterate<S extends ForEachSource<unknown>>(source: S): Items<ItemOf<S>> {
  return new Items(stepsOf<ItemOf<S>>('iterate', source, undefined, {}))
}

/** The items of a source, one after another. See `iterate`. */
export class Items<out T> implements Disposable {
  readonly #steps: CoroutineIterator<T>
  #value: T | undefined
  #hasEnded = false

  /** @internal */
  constructor(steps: CoroutineIterator<T>) {
    this.#steps = steps
  }

  /** The current item: that of the last `next()` which returned true. */
  get value(): T {
    return this.#value as T
  }

  /**
   * Waits for the next item, and returns whether there is one.
   * @throws the error of the source, which has ended then
   */
  *next(): Coroutine<boolean> {
    if (this.#hasEnded) return false
    let isOver = true
    if (isCancelPutOff()) yield* sleep(0) // throws it: no item is taken
    try {
      const step = yield* this.#steps.next()
      isOver = step.done === true
      this.#value = isOver ? undefined : (step.value as T)
    } finally {
      if (isOver) this.#hasEnded = true // also if it throws: the source has ended by itself
    }
    return !isOver
  }

  /** Closes the source, if it has not ended, and waits for that. A cancellation does not interrupt the wait. */
  *close(): Coroutine<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const { return: end } = this.#steps
    if (end !== undefined) yield* uncancellable(() => end.call(this.#steps))
  }

  /** Closes the source without waiting. If that fails, the error is reported. */
  [Symbol.dispose](): void {
    // Where no loop runs, a closed loop is dropping its Tasks: it could not wait for anything.
    if (!this.#hasEnded && ambient.runningLoop !== undefined) createTask(this.close(), { eagerStart: true })
  }
}

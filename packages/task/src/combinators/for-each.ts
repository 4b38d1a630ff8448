import { type Awaitable, CancelledError, type Coroutine, type Future } from '@spindle/loop'
import { isSuspension, repr } from '@spindle/loop/internal'
import { callBlock, checkBlock } from '../coroutines/block.ts'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'

/** The values over which `forEach` iterates. */
export type ForEachSource<T> = CoroutineIterable<T> | AsyncIterable<T> | Iterable<T>

/**
 * What `forEach` finds in a source. If there are several ways to iterate over it, the first of these is used.
 */
export type ItemOf<S> =
  S extends CoroutineIterable<infer T>
    ? T
    : S extends AsyncIterable<infer T>
      ? T
      : S extends Iterable<infer T>
        ? T
        : never

/** The block that `forEach` runs for each item. Returning `false` ends the iteration. */
// biome-ignore lint/suspicious/noConfusingVoidType: a block without `return` is a Coroutine<void>
export type ForEachBlock<T> = (item: T) => Awaitable<void | boolean>

/**
 * Runs a block for each item, one after another: of a queue until it is shut down, of `asCompleted`, of any iterable or
 * async iterable. A block that returns `false` is the last. Left early, also by an exception or a cancellation, the
 * source is closed, as `for await` does it. asyncio: `async for`.
 * @param block receives the item
 * @throws TypeError if `source` is not iterable; what the source or the block throws
 *
 * @example
 * ```ts
 * async function* readings(): AsyncGenerator<number> {
 *   for (const celsius of [18, 21, 35, 20]) yield celsius
 * }
 * function* watch(): Coroutine<void> {
 *   yield* forEach(readings(), function* (celsius) {
 *     console.log(celsius)
 *     yield* sleep(10)
 *     return celsius < 30
 *   })
 * }
 * await run(watch())
 * // prints: 18
 * // prints: 21
 * // prints: 35
 * ```
 */
export function forEach<S extends ForEachSource<unknown>>(source: S, block: ForEachBlock<ItemOf<S>>): Coroutine<void> {
  type T = ItemOf<S>
  checkBlock('forEach', block)
  const given: unknown = source
  if (typeof given === 'object' && given !== null) {
    if (coroutineIterator in given) return throughSteps((given as CoroutineIterable<T>)[coroutineIterator](), block)
    if (Symbol.asyncIterator in given) return throughSteps(new PromisedSteps(given as AsyncIterable<T>), block)
  }
  if (typeof given === 'string' || isIterable(given)) return throughItems(given as Iterable<T>, block)
  throw new TypeError(`forEach() takes a queue, an iterable or an async iterable, got ${repr(given)}`)
}

function* throughItems<T>(items: Iterable<T>, block: ForEachBlock<T>): Coroutine<void> {
  for (const item of items) {
    if (isSuspension(item)) {
      throw new TypeError(`did you forget \`yield*\`? forEach() got a coroutine or a Future. Await it first`)
    }
    if ((yield* callBlock('forEach', block, item)) === false) return
  }
}

function* throughSteps<T>(steps: CoroutineIterator<T>, block: ForEachBlock<T>): Coroutine<void> {
  for (;;) {
    const step = yield* steps.next() // if this throws, the source has ended by itself
    if (step.done) return
    let goOn: unknown
    try {
      goOn = yield* callBlock('forEach', block, step.value)
    } catch (error) {
      yield* closeAfterError(steps)
      throw error
    }
    if (goOn !== false) continue
    if (steps.return !== undefined) yield* steps.return()
    return
  }
}

/** As in `for await`, what the block threw counts more than what the source throws when it is closed. */
function* closeAfterError(steps: CoroutineIterator<unknown>): Coroutine<void> {
  try {
    if (steps.return !== undefined) yield* steps.return()
  } catch (error) {
    if (error instanceof CancelledError) throw error
  }
}

/** The steps of an async iterable, whose promises can't be cancelled. */
class PromisedSteps<T> implements CoroutineIterator<T> {
  readonly #iterator: AsyncIterator<T>

  constructor(iterable: AsyncIterable<T>) {
    this.#iterator = iterable[Symbol.asyncIterator]()
  }

  *next(): Coroutine<IteratorResult<T, unknown>> {
    const step = ensureFuture(this.#iterator.next())
    try {
      return yield* step
    } finally {
      // It is asked to return, but not awaited: it can't end before the promise it waits for settles, which may be
      // never.
      if (step.cancelled()) this.#close()
    }
  }

  *return(): Coroutine<void> {
    const closed = this.#close()
    if (closed !== undefined) yield* closed
  }

  /** If it fails when nothing waits for it, that is reported. */
  #close(): Future | undefined {
    const closed = this.#iterator.return?.()
    return closed === undefined ? undefined : ensureFuture(closed)
  }
}

/** Whether it is an iterable object. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

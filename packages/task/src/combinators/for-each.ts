import type { Awaitable, Coroutine } from '@spindle/loop'
import { CancelledError } from '@spindle/loop'
import { checkOptions, isSuspension, isThenable, repr } from '@spindle/loop/internal'
import { callBlockNext, checkBlock } from '../coroutines/block.ts'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { sleep } from '../coroutines/sleep.ts'
import { createAbortController, type PlatformAbortSignal } from '../scopes/abort-signal.ts'
import { CallWait, isCancelPending } from '../scopes/call-future.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { Immediate } from '../sync/operation.ts'
import { closeIterator, PromisedSteps } from './promised-steps.ts'

/** The values over which `forEach` iterates. */
export type ForEachSource<T> = CoroutineIterable<T> | AsyncIterable<T> | Iterable<T>

/** The items that `forEach` takes from a source. It uses the first of these ways to iterate. */
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

/** Opens a source for `forEach`. A signal that it declares aborts when the loop is cancelled, or its block throws. */
export type OpenSource<S> = (signal: PlatformAbortSignal) => S | PromiseLike<S>

/** How `forEach` behaves. */
export interface ForEachOptions {
  /**
   * The behaviour of a Task that is cancelled while it waits for an item: wait until the source has stopped (false), or
   * leave it running, with only a request to close (true).
   * @default false for a function that opens the source; true for an async iterable itself, which takes no signal
   */
  readonly abandonOnCancel?: boolean | undefined
}

/**
 * Runs a block for each item, one after another: of a queue until it is shut down, of `asCompleted`, of any iterable or
 * async iterable. A block that returns `false` ends the iteration. If the iteration ends early, even by an exception or
 * a cancellation, the source is closed before the caller continues, as by `for await`, however often it is cancelled.
 * asyncio: `async for`.
 *
 * A source that a signal can stop is opened by a function, which returns the source or a promise of it. If the Task is
 * cancelled while it waits for an item, the signal aborts, and the CancelledError is thrown once the source has closed;
 * any error other than an abort is its `cause`. If the block throws, the signal aborts with that error as its reason.
 * Without such a function, a source that waits for its next item is abandoned: it is asked to close, and the
 * CancelledError is thrown at once.
 * @param block receives the item
 * @param source a queue, an iterable or async iterable, or a function that opens one
 * @param options whether a cancelled Task abandons a step of the source that cannot be stopped
 * @throws TypeError if `source` is not iterable; the error of the block; otherwise the error of the source
 *
 * @example
 * ```ts
 * async function* readings(signal: AbortSignal): AsyncGenerator<number> {
 *   for (const celsius of [18, 21, 35, 20]) if (!signal.aborted) yield celsius
 * }
 * function* watch(): Coroutine<void> {
 *   yield* forEach((signal) => readings(signal), function* (celsius) {
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
export function forEach<S extends ForEachSource<unknown>>(
  source: S | OpenSource<S>,
  block: ForEachBlock<ItemOf<S>>,
  options: ForEachOptions = {},
): Coroutine<void> {
  checkBlock('forEach', block)
  checkOptions('forEach()', options, ['abandonOnCancel'])
  const { abandonOnCancel } = options
  if (typeof source === 'function') return throughOpened(source as OpenSource<S>, block, abandonOnCancel === true)
  return through(source, block, undefined, abandonOnCancel ?? true)
}

type AbortControllerLike = ReturnType<typeof createAbortController>

function through<S>(
  source: S,
  block: ForEachBlock<ItemOf<S>>,
  controller: AbortControllerLike | undefined,
  isAbandoned: boolean,
): Coroutine<void> {
  return throughSteps(stepsOf<ItemOf<S>>('forEach', source, controller, isAbandoned), block, controller)
}

/** The steps of a source. @throws TypeError if it is not iterable */
export function stepsOf<T>(
  caller: string,
  source: unknown,
  controller: AbortControllerLike | undefined,
  isAbandoned: boolean,
): CoroutineIterator<T> {
  if (typeof source === 'object' && source !== null) {
    if (coroutineIterator in source) return (source as CoroutineIterable<T>)[coroutineIterator]()
    if (Symbol.asyncIterator in source) return new PromisedSteps(source as AsyncIterable<T>, controller, isAbandoned)
  }
  if (typeof source === 'string' || isIterable(source)) return new ItemSteps(caller, source as Iterable<T>)
  throw new TypeError(`${caller}() takes a queue, an iterable or an async iterable, got ${repr(source)}`)
}

/** The steps of a plain iterable. None of them waits, so all are one object: a generator for each would cost more. */
class ItemSteps<T> implements CoroutineIterator<T>, Awaitable<IteratorResult<T, unknown>> {
  readonly #iterator: Generator<T, void, undefined>

  constructor(caller: string, items: Iterable<T>) {
    this.#iterator = checkedItems(caller, items)
  }

  next(): this {
    return this
  }

  [Symbol.iterator](): Immediate<IteratorResult<T, unknown>> {
    return new Immediate(this.#iterator.next())
  }

  *return(): Coroutine<void> {
    this.#iterator.return()
  }
}

function* checkedItems<T>(caller: string, items: Iterable<T>): Generator<T, void, undefined> {
  for (const item of items) {
    if (!isSuspension(item)) yield item
    else throw new TypeError(`did you forget \`yield*\`? ${caller}() got a coroutine or a Future. Await it first`)
  }
}

function* throughOpened<S extends ForEachSource<unknown>>(
  open: OpenSource<S>,
  block: ForEachBlock<ItemOf<S>>,
  isAbandoned: boolean,
): Coroutine<void> {
  if (isCancelPending()) yield* sleep(0) // a stream that was never read from would not be closed
  const controller = open.length > 0 ? createAbortController() : undefined
  const opened = open(controller?.signal as PlatformAbortSignal) // the platform's signal, if the function takes one
  // Some values are both, such as the queries of a database: they are iterated over.
  const isSource = isIterable(opened) || (typeof opened === 'object' && Symbol.asyncIterator in opened)
  if (isSource || !isThenable<S>(opened)) return yield* through(opened as S, block, controller, isAbandoned)
  const options = { abandonOnCancel: isAbandoned, release: closeSource }
  const wait = new CallWait<S>('forEach()', options, controller ?? false)
  yield* through(yield* wait.begin(() => wait.follow(opened)), block, controller, isAbandoned)
}

function* throughSteps<T>(
  steps: CoroutineIterator<T>,
  block: ForEachBlock<T>,
  controller: AbortControllerLike | undefined,
): Coroutine<void> {
  let previous: Awaitable<unknown> | undefined
  for (;;) {
    const step = yield* steps.next() // if this throws, the source has ended by itself
    if (step.done) return
    let goOn: unknown
    try {
      previous = callBlockNext('forEach', block, step.value, previous)
      goOn = yield* previous
    } catch (error) {
      // APIs that take signals do not know a CancelledError: they get the AbortError they expect.
      if (error instanceof CancelledError) controller?.abort()
      else controller?.abort(error)
      yield* closeAfterError(steps)
      throw error
    }
    if (goOn !== false) continue
    yield* uncancellable(() => closing(steps))
    return
  }
}

function* closing(steps: CoroutineIterator<unknown>): Coroutine<void> {
  if (steps.return !== undefined) yield* steps.return()
}

/** As in `for await`, the error of the block has precedence over an error on closing the source. */
function* closeAfterError(steps: CoroutineIterator<unknown>): Coroutine<void> {
  try {
    yield* uncancellable(() => closing(steps))
  } catch {}
}

function closeSource(source: ForEachSource<unknown>): unknown {
  const isClosed = typeof source === 'object' && source !== null && Symbol.asyncIterator in source
  return isClosed ? closeIterator(source[Symbol.asyncIterator]()) : undefined
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

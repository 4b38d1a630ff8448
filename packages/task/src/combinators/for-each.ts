import { type Awaitable, CancelledError, type Coroutine, RuntimeError, type Suspension } from '@spindle/loop'
import {
  type Advice,
  CoroutineObject,
  checkGraceTime,
  checkOptions,
  isSuspension,
  isThenable,
  repr,
} from '@spindle/loop/internal'
import { callBlock, checkBlock } from '../coroutines/block.ts'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { isBareFunction, resumeGenerator } from '../coroutines/generators.ts'
import { sleep } from '../coroutines/sleep.ts'
import { type AbortControllerLike, createAbortController, type PlatformAbortSignal } from '../scopes/abort-signal.ts'
import { CallFuture, isCancelPending, isCancelPutOff } from '../scopes/call-future.ts'
import { checkBound } from '../scopes/check-bound.ts'
import { Immediate } from '../sync/operation.ts'
import { CLOSED, closeAfterError, closeInTime, delivering } from './close-steps.ts'
import { closeUnread, PromisedSteps, type StepOptions } from './promised-steps.ts'

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
   * The behaviour of a Task that is cancelled while it waits for an item: wait until the source has closed (false), or
   * continue at once (true).
   * @default false
   */
  readonly abandonOnCancel?: boolean | undefined
  /**
   * How many ms the source has to close when the iteration ends early; then it is left open, and that is reported.
   * @default no limit
   */
  readonly graceTime?: number | undefined
}

/**
 * Runs a block for each item, one after another: of a queue until it is shut down, of `asCompleted`, of any iterable or
 * async iterable. A block that returns `false` ends the iteration. If the iteration ends early, even by an exception or
 * a cancellation, the source is closed before the caller continues, as by `for await`, however often it is cancelled.
 * asyncio: `async for`.
 *
 * If the Task is cancelled while it waits for an item, the source is closed at once: a stream is destroyed or
 * cancelled, any other iterator gets `return()` beside the pending `next()`. The CancelledError is thrown once the
 * source has closed; an error of the source other than an abort is its `cause`. No block begins after the cancellation.
 *
 * An async generator that waits can only be stopped by a signal: it is opened by a function, which returns the source
 * or a promise of it. The signal aborts when the Task is cancelled; if the block throws, with that error as its reason.
 * @param source a queue, an iterable or async iterable, or a function that opens one
 * @param options how long a cancelled Task waits for a source that does not close
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
export function forEach<S extends ForEachSource<unknown>, C = ForEachBlock<ItemOf<S>>>(
  source: S | OpenSource<S>,
  block: ForEachBlock<ItemOf<S>> | Advice<C, ForEachBlock<never>>,
  options: ForEachOptions = {},
): Coroutine<void> {
  checkBlock('forEach', block)
  checkOptions('forEach()', options, ['abandonOnCancel', 'graceTime'])
  if (options.graceTime !== undefined) checkGraceTime(options.graceTime)
  const body = block as ForEachBlock<ItemOf<S>>
  if (typeof source === 'function') {
    checkBound('forEach', source)
    return throughOpened(source as OpenSource<S>, body, options)
  }
  return through(source, body, undefined, options)
}

function through<S>(
  source: S,
  block: ForEachBlock<ItemOf<S>>,
  controller: AbortControllerLike | undefined,
  options: StepOptions,
): Coroutine<void> {
  const steps = stepsOf<ItemOf<S>>('forEach', source, controller, options)
  return new Iteration(steps, block, controller, options.graceTime).asCoroutine()
}

/** The steps of a source. @throws TypeError if it is not iterable */
export function stepsOf<T>(
  caller: string,
  source: unknown,
  controller: AbortControllerLike | undefined,
  options: StepOptions,
): CoroutineIterator<T> {
  if (typeof source === 'object' && source !== null) {
    if (coroutineIterator in source) return (source as CoroutineIterable<T>)[coroutineIterator]()
    if (Symbol.asyncIterator in source) return new PromisedSteps(source as AsyncIterable<T>, controller, options)
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

  return(): Awaitable<unknown> {
    this.#iterator.return()
    return CLOSED
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
  options: StepOptions,
): Coroutine<void> {
  if (isCancelPending()) yield* sleep(0) // a stream that was never read from would not be closed
  const controller = open.length > 0 ? createAbortController() : undefined
  const opened = open(controller?.signal as PlatformAbortSignal) // the platform's signal, if the function takes one
  // Some values are both, such as the queries of a database: they are iterated over.
  const isSource = isIterable(opened) || (typeof opened === 'object' && Symbol.asyncIterator in opened)
  if (isSource || !isThenable<S>(opened)) return yield* through(opened as S, block, controller, options)
  const release = (source: S): unknown => {
    const closed = closeSource(source) // first: a body that is aborted fails to close
    controller?.abort() // `return()` of a generator that has not begun closes nothing
    return closed
  }
  const opening = new CallFuture<S>('forEach()', { ...options, release }, controller ?? false)
  yield* through(yield* opening.begin(() => opening.follow(opened)), block, controller, options)
}

const TAKES_ITEM = 0
const RUNS_BLOCK = 1
const CLOSES = 2

type Awaited = Iterator<Suspension, unknown, unknown>

/**
 * The coroutine of an iteration, and its iterator: it forwards the awaitables of an item, the block or `return()`.
 * As a generator it would take a fifth longer for an item.
 */
class Iteration<T> extends CoroutineObject<void> implements Iterator<Suspension, void, unknown> {
  private readonly steps: CoroutineIterator<T>
  private readonly block: ForEachBlock<T>
  private readonly controller: AbortControllerLike | undefined
  private readonly graceTime: number | undefined
  // Whether each call of the block returns a new generator, which is its own iterator.
  private readonly isBare: boolean
  private phase: typeof TAKES_ITEM | typeof RUNS_BLOCK | typeof CLOSES
  // The current awaitable; undefined before the start.
  private awaited: Awaited | undefined

  constructor(
    steps: CoroutineIterator<T>,
    block: ForEachBlock<T>,
    controller: AbortControllerLike | undefined,
    graceTime: number | undefined,
  ) {
    super()
    this.steps = steps
    this.block = block
    this.controller = controller
    this.graceTime = graceTime
    this.isBare = isBareFunction(block as { prototype?: unknown })
    this.phase = TAKES_ITEM
    this.awaited = undefined
  }

  get name(): string {
    return 'forEach'
  }

  get ownsSource(): boolean {
    return this.steps instanceof PromisedSteps
  }

  [Symbol.iterator](): this {
    if (this.awaited !== undefined) throw new RuntimeError(`cannot reuse already awaited coroutine ${this}`)
    return this
  }

  next(resumed?: unknown): IteratorResult<Suspension, void> {
    this.awaited ??= this.nextItem()
    return this.resume(this.awaited, false, resumed)
  }

  throw(error: unknown): IteratorResult<Suspension, void> {
    if (this.awaited === undefined) throw error
    return this.resume(this.awaited, true, error)
  }

  return(value?: unknown): IteratorResult<Suspension, void> {
    const step = this.awaited?.return?.(value)
    return step === undefined || step.done ? { done: true, value: value as undefined } : step
  }

  private resume(first: Awaited, isError: boolean, sent: unknown): IteratorResult<Suspension, void> {
    let awaited: Awaited | undefined = first
    let throwing = isError
    let value = sent
    do {
      let step: IteratorResult<Suspension, unknown>
      try {
        if (throwing) step = throwTo(awaited, value)
        else if (this.isBare && this.phase === RUNS_BLOCK) step = resumeGenerator(awaited as Coroutine<unknown>, value)
        else step = awaited.next(value)
      } catch (error) {
        awaited = this.failed(error)
        throwing = false
        value = undefined
        continue
      }
      if (!step.done) {
        if (awaited !== this.awaited) this.awaited = awaited // rarely: most blocks do not wait
        return step
      }
      awaited = this.following(step.value)
      throwing = false
      value = undefined
    } while (awaited !== undefined)
    return { done: true, value: undefined }
  }

  /** The next awaitable after this outcome; undefined at the end. */
  private following(outcome: unknown): Awaited | undefined {
    if (this.phase === TAKES_ITEM) {
      if (typeof outcome !== 'object' || outcome === null) {
        throw new TypeError(`next() of the source returned ${repr(outcome)}`)
      }
      const item = outcome as IteratorResult<T, unknown>
      if (item.done) return undefined
      return isCancelPutOff() ? this.delivering(item) : this.runBlock(item.value)
    }
    if (this.phase === CLOSES) return undefined
    return outcome === false ? this.close(closeInTime(this.steps, this.graceTime)) : this.nextItem()
  }

  private nextItem(): Awaited {
    this.phase = TAKES_ITEM
    if (isCancelPutOff()) return this.delivering(undefined)
    return this.steps.next()[Symbol.iterator]()
  }

  /** The Task was cancelled, and does not know yet: no item is taken for it, and no block begins. */
  private delivering(taken: IteratorResult<T, unknown> | undefined): Awaited {
    return delivering(this.steps, taken, this.controller, this.graceTime)[Symbol.iterator]()
  }

  private runBlock(item: T): Awaited {
    this.phase = RUNS_BLOCK
    try {
      if (this.isBare) return this.block(item) as Coroutine<unknown>
      return callBlock('forEach', this.block, item)[Symbol.iterator]()
    } catch (error) {
      return this.failed(error)
    }
  }

  /** The next awaitable after an error of the block. @throws the error if the source threw it, and has ended */
  private failed(error: unknown): Awaited {
    if (this.phase !== RUNS_BLOCK) throw error
    // APIs that take signals do not know a CancelledError: they get the AbortError they expect.
    if (error instanceof CancelledError) this.controller?.abort()
    else this.controller?.abort(error)
    return this.close(closeAfterError(this.steps, error, this.graceTime))
  }

  private close(by: Coroutine<unknown>): Awaited {
    this.phase = CLOSES
    return by[Symbol.iterator]()
  }
}

function throwTo(awaited: Awaited, error: unknown): IteratorResult<Suspension, unknown> {
  if (awaited.throw === undefined) throw error
  return awaited.throw(error)
}

function closeSource(source: ForEachSource<unknown>): unknown {
  const isClosed = typeof source === 'object' && source !== null && Symbol.asyncIterator in source
  return isClosed ? closeUnread(source) : undefined
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

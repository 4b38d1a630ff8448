import {
  type AwaitableSource,
  type Coroutine,
  type EventLoop,
  type Future,
  isFuture,
  type TimeoutError,
} from '@spindle/loop'
import {
  ambient,
  checkOptions,
  checkTimeout,
  currentLoop,
  printable,
  repr,
  SharedDoneCallback,
} from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { isGenerator } from '../coroutines/generators.ts'
import { isCoroutine } from '../coroutines/is-coroutine.ts'
import { callAtLimit } from '../scopes/call-at-limit.ts'
import { timeoutErrorWith, withinLimit } from '../scopes/timeout-error.ts'
import { ensureFuture, type ResultOf, withoutRepeats } from '../tasks/ensure-future.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'
import { CLOSED } from './close-steps.ts'
import { isIterable } from './for-each.ts'

/** The Future made of an awaitable: the same Future if it is one. */
export type FutureOf<A> = A extends Future ? A : Future<ResultOf<A>>

/**
 * Runs awaitables concurrently and returns them as they finish. There are two ways to iterate over them. With `forEach`
 * each item is a Future that is done: a Task or Future of the list stays the same object, so you can compare it. (In
 * plain async code: `for await (const { future } of …)`.) With a plain `for` each item is an awaitable, which returns
 * the result of the next Future that finishes. With a `timeout`, unfinished Futures are replaced by a TimeoutError and
 * continue; nothing is cancelled. asyncio: `asyncio.as_completed`.
 * @param options `timeout`: the limit for all of them together, in ms
 * @param awaitables Futures, Tasks, coroutines or coroutine functions
 * @throws TypeError if the argument is not a list, or something in it is not awaitable
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const slow = createTask(sleep(20, 'slow'))
 *   const fast = createTask(sleep(0, 'fast'))
 *   yield* forEach(asCompleted([slow, fast]), function* (task) {
 *     console.log(task.result(), task === fast)
 *   })
 *   for (const next of asCompleted([sleep(20, 'late'), sleep(0, 'soon')])) console.log(yield* next)
 * }
 * await run(main())
 * // prints: fast true
 * // prints: slow false
 * // prints: soon
 * // prints: late
 * ```
 */
export function asCompleted<A extends AwaitableSource<unknown>>(
  awaitables: Iterable<A>,
  options: { readonly timeout?: number | undefined } = {},
): AsCompleted<A> {
  if (!isIterable(awaitables) || isFuture(awaitables) || isCoroutine(awaitables)) {
    // A generator that makes awaitables can't be distinguished from a coroutine.
    const hint = isGenerator(awaitables) ? '. A list is one: write [...generator]' : ''
    throw new TypeError(`expects an iterable of awaitables, not ${repr(awaitables)}${hint}`)
  }
  checkOptions('asCompleted()', options, ['timeout'])
  checkTimeout('timeout', options.timeout)
  return new AsCompleted(awaitables, options.timeout)
}

/** An item of `for await` over `asCompleted`. */
export interface Completed<A> {
  /** A Task or Future of the list that is done. */
  readonly future: FutureOf<A>
}

/** Declares that `forEach` can iterate over it, with this type of item: the class itself cannot declare that method. */
export interface AsCompleted<A> extends CoroutineIterable<FutureOf<A>> {}

/** The result of `asCompleted`. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface below only names a method that the class has
export class AsCompleted<A> implements IterableIterator<Coroutine<ResultOf<A>>>, AsyncIterable<Completed<A>> {
  readonly #loop: EventLoop
  // The awaitables that are not done, and the number of all that have not been requested.
  readonly #todo = new Set<Future>()
  #left: number
  // The number of all. And whether they are watched: not while the iteration is left, so that they keep nothing of it.
  readonly #count: number
  #isWatching = false
  #isLeft = false
  // The Futures that are done, in order of completion; undefined for one that timed out. And the number taken.
  readonly #finished: (Future | undefined)[] = []
  #taken = 0
  // The waiters for the next Future, in order of arrival.
  readonly #waiters = new Set<Future<void>>()
  #timer: { cancel(): void } | undefined
  readonly #timeout: number | undefined
  // The time of the limit.
  readonly #when: number | undefined
  // The other Futures that timed out, until an error has named them.
  readonly #late: string[] = []
  readonly #watch: SharedDoneCallback

  /** @internal */
  constructor(awaitables: Iterable<A>, timeout: number | undefined) {
    const all: unknown[] = [...awaitables]
    // Outside of loops it is the loop of the Tasks in the list.
    this.#loop = ambient.runningLoop ?? all.find(isFuture)?.getLoop() ?? currentLoop()
    for (const awaitable of withoutRepeats(all)) {
      // Throws if there is no loop.
      this.#todo.add(ensureFuture(awaitable as AwaitableSource<unknown>, { loop: this.#loop }))
    }
    this.#left = this.#todo.size
    this.#count = this.#left
    this.#timeout = timeout === undefined ? undefined : Math.max(0, timeout)
    const onDone = (future: Future): void => this.#oneDone(future)
    this.#watch = new SharedDoneCallback(this.#loop, onDone)
    this.#when = timeout === undefined ? undefined : this.#loop.time() + timeout
    this.#begin()
  }

  /** Yields an awaitable for each in the list; each returns the result of the next Future that finishes. */
  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Coroutine<ResultOf<A>>, undefined> {
    if (this.#left === 0) return { done: true, value: undefined }
    this.#left--
    this.#begin()
    return { done: false, value: resultOfNext(this) }
  }

  /** Leaves the iteration, as `break` does. Another loop continues with what is left. */
  return(): IteratorReturnResult<undefined> {
    this.#isLeft = true
    this.#leave()
    return { done: true, value: undefined }
  }

  /** Yields the Futures themselves to `forEach` as they finish. @internal */
  [coroutineIterator](): CoroutineIterator<FutureOf<A>> {
    return {
      next: () => this.#step(),
      return: () => {
        this.return()
        return CLOSED
      },
    }
  }

  /** Yields the Futures themselves to `for await`, each in an object: `await` would replace it by its result. */
  [Symbol.asyncIterator](): AsyncIterator<Completed<A>, undefined> {
    return {
      next: async () => {
        if (this.#left === 0) return { done: true, value: undefined } // the run may have ended with the last of them
        const { done, value } = await ensureFuture(this.#step(), { loop: this.#loop })
        return done ? { done, value } : { done: false, value: { future: value } }
      },
      return: async () => this.return(),
    }
  }

  *#step(): Coroutine<IteratorResult<FutureOf<A>, undefined>> {
    if (this.#left === 0) return { done: true, value: undefined }
    this.#left--
    this.#begin()
    return { done: false, value: yield* this.nextFinished() }
  }

  /** @internal */
  *nextFinished(): Coroutine<FutureOf<A>> {
    while (!this.#anyFinished()) yield* this.#wait()
    const future = this.#finished[this.#taken++]
    this.#leave()
    if (future === undefined) throw this.#timeoutError()
    return future as FutureOf<A> // made of an awaitable of the list
  }

  /** The error for the next Future that timed out: it names the Future and the place of the wait. */
  #timeoutError(): TimeoutError {
    const late = this.#late.shift()
    const limit = withinLimit(`${this.#timeout} ms`)
    return timeoutErrorWith((place) => `${limit} passed in asCompleted()${place}; ${late} was not done`)
  }

  *#wait(): Coroutine<void> {
    const waiter = new LabelledFuture<void>(this.#loop, () => `asCompleted(${this.#todo.size})`, this.#todo)
    this.#waiters.add(waiter)
    try {
      yield* waiter
    } catch (error) {
      this.#waiters.delete(waiter)
      // This wait was woken, then cancelled before it could continue: wake another one.
      if (this.#anyFinished() && waiter.done() && !waiter.cancelled()) this.#wakeNext()
      throw error
    }
  }

  #anyFinished(): boolean {
    return this.#taken < this.#finished.length
  }

  #oneDone(future: Future): void {
    if (!this.#todo.delete(future)) return // it timed out before
    this.#put(future)
    if (this.#todo.size === 0) this.#timer?.cancel()
  }

  #begin(): void {
    this.#isLeft = false
    if (this.#isWatching || this.#todo.size === 0) return
    this.#isWatching = true
    for (const future of this.#todo) this.#watch.add(future)
    if (this.#when !== undefined) this.#timer = callAtLimit(this.#loop, this.#when, () => this.#onTimeout())
  }

  /** If the iteration is left, and each requested Future was taken: keeps nothing with those that are not done. */
  #leave(): void {
    if (!this.#isLeft || !this.#isWatching || this.#taken < this.#count - this.#left) return
    this.#isWatching = false
    for (const future of this.#todo) future.removeWakeable(this.#watch)
    this.#timer?.cancel()
  }

  #onTimeout(): void {
    for (const future of this.#todo) {
      future.removeWakeable(this.#watch)
      this.#late.push(printable(future.label))
      this.#put(undefined)
    }
    this.#todo.clear()
  }

  #put(future: Future | undefined): void {
    this.#finished.push(future)
    this.#wakeNext()
  }

  #wakeNext(): void {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter)
      if (waiter.done()) continue
      waiter.setResult()
      return
    }
  }
}

const resultOfNext = coroutine(function* nextCompleted<A>(from: AsCompleted<A>): Coroutine<ResultOf<A>> {
  const future: Future = yield* from.nextFinished()
  return future.result() as ResultOf<A> // it is the Future of an awaitable of the list
})

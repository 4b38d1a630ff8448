import { type Coroutine, TimeoutError } from '@spindle/loop'
import { checkOptions } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '@spindle/task'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import { waitUntil } from '../shared-memory/wakeup.ts'
import { Future } from './future.ts'
import { checkFutures } from './wait.ts'
import { ayieldWithTimeout, yieldWithTimeout } from './with-timeout.ts'

/** An item of `for await` over `asCompleted`. */
export interface CompletedFuture<F> {
  /** A Future that is done. */
  readonly future: F
}

/**
 * Returns Futures of executors as they finish. A plain `for` blocks the thread for each;
 * `for await (const { future } of …)` does not, nor does `forEach` in a coroutine. A cancelled Future counts as
 * finished when its executor has seen the cancellation. Python: `concurrent.futures.as_completed`.
 *
 * @param options `timeout`: the limit for all of them together, in ms. Then a TimeoutError replaces the unfinished
 * Futures.
 *
 * @example
 * ```ts
 * const [first, second] = [new concurrent.Future<string>(), new concurrent.Future<string>()]
 * second.setResult('second')
 * first.setResult('first')
 * for (const future of concurrent.asCompleted([first, second])) console.log(future.result())
 * // prints: first
 * // prints: second
 * ```
 */
export function asCompleted<F extends Future>(
  futures: Iterable<F>,
  options: { readonly timeout?: number | undefined } = {},
): CompletedFutures<F> {
  checkOptions('asCompleted()', options, ['timeout'])
  return new CompletedFutures(futures, checkedTimeout(options.timeout))
}

/** Declares that `forEach` can iterate over it, with this type of item: the class itself cannot declare that method. */
export interface CompletedFutures<F> extends CoroutineIterable<F> {}

/** The result of `asCompleted`. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above only names a method that the class has
export class CompletedFutures<F extends Future> implements IterableIterator<F>, AsyncIterable<CompletedFuture<F>> {
  readonly #total: number
  readonly #pending: Set<F>
  readonly #finished: F[] = [] // in order of completion; the Futures before #taken were returned already
  #taken = 0
  readonly #deadline: number
  #waiter: Future<void> | undefined // of a caller that waits without blocking
  readonly #onSettled = (future: Future): void => this.#settled(future as F)

  /** @internal */
  constructor(futures: Iterable<F>, timeout: number) {
    this.#deadline = performance.now() + timeout
    this.#pending = checkFutures(futures)
    this.#total = this.#pending.size
    for (const future of this.#pending) {
      if (future.settled) this.#settled(future)
      else future.watch(this.#onSettled)
    }
  }

  [Symbol.iterator](): this {
    return this
  }

  /** The next that finishes; blocks until there is one. @throws TimeoutError when it times out */
  next(): IteratorResult<F, undefined> {
    if (this.#isOver) return { done: true, value: undefined }
    const isThere = (): boolean => this.#taken < this.#finished.length
    const what = (): string => `asCompleted() of ${this.#total} futures`
    if (!isThere() && !waitUntil(isThere, this.#rest, what)) throw this.#timeoutError()
    return this.#next()
  }

  /** Called when it is left early. */
  return(): IteratorResult<F, undefined> {
    for (const future of this.#pending) future.unwatch(this.#onSettled)
    this.#pending.clear()
    this.#taken = this.#finished.length
    return { done: true, value: undefined }
  }

  /** Yields the Futures themselves to `forEach`. @internal */
  [coroutineIterator](): CoroutineIterator<F> {
    return {
      next: () => this.#step(),
      return: () => this.#leave(),
    }
  }

  /** Yields each in an object, or `await` would take its result. */
  [Symbol.asyncIterator](): AsyncIterator<CompletedFuture<F>, undefined> {
    return {
      next: async () => {
        const more = this.#oneMore()
        if (more !== undefined) await ayieldWithTimeout(more, this.#rest, () => this.#onTimeout(more))
        const { done, value } = this.#next()
        return done ? { done, value } : { done: false, value: { future: value } }
      },
      return: async () => ({ done: true, value: this.return().value as undefined }),
    }
  }

  *#step(): Coroutine<IteratorResult<F, undefined>> {
    const more = this.#oneMore()
    if (more !== undefined) yield* yieldWithTimeout(more, this.#rest, () => this.#onTimeout(more))
    return this.#next()
  }

  *#leave(): Coroutine<void> {
    this.return()
  }

  /** The next one, which is done. */
  #next(): IteratorResult<F, undefined> {
    if (this.#isOver) return { done: true, value: undefined }
    return { done: false, value: this.#finished[this.#taken++] as F }
  }

  get #isOver(): boolean {
    return this.#pending.size === 0 && this.#taken === this.#finished.length
  }

  get #rest(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** Done when there is one more to be taken; undefined: there is, or it is over. */
  #oneMore(): Future<void> | undefined {
    if (this.#isOver || this.#taken < this.#finished.length) return undefined
    if (this.#waiter === undefined || this.#waiter.done()) this.#waiter = new Future()
    return this.#waiter
  }

  #onTimeout(waiter: Future<void>): void {
    if (!waiter.done()) waiter.setException(this.#timeoutError())
  }

  #settled(future: F): void {
    future.unwatch(this.#onSettled)
    this.#pending.delete(future)
    this.#finished.push(future)
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter !== undefined && !waiter.done()) waiter.setResult()
  }

  #timeoutError(): TimeoutError {
    return new TimeoutError(`${this.#pending.size} (of ${this.#total}) futures unfinished`)
  }
}

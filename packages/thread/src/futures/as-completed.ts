import { TimeoutError } from '@spindle/loop'
import { checkOptions } from '@spindle/loop/internal'
import { realTime } from '../shared-memory/real-time.ts'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import type { Future } from './future.ts'
import { END, Results } from './results.ts'
import { checkFutures } from './wait.ts'

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
 * @param futures of any executors
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

/** The result of `asCompleted`. `for await` receives Futures in objects, because `await` would take their results. */
export class CompletedFutures<F extends Future> extends Results<F, CompletedFuture<F>> {
  /** @internal */
  static readonly className: string = 'CompletedFutures'

  readonly #total: number
  readonly #pending: Set<F>
  readonly #finished: F[] = [] // in order of completion; the Futures before #taken were returned already
  #taken = 0
  readonly #deadline: number
  readonly #onSettled = (future: Future): void => this.#settled(future as F)

  /** @internal */
  constructor(futures: Iterable<F>, timeout: number) {
    super()
    this.#deadline = realTime() + timeout
    this.#pending = checkFutures(futures)
    this.#total = this.#pending.size
    for (const future of this.#pending) {
      if (future.settled) this.#settled(future)
      else future.watch(this.#onSettled)
    }
  }

  /** Ends the iteration early. */
  return(): IteratorResult<F, undefined> {
    for (const future of this.#pending) future.unwatch(this.#onSettled)
    this.#pending.clear()
    this.#taken = this.#finished.length
    return END
  }

  /** @internal */
  protected get isThere(): boolean {
    return this.#taken < this.#finished.length || this.#pending.size === 0
  }

  /** @internal */
  protected get rest(): number {
    return this.#deadline - realTime()
  }

  /** @internal */
  protected take(): IteratorResult<F, undefined> {
    if (this.#taken < this.#finished.length) return { done: false, value: this.#finished[this.#taken++] as F }
    if (this.#pending.size === 0) return END
    throw new TimeoutError(`${this.#pending.size} (of ${this.#total}) futures unfinished`)
  }

  /** @internal */
  protected override forAwait(future: F): CompletedFuture<F> {
    return { future }
  }

  #settled(future: F): void {
    future.unwatch(this.#onSettled)
    this.#pending.delete(future)
    this.#finished.push(future)
    this.wake()
  }
}

import { TimeoutError } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import type { Future } from '../futures/future.ts'
import { END, Results } from '../futures/results.ts'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import type { CallPool } from './call-pool.ts'
import { Line } from './line.ts'
import { checkedSize } from './pool-options.ts'

/** How `map` works. */
export interface MapOptions {
  /**
   * How many ms all results may take at most from the call of `map` on; then the next is a TimeoutError.
   * @default no limit
   */
  readonly timeout?: number | undefined
  /**
   * How many items are sent to a worker at once. More is faster for short calls. A call that throws ends its chunk.
   * @default 1
   */
  readonly chunkSize?: number | undefined
  /**
   * How many items may be ahead of the results taken.
   * @default no limit; for an async iterable twice the maximum of workers; never more than `maxQueue`
   */
  readonly bufferSize?: number | undefined
}

type Submit = (args: readonly unknown[], many: boolean) => Future

/** The results of `map`, in the order of the items. Leaving it early cancels calls that have not begun. */
export class MapResults<T> extends Results<T> {
  readonly #submit: Submit
  readonly #chunkSize: number
  readonly #timeout: number
  readonly #deadline: number
  readonly #ahead: number // how many items may be ahead of the results taken
  readonly #items: Iterator<readonly unknown[]> | AsyncIterator<readonly unknown[]>
  readonly #isAsync: boolean // the items come from an async iterable
  // Each has the result of a chunk. The next result is in the first, after #taken others.
  readonly #futures = new Line<Future>()
  #taken = 0
  // Of items that come from an async iterable:
  #isDrained = false
  #failure: { readonly error: unknown } | undefined // the exception of the iterable
  #isRefilled = false // an item was submitted in place of the next result

  /** @internal */
  constructor(submit: Submit, given: readonly unknown[], { maxWorkers, maxQueue }: CallPool) {
    super()
    const last = given.at(-1)
    const hasOptions = given.length > 0 && !isIterable(last)
    const options = (hasOptions ? last : {}) as MapOptions
    const iterables = (hasOptions ? given.slice(0, -1) : given) as SomeIterable[]
    if (
      typeof Reflect.get(Object(last) as object, 'then') === 'function' ||
      (hasOptions && iterables.length === 0) ||
      Object(options) !== options ||
      !iterables.every(isIterable)
    )
      throw new TypeError(`map() takes iterables, and options at the end, got ${repr(given)}`)
    checkOptions('map()', options, ['timeout', 'chunkSize', 'bufferSize'])
    this.#submit = submit
    this.#timeout = checkedTimeout(options.timeout)
    this.#deadline = performance.now() + this.#timeout
    this.#chunkSize = checkedSize(options.chunkSize ?? 1, 'chunkSize')
    this.#isAsync = iterables.some((iterable) => !isSync(iterable))
    const most = Math.max(1, Math.min(maxQueue, this.#isAsync ? 2 * maxWorkers : Number.POSITIVE_INFINITY))
    this.#ahead =
      options.bufferSize === undefined ? most * this.#chunkSize : checkedSize(options.bufferSize, 'bufferSize')
    if (this.#isAsync) {
      this.#items = zipAsync(iterables)
      void this.#pump()
    } else {
      this.#items = zip(iterables as Iterable<unknown>[])
      while (this.#hasRoom && this.#submitNext());
    }
  }

  /** Blocks until the next result is there, and returns it. @throws TimeoutError; the exception of the call */
  override next(): IteratorResult<T, undefined> {
    if (this.#isAsync)
      throw new TypeError(
        'map() was given an async iterable, which can not be read by a `for` that blocks. Use `for await` or forEach',
      )
    const future = this.#first()
    return future === undefined ? END : this.#takeFrom(() => future.result({ timeout: this.rest }))
  }

  /** Ends the iteration early. */
  return(): IteratorResult<T, undefined> {
    for (const future of this.#futures.takeAll()) {
      future.cancel()
      future.ignoreException()
    }
    if (!this.#isAsync) this.#items.return?.()
    else if (!this.#isDrained) {
      this.#isDrained = true
      Promise.resolve(this.#items.return?.()).catch(() => {}) // there is no caller to throw to
    }
    this.wake()
    return END
  }

  protected get rest(): number {
    return this.#deadline - performance.now()
  }

  protected get isThere(): boolean {
    if (this.#isToCome) return false
    this.#refill()
    const { first } = this.#futures
    return first === undefined || first.settled || first.cancelled()
  }

  protected take(): IteratorResult<T, undefined> {
    if (this.#isToCome) {
      this.return()
      throw this.#timeoutError()
    }
    const future = this.#first()
    return future === undefined ? END : this.#takeFrom(() => future.result({ timeout: 0 }))
  }

  protected override more(): Future<void> {
    const more = super.more()
    this.#futures.first?.addDoneCallback(() => this.wake()) // at once, if it is done by now
    return more
  }

  #refill(): void {
    if (this.#isAsync || this.#ahead === Number.POSITIVE_INFINITY || this.#taken > 0 || this.#isRefilled) return
    this.#isRefilled = true
    this.#submitNext()
  }

  /** The Future that has the next result; undefined after the last. */
  #first(): Future | undefined {
    this.#refill()
    const { first } = this.#futures
    const failure = this.#failure
    if (first === undefined && failure !== undefined) {
      this.#failure = undefined
      throw failure.error
    }
    return first
  }

  /** Takes the next result from the first Future. A failure ends the iteration. */
  #takeFrom(resultOf: () => unknown): IteratorResult<T, undefined> {
    let result: unknown
    try {
      result = resultOf()
    } catch (error) {
      const isLate = error instanceof TimeoutError && this.#futures.first?.done() === false
      this.return()
      throw isLate ? this.#timeoutError() : error
    }
    if (this.#chunkSize === 1) {
      this.#shift()
      return { done: false, value: result as T }
    }
    const results = result as T[] // of a chunk
    const value = results[this.#taken++] as T
    if (this.#taken === results.length) this.#shift()
    return { done: false, value }
  }

  #shift(): void {
    this.#futures.shift()
    this.#taken = 0
    this.#isRefilled = false
    this.wake()
  }

  get #hasRoom(): boolean {
    return this.#futures.length * this.#chunkSize < this.#ahead
  }

  #submitNext(): boolean {
    const chunk: (readonly unknown[])[] = []
    while (chunk.length < this.#chunkSize) {
      const item = (this.#items as Iterator<readonly unknown[]>).next()
      if (item.done) break
      chunk.push(item.value)
    }
    return this.#submitChunk(chunk)
  }

  #submitChunk(chunk: readonly (readonly unknown[])[]): boolean {
    const [first] = chunk
    if (first === undefined) return false
    this.#futures.push(this.#chunkSize === 1 ? this.#submit(first, false) : this.#submit(chunk, true))
    return true
  }

  /** Submits the items of an async iterable while there is room. */
  async #pump(): Promise<void> {
    try {
      while (!this.#isDrained) {
        const chunk: (readonly unknown[])[] = []
        while (chunk.length < this.#chunkSize) {
          const item = await this.#items.next()
          if (item.done) break
          chunk.push(item.value)
        }
        if (this.#isDrained || !this.#submitChunk(chunk)) break
        this.wake()
        while (!this.#hasRoom && !this.#isDrained) await super.more()
      }
    } catch (error) {
      if (!this.#isDrained) this.#failure = { error }
    }
    this.#isDrained = true
    this.wake()
  }

  /** Whether the next item may still come from an async iterable. */
  get #isToCome(): boolean {
    return this.#isAsync && this.#futures.length === 0 && !this.#isDrained
  }

  #timeoutError(): TimeoutError {
    return new TimeoutError(`map() has not ended within ${this.#timeout} ms`)
  }
}

/** The items of several iterables side by side, up to the shortest. */
function* zip(iterables: readonly Iterable<unknown>[]): Generator<readonly unknown[]> {
  const iterators = iterables.map((iterable) => iterable[Symbol.iterator]())
  try {
    while (iterators.length > 0) {
      const items: unknown[] = []
      for (const iterator of iterators) {
        const item = iterator.next()
        if (item.done) return
        items.push(item.value)
      }
      yield items
    }
  } finally {
    for (const iterator of iterators) iterator.return?.()
  }
}

/** The same for async iterables. */
async function* zipAsync(iterables: readonly SomeIterable[]): AsyncGenerator<readonly unknown[]> {
  const iterators = iterables.map((iterable) =>
    isSync(iterable) ? iterable[Symbol.iterator]() : iterable[Symbol.asyncIterator](),
  )
  try {
    for (;;) {
      const items: unknown[] = []
      for (const iterator of iterators) {
        const item = await iterator.next()
        if (item.done) return
        items.push(item.value)
      }
      yield items
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.()
  }
}

type SomeIterable = Iterable<unknown> | AsyncIterable<unknown>

function isSync(value: unknown): value is Iterable<unknown> {
  return typeof value === 'string' || Symbol.iterator in Object(value)
}

function isIterable(value: unknown): value is SomeIterable {
  if (typeof value === 'string') return true
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
}

import { TimeoutError } from '@spindle/loop'
import { checkOptions, Ring, repr } from '@spindle/loop/internal'
import type { Future } from '../futures/future.ts'
import { END, Results } from '../futures/results.ts'
import { realTime } from '../shared-memory/real-time.ts'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import type { CallPool } from './call-pool.ts'
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
   * @default no limit; for an async iterable twice the maximum of workers; never more than `maxQueue`. An iterable that
   * tells neither `length` nor `size`, and has more than 100,000 items, is refused
   */
  readonly bufferSize?: number | undefined
}

/** How many items are read of an iterable that may have no end. */
const MOST_ITEMS = 100_000

type Submit = (args: readonly unknown[], many: boolean) => Future

/** The arguments of a call. */
type Row = readonly unknown[]

type SomeIterable = Iterable<unknown> | AsyncIterable<unknown>

/** The results of `map`, in the order of the items. Leaving it early cancels calls that have not begun. */
export class MapResults<T> extends Results<T> {
  /** @internal */
  static readonly className: string = 'MapResults'

  readonly #submit: Submit
  readonly #chunkSize: number
  readonly #timeout: number
  readonly #deadline: number
  readonly #ahead: number // how many items may be ahead of the results taken
  readonly #rows: Iterator<Row> | undefined // undefined if they come from an async iterable
  #rest: number // how many items may be read of it
  #chunk: Row[] = [] // to be submitted
  // Each has the results of a chunk. The next result is in the first, after #taken others.
  readonly #futures = new Ring<Future>()
  #taken = 0
  // Of rows that come from an async iterable:
  #isDrained = true
  #failure: { readonly error: unknown } | undefined // the exception of the iterable

  /** @internal */
  constructor(submit: Submit, given: readonly unknown[], { maxWorkers, maxQueue }: CallPool) {
    super()
    const { iterables, options } = checkedArguments(given)
    const isAsync = !iterables.every(isSync)
    this.#submit = submit
    this.#timeout = checkedTimeout(options.timeout)
    this.#deadline = realTime() + this.#timeout
    this.#chunkSize = checkedSize(options.chunkSize ?? 1, 'chunkSize')
    const most = Math.max(1, Math.min(maxQueue, isAsync ? 2 * maxWorkers : Number.POSITIVE_INFINITY))
    this.#ahead =
      options.bufferSize === undefined ? most * this.#chunkSize : checkedSize(options.bufferSize, 'bufferSize')
    const mayBeEndless =
      options.bufferSize === undefined && most === Number.POSITIVE_INFINITY && !iterables.some(hasEnd)
    this.#rest = mayBeEndless ? MOST_ITEMS : Number.POSITIVE_INFINITY
    if (isAsync) void this.#pump(zipAsync(iterables))
    else {
      this.#rows = zip(iterables)
      this.#fill(this.#ahead)
    }
  }

  /** Blocks until the next result is there, and returns it. @throws TimeoutError; the exception of the call */
  override next(): IteratorResult<T, undefined> {
    if (this.#rows === undefined)
      throw new TypeError(
        'map() was given an async iterable, which can not be read by a `for` that blocks. Use `for await` or forEach',
      )
    return this.#takeWithin(this.rest)
  }

  /** Ends the iteration early. */
  return(): IteratorResult<T, undefined> {
    const futures = [...this.#futures]
    this.#futures.clear()
    for (const future of futures) {
      future.cancel()
      future.ignoreException()
    }
    this.#rows?.return?.()
    this.#isDrained = true
    this.wake()
    return END
  }

  protected get rest(): number {
    return this.#deadline - realTime()
  }

  protected get isThere(): boolean {
    this.#refill()
    const { first } = this.#futures
    return first === undefined ? this.#isDrained : first.settled || first.cancelled()
  }

  protected take(): IteratorResult<T, undefined> {
    return this.#takeWithin(0)
  }

  protected override more(): Future<void> {
    const more = super.more()
    this.#futures.first?.addDoneCallback(() => this.wake()) // at once, if it is done by now
    return more
  }

  /** Takes the next result. A failure ends the iteration. */
  #takeWithin(timeout: number): IteratorResult<T, undefined> {
    this.#refill()
    const { first } = this.#futures
    if (first === undefined) return this.#end()
    let result: unknown
    try {
      result = first.result({ timeout })
    } catch (error) {
      const isLate = first.isOpen
      this.return()
      throw isLate ? this.#timeoutError() : error
    }
    const results = (this.#chunkSize === 1 ? [result] : result) as T[]
    const value = results[this.#taken++] as T
    if (this.#taken === results.length) {
      if (this.#futures.first === first) this.#futures.get() // a callback may have ended the iteration
      this.#taken = 0
      this.wake()
    }
    return { done: false, value }
  }

  #end(): IteratorResult<T, undefined> {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
    if (this.#isDrained) return END
    this.return()
    throw this.#timeoutError()
  }

  /** Submits one chunk in place of that whose results are taken next, as Python does. */
  #refill(): void {
    this.#fill(this.#ahead + this.#chunkSize)
  }

  #fill(count: number): void {
    while (this.#rows !== undefined && this.#futures.length * this.#chunkSize < count) {
      const row = this.#rows.next()
      if (row.done) return this.#submitChunk()
      if (this.#rest-- === 0) {
        this.return()
        throw new RangeError(
          `map() has read ${MOST_ITEMS} items of an iterable that may have no end, and there are more. ` +
            'Pass bufferSize, how many may be ahead of the results, or an array',
        )
      }
      this.#add(row.value)
    }
  }

  /** Submits the rows of an async iterable while there is room. */
  async #pump(rows: AsyncIterable<Row>): Promise<void> {
    this.#isDrained = false
    try {
      for await (const row of rows) {
        if (!this.#isDrained) this.#add(row)
        this.wake()
        while (!this.#isDrained && this.#futures.length * this.#chunkSize >= this.#ahead) await super.more()
        if (this.#isDrained) return // by return()
      }
      this.#submitChunk()
    } catch (error) {
      if (!this.#isDrained) this.#failure = { error }
    } finally {
      this.#isDrained = true
      this.wake()
    }
  }

  #add(row: Row): void {
    this.#chunk.push(row)
    if (this.#chunk.length === this.#chunkSize) this.#submitChunk()
  }

  #submitChunk(): void {
    const chunk = this.#chunk
    const [first] = chunk
    if (first === undefined) return
    this.#chunk = []
    this.#futures.put(this.#chunkSize === 1 ? this.#submit(first, false) : this.#submit(chunk, true))
  }

  #timeoutError(): TimeoutError {
    return new TimeoutError(`map() has not ended within ${this.#timeout} ms`)
  }
}

function checkedArguments(given: readonly unknown[]): { iterables: readonly SomeIterable[]; options: MapOptions } {
  const last = given.at(-1)
  const hasOptions = given.length > 0 && !isIterable(last)
  const options = (hasOptions ? last : {}) as MapOptions
  const iterables = hasOptions ? given.slice(0, -1) : given
  if (
    typeof Reflect.get(Object(last) as object, 'then') === 'function' ||
    (hasOptions && iterables.length === 0) ||
    Object(options) !== options ||
    !iterables.every(isIterable)
  )
    throw new TypeError(`map() takes iterables, and options at the end, got ${repr(given)}`)
  checkOptions('map()', options, ['timeout', 'chunkSize', 'bufferSize'])
  return { iterables, options }
}

/** The items of several iterables side by side, up to the shortest. */
function* zip(iterables: readonly Iterable<unknown>[]): Generator<Row> {
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

/** The rows of async iterables. */
async function* zipAsync(iterables: readonly SomeIterable[]): AsyncGenerator<Row> {
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

/** Whether it tells how many items it has. */
function hasEnd(iterable: unknown): boolean {
  const { length, size } = Object(iterable) as { readonly length?: unknown; readonly size?: unknown }
  return typeof length === 'number' || typeof size === 'number'
}

function isSync(value: unknown): value is Iterable<unknown> {
  return Symbol.iterator in Object(value)
}

function isIterable(value: unknown): value is SomeIterable {
  return isSync(value) || Symbol.asyncIterator in Object(value)
}

import { TimeoutError } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import type { Future } from '../futures/future.ts'
import { END, Results } from '../futures/results.ts'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import { Line } from './line.ts'
import { checkedSize } from './pool-arguments.ts'

/** How `map` works. */
export interface MapOptions {
  /**
   * How many ms all results may take from the call of `map` on; then the next is a TimeoutError. @default without limit
   */
  readonly timeout?: number | undefined
  /**
   * How many items are sent to a worker at once: more is faster where calls are short. One that throws ends its chunk.
   * @default 1
   */
  readonly chunkSize?: number | undefined
  /**
   * How many items may be ahead of the results taken; further ones are not asked for before.
   * @default as many as there are, but of an async iterable twice as many as there can be workers, and no more than
   * `maxQueue`
   */
  readonly bufferSize?: number | undefined
}

type Submit = (args: readonly unknown[], many: boolean) => Future

/** The capacity of the pool. */
interface Room {
  readonly maxWorkers: number
  readonly maxQueue: number
}

/** The results of `map`, in the order of the items. Left early, it cancels what has not begun. */
export class MapResults<T> extends Results<T> {
  readonly #submit: Submit
  readonly #chunkSize: number
  readonly #timeout: number
  readonly #deadline: number
  readonly #ahead: number // how many items at most are before the results taken
  readonly #items: Iterator<readonly unknown[]> | AsyncIterator<readonly unknown[]>
  readonly #isAsync: boolean // the items come from an async iterable
  // Of one call each, or with `chunkSize` of many. The first has the next result, after #taken of its chunk.
  readonly #futures = new Line<Future>()
  #taken = 0
  // Of items that come from an async iterable:
  #isDrained = false // there are no more
  #failure: { readonly error: unknown } | undefined // what the iterable has thrown
  #isRefilled = false // an item was submitted in place of the result that is taken next

  /** @internal */
  constructor(submit: Submit, given: readonly unknown[], { maxWorkers, maxQueue }: Room) {
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

  /** The next result; blocks until it is there. @throws what the call threw; TimeoutError when it times out */
  override next(): IteratorResult<T, undefined> {
    if (this.#isAsync)
      throw new TypeError(
        'map() was given an async iterable, which can not be read by a `for` that blocks. Use `for await` or forEach',
      )
    const future = this.#first()
    return future === undefined ? END : this.#takeFrom(() => future.result({ timeout: this.rest }))
  }

  /** Called when it is left early. */
  return(): IteratorResult<T, undefined> {
    for (const future of this.#futures.takeAll()) {
      future.cancel()
      future.ignoreException()
    }
    if (!this.#isAsync) this.#items.return?.()
    else if (!this.#isDrained) {
      this.#isDrained = true
      Promise.resolve(this.#items.return?.()).catch(() => {}) // there is no caller left to throw to
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

  /** Takes the next result from the first Future. After a failure there are no more. */
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

  /** Submits what comes from an async iterable, as long as there is room. */
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

  /** Whether the next result may belong to an item that has not come yet. */
  get #isToCome(): boolean {
    return this.#isAsync && this.#futures.length === 0 && !this.#isDrained
  }

  #timeoutError(): TimeoutError {
    return new TimeoutError(`map() has not ended within ${this.#timeout} ms`)
  }
}

/** The items of several iterables side by side, as long as all have one. */
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

/** The same, where some are async. */
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

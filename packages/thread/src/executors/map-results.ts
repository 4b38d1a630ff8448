import type { Coroutine } from '@spindle/loop'
import { checkOptions, inspectSymbol, repr } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '@spindle/task'
import { Future } from '../futures/future.ts'
import { awaitInTime, waitInTime } from '../futures/in-time.ts'
import { checkedTimeout } from '../shared-memory/block.ts'
import { formatIdentity, newIdentity } from '../shared-memory/identity.ts'

/** How `map` works. */
export interface MapOptions {
  /** How many ms all results may take from the call of `map` on; then the next is a TimeoutError. @default without limit */
  readonly timeout?: number | undefined
  /** How many items are sent to a worker at once: more is faster where calls are short. One that throws ends its chunk. @default 1 */
  readonly chunkSize?: number | undefined
  /** How many calls may be ahead of the results taken; further items are not asked for before. @default as many as there are items */
  readonly bufferSize?: number | undefined
}

type Submit = (args: readonly unknown[], many: boolean) => Future

/** Says that `forEach` can go through it, and what it finds: that method can't be declared in the class itself. */
export interface MapResults<T> extends CoroutineIterable<T> {}

/** The results of `map`, in the order of the items. Left early, it cancels what has not begun. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above only names a method that the class has
export class MapResults<T> implements IterableIterator<T>, AsyncIterable<T> {
  readonly #submit: Submit
  readonly #chunkSize: number
  readonly #deadline: number
  readonly #isLazy: boolean
  readonly #items: Iterator<readonly unknown[]>
  // Of one call each, or with `chunkSize` of many. The first has the next result, after #taken of its chunk.
  readonly #futures: Future[] = []
  #taken = 0
  readonly #identity = newIdentity()

  /** @internal */
  constructor(submit: Submit, given: readonly unknown[]) {
    const last = given.at(-1)
    const hasOptions = given.length > 0 && !isIterable(last)
    const options = (hasOptions ? last : {}) as MapOptions
    const iterables = (hasOptions ? given.slice(0, -1) : given) as Iterable<unknown>[]
    const isAsync =
      typeof Reflect.get(Object(last) as object, 'then') === 'function' || Symbol.asyncIterator in Object(last)
    if (
      isAsync ||
      (hasOptions && iterables.length === 0) ||
      Object(options) !== options ||
      !iterables.every(isIterable)
    )
      throw new TypeError(`map() takes iterables, and options at the end, got ${repr(given)}`)
    checkOptions('map()', options, ['timeout', 'chunkSize', 'bufferSize'])
    this.#submit = submit
    this.#deadline = performance.now() + checkedTimeout(options.timeout)
    this.#chunkSize = checkedSize(options.chunkSize ?? 1, 'chunkSize')
    this.#isLazy = options.bufferSize !== undefined
    const ahead = options.bufferSize === undefined ? Infinity : checkedSize(options.bufferSize, 'bufferSize')
    this.#items = zip(iterables)
    while (this.#futures.length * this.#chunkSize < ahead && this.#submitNext());
  }

  [Symbol.iterator](): this {
    return this
  }

  /** The next result; blocks until it is there. @throws what the call threw; TimeoutError when the time is up */
  next(): IteratorResult<T, undefined> {
    const future = this.#first()
    return future === undefined ? END : this.#take(() => future.result(this.#rest))
  }

  /** Called when it is left early. */
  return(): IteratorResult<T, undefined> {
    for (const future of this.#futures.splice(0)) future.cancel()
    this.#items.return?.()
    return END
  }

  /** @internal */
  [coroutineIterator](): CoroutineIterator<T> {
    return { next: () => this.#step(), return: () => this.#leave() }
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: async () => {
        const future = this.#first()
        if (future === undefined) return END
        const waiter = whenDone(future)
        await awaitInTime(waiter, this.#rest, () => end(waiter))
        return this.#take(() => future.result(0))
      },
      return: async () => this.return(),
    }
  }

  /** `<MapResults at 0x7f0000000010>` */
  toString(): string {
    return `<MapResults at ${formatIdentity(this.#identity)}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  *#step(): Coroutine<IteratorResult<T, undefined>> {
    const future = this.#first()
    if (future === undefined) return END
    const waiter = whenDone(future)
    try {
      yield* waitInTime(waiter, this.#rest, () => end(waiter))
    } catch (error) {
      this.return() // cancelled: nobody takes the other results
      throw error
    }
    return this.#take(() => future.result(0))
  }

  *#leave(): Coroutine<void> {
    this.return()
  }

  get #rest(): number {
    return this.#deadline - performance.now()
  }

  /** The Future that has the next result; undefined after the last. */
  #first(): Future | undefined {
    if (this.#isLazy && this.#taken === 0) this.#submitNext()
    return this.#futures[0]
  }

  /** Takes the next result out of the first Future. After one that failed there are no more. */
  #take(resultOf: () => unknown): IteratorResult<T, undefined> {
    let result: unknown
    try {
      result = resultOf()
    } catch (error) {
      this.return()
      throw error
    }
    if (this.#chunkSize === 1) {
      this.#futures.shift()
      return { done: false, value: result as T }
    }
    const results = result as T[] // of a chunk
    const value = results[this.#taken++] as T
    if (this.#taken < results.length) return { done: false, value }
    this.#futures.shift()
    this.#taken = 0
    return { done: false, value }
  }

  #submitNext(): boolean {
    const chunk: (readonly unknown[])[] = []
    while (chunk.length < this.#chunkSize) {
      const item = this.#items.next()
      if (item.done) break
      chunk.push(item.value)
    }
    const [first] = chunk
    if (first === undefined) return false
    this.#futures.push(this.#chunkSize === 1 ? this.#submit(first, false) : this.#submit(chunk, true))
    return true
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Done when `future` is; it can be given up without cancelling that. */
function whenDone(future: Future): Future<void> {
  const waiter = new Future<void>()
  future.addDoneCallback(() => end(waiter))
  return waiter
}

function end(waiter: Future<void>): void {
  if (!waiter.done()) waiter.setResult()
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

function isIterable(value: unknown): value is Iterable<unknown> {
  if (typeof value === 'string') return true
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function checkedSize(size: number, name: string): number {
  if (!Number.isInteger(size)) throw new TypeError(`${name} must be an integer, got ${repr(size)}`)
  if (size < 1) throw new RangeError(`${name} must be > 0, got ${size}`)
  return size
}

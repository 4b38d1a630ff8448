// Hot path: bench/queue-1, bench/queue-1000. A waiter to get or to put is picked when there is an item or room. It
// checks again when it runs: another Task may have been faster, and then it waits again, behind all others.

import type { Coroutine } from '@spindle/loop'
import { ambient, BrandedError, brandError, checkOptions, className, Ring, repr } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { defaultEventLoop } from '../tasks/new-event-loop.ts'
import { LoopBound } from './loop-bound.ts'
import { Immediate, NOTHING, Operation } from './operation.ts'
import { emitResource } from './resource-events.ts'
import { Waiter, Waiters } from './waiters.ts'

/** `getNowait` found the queue empty. asyncio: `asyncio.QueueEmpty`. */
export class QueueEmpty extends BrandedError {
  static {
    brandError(this, 'QueueEmpty')
  }
}

/** `putNowait` found the queue full. asyncio: `asyncio.QueueFull`. */
export class QueueFull extends BrandedError {
  static {
    brandError(this, 'QueueFull')
  }
}

/**
 * The queue was shut down: nothing can be put any more, or there is nothing left to get. asyncio:
 * `asyncio.QueueShutDown`.
 */
export class QueueShutDown extends BrandedError {
  static {
    brandError(this, 'QueueShutDown')
  }
}

/**
 * Stores the items of a queue and decides which is next. Implement it for another kind of queue. asyncio: `_put` and
 * `_get` of a subclass.
 */
export interface QueueItems<T> extends Iterable<T> {
  readonly length: number
  put(item: T): void
  /** Removes the next item. Called only if there is one. */
  get(): T
  /** Puts back an item that `get` has just removed. @default calls `put` */
  putBack?(item: T): void
}

/**
 * Passes items from producers to consumers, first in, first out. With a `maxSize`, putting into a full queue waits, so
 * that producers cannot get ahead. Iterate over it with `forEach`, or with `for await` in plain async code: both end
 * when it is shut down. asyncio: `asyncio.Queue`.
 *
 * Also called: channel, back-pressure.
 *
 * @example
 * ```ts
 * const queue = new Queue<number>(2)
 * function* producer(): Coroutine<void> {
 *   for (const n of [1, 2, 3]) yield* queue.put(n)
 *   queue.shutdown() // no more will come
 * }
 * function* consumer(): Coroutine<void> {
 *   yield* forEach(queue, function* (n) {
 *     yield* sleep(10)
 *     console.log(n * n)
 *   })
 * }
 * function* main(): Coroutine<void> {
 *   yield* gather([producer(), consumer()])
 * }
 * await run(main())
 * // prints: 1
 * // prints: 4
 * // prints: 9
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface below only names a method that the class has
export class Queue<T> extends LoopBound implements AsyncIterable<Awaited<T>> {
  /** @internal */
  static readonly className: string = 'Queue'

  readonly #maxSize: number
  readonly #items: QueueItems<T>
  readonly #getters: Waiters<Queue<T>>
  readonly #putters: Waiters<Queue<T>>
  readonly #joiners: Waiters<Queue<T>>
  readonly #get: Get<T>
  // Items that were put in and not yet reported done.
  #unfinished: number
  #isShutdown: boolean

  /**
   * @param maxSize the maximum number of items; without limit if left out, 0 or negative
   * @param items stores the items; first in, first out, if left out
   * @throws TypeError if `maxSize` is not a number (RangeError if it is NaN), or `items` does not store any
   */
  constructor(maxSize = 0, items: QueueItems<T> = new Ring<T>()) {
    if (typeof maxSize !== 'number') throw new TypeError(`maxSize must be a number, got ${repr(maxSize)}`)
    if (Number.isNaN(maxSize)) {
      throw new RangeError('maxSize must not be NaN: pass how many items fit, or 0 for no limit')
    }
    if (typeof items?.put !== 'function') {
      throw new TypeError(
        `the items of a Queue have \`put\`, \`get\` and \`length\`, got ${repr(items)}. ` +
          'For an order of your own, write `new PriorityQueue(maxSize, { compare })`',
      )
    }
    super()
    this.#maxSize = maxSize
    this.#items = items
    this.#getters = new Waiters(this, 'get')
    this.#putters = new Waiters(this, 'put')
    this.#joiners = new Waiters(this, 'join')
    this.#get = new Get(this.#getters)
    this.#unfinished = 0
    this.#isShutdown = false
  }

  /** The maximum number of items; 0 or negative: no limit. */
  get maxSize(): number {
    return this.#maxSize
  }

  /** How many items the queue holds. */
  qsize(): number {
    return this.#items.length
  }

  /** Whether the queue holds no items. */
  empty(): boolean {
    return this.#items.length === 0
  }

  /** Whether the queue holds `maxSize` items. */
  full(): boolean {
    return this.#maxSize > 0 && this.#items.length >= this.#maxSize
  }

  /**
   * Puts an item in; waits for room if the queue is full. If the caller is cancelled while waiting, the item is not put
   * in. asyncio: `queue.put`.
   * @throws QueueShutDown if the queue is shut down, also while waiting; RuntimeError if Tasks of another loop have
   * waited here
   */
  put(item: T): Coroutine<void> {
    return new Put(this.#putters, item).asCoroutine()
  }

  /** Puts an item in, at once. @throws QueueFull if there is no room; QueueShutDown if the queue is shut down */
  putNowait(item: T): void {
    if (this.#isShutdown) throw new QueueShutDown()
    if (this.full()) throw new QueueFull()
    this.#items.put(item)
    this.#unfinished++
    if (ambient.runningLoop?.probe !== undefined) emitResource(this, 'put', this.#items.length)
    this.#getters.popNext()
  }

  /**
   * Takes the next item out; waits for one if the queue is empty. If the caller is cancelled while waiting, no item is
   * lost. asyncio: `queue.get`.
   * @throws QueueShutDown if the queue is shut down and empty, also while waiting; RuntimeError if Tasks of another
   * loop have waited here
   */
  get(): Coroutine<T> {
    return this.#get.asCoroutine()
  }

  /**
   * Removes and returns the next item, at once.
   * @throws QueueEmpty if the queue is empty; QueueShutDown if it is also shut down
   */
  getNowait(): T {
    if (this.empty()) throw this.#isShutdown ? new QueueShutDown() : new QueueEmpty()
    const item = this.#items.get()
    if (ambient.runningLoop?.probe !== undefined) emitResource(this, 'got', this.#items.length)
    this.#putters.popNext()
    return item
  }

  /**
   * Marks the work on one removed item as done, for `join`. asyncio: `queue.task_done`.
   * @throws RangeError if it is called more often than items were put in
   */
  taskDone(): void {
    if (this.#unfinished <= 0) throw new RangeError('task_done() called too many times')
    if (--this.#unfinished === 0) this.#joiners.wakeAll()
  }

  /** Waits until `taskDone` was called for each item that was put in. asyncio: `queue.join`. */
  join(): Coroutine<void> {
    return new Join(this.#joiners).asCoroutine()
  }

  /**
   * Shuts the queue down: nothing can be put in any more and, once it is empty, nothing taken out. Every waiter is
   * woken to check again. asyncio: `queue.shutdown`.
   * @param options `immediate`: also drop all items; false if left out
   */
  shutdown(options: { readonly immediate?: boolean | undefined } = {}): void {
    checkOptions('shutdown()', options, ['immediate'])
    this.#isShutdown = true
    if (options.immediate === true) this.#drop()
    while (this.#getters.length > 0) this.#getters.popNext()
    while (this.#putters.length > 0) this.#putters.popNext()
  }

  /** For `forEach`: takes items out until the queue is shut down and empty. @internal */
  [coroutineIterator](): CoroutineIterator<T> {
    const step = new GetStep(this.#getters)
    return { next: () => step }
  }

  /**
   * For `for await` in plain async code: removes items until the queue is shut down and empty. An item that is a Task
   * or a promise is awaited, as `for await` does everywhere.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Awaited<T>, void, undefined> {
    for (;;) {
      // No loop has to run here: the waiter is a promise, which settles as soon as an item is put in, on any loop.
      while (this.mustWait()) {
        const getter = new Waiter(this.#get, this.boundLoop ?? defaultEventLoop())
        this.#getters.add(getter)
        await getter
      }
      if (this.empty()) return
      yield this.getNowait() as Awaited<T> // `yield` awaits it
    }
  }

  override toString(): string {
    const parts = [`maxsize=${this.#maxSize}`]
    if (!this.empty()) parts.push(`_queue=${repr([...this.#items])}`)
    if (this.#getters.length > 0) parts.push(`_getters[${this.#getters.length}]`)
    if (this.#putters.length > 0) parts.push(`_putters[${this.#putters.length}]`)
    if (this.#unfinished > 0) parts.push(`tasks=${this.#unfinished}`)
    if (this.#isShutdown) parts.push('shutdown')
    return `<${className(this)} ${parts.join(' ')}>`
  }

  /** Whether the queue is empty and may still receive items. @internal */
  mustWait(): boolean {
    return this.empty() && !this.#isShutdown
  }

  /** @internal */
  mustWaitForRoom(): boolean {
    return this.full() && !this.#isShutdown
  }

  /** @internal */
  get anyUnfinished(): boolean {
    return this.#unfinished > 0
  }

  /** Called when a picked getter gives up. @internal */
  wakeNextGetter(): void {
    if (!this.empty()) this.#getters.popNext()
  }

  /** Called when a picked putter gives up. @internal */
  wakeNextPutter(): void {
    if (!this.full()) this.#putters.popNext()
  }

  /** Puts back an item that a combinator discards. The queue may exceed `maxSize` by it. @internal */
  putBack(item: T): void {
    if (this.#items.putBack === undefined) this.#items.put(item)
    else this.#items.putBack(item)
    if (ambient.runningLoop?.probe !== undefined) emitResource(this, 'put', this.#items.length)
    this.#getters.popNext()
  }

  #drop(): void {
    const hadItems = !this.empty()
    while (!this.empty()) {
      this.#items.get()
      if (this.#unfinished > 0) this.#unfinished--
    }
    if (hadItems && ambient.runningLoop?.probe !== undefined) emitResource(this, 'dropped', 0)
    if (this.#unfinished === 0) this.#joiners.wakeAll()
  }
}

/** Declares that `forEach` can iterate over it, with this type of item: the class itself cannot declare that method. */
export interface Queue<T> extends CoroutineIterable<T> {}

class Put<T> extends Operation<void, Queue<T>> {
  private readonly item: T

  constructor(putters: Waiters<Queue<T>>, item: T) {
    super(putters)
    this.item = item
  }

  override mustWait(): boolean {
    return this.owner.mustWaitForRoom()
  }

  override mustWaitAgain(): boolean {
    return this.owner.mustWaitForRoom()
  }

  override finish(): Immediate<void> {
    this.owner.putNowait(this.item)
    return NOTHING
  }

  override abandon(picked: boolean): void {
    if (picked) this.owner.wakeNextPutter()
  }
}

abstract class GetAnything<T, R> extends Operation<R, Queue<T>> {
  override mustWait(): boolean {
    return this.owner.mustWait()
  }

  override mustWaitAgain(): boolean {
    return this.owner.mustWait()
  }

  override abandon(picked: boolean): void {
    if (picked) this.owner.wakeNextGetter()
  }
}

class Get<T> extends GetAnything<T, T> {
  override finish(): Immediate<T> {
    return new Immediate(this.owner.getNowait())
  }

  override giveBack(item: T): boolean {
    this.owner.putBack(item)
    return true
  }
}

class GetStep<T> extends GetAnything<T, IteratorResult<T, void>> {
  override finish(): Immediate<IteratorResult<T, void>> {
    return new Immediate(this.owner.empty() ? NOTHING : { done: false, value: this.owner.getNowait() })
  }
}

class Join<T> extends Operation<void, Queue<T>> {
  override mustWait(): boolean {
    return this.owner.anyUnfinished
  }

  override finish(): Immediate<void> {
    return NOTHING
  }
}

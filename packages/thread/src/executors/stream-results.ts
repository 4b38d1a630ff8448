import type { Coroutine } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '@spindle/task'
import { Future } from '../futures/future.ts'
import { formatIdentity, newIdentity } from '../shared-memory/identity.ts'
import { waitUntil } from '../shared-memory/wakeup.ts'
import type { CallPool, SubmittedCall } from './call-pool.ts'
import { Line } from './line.ts'
import type { CallParts } from './pool-call.ts'

/** Declares that `forEach` can iterate over it, and what it finds: the class itself can't declare that method. */
export interface StreamResults<T> extends CoroutineIterable<T> {}

/** What a function yields elsewhere, in that order. Left early, it asks the function to stop. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above only names a method that the class has
export class StreamResults<T> implements IterableIterator<T>, AsyncIterable<T> {
  readonly #pool: CallPool
  readonly #call: SubmittedCall
  readonly #items = new Line<T>()
  readonly #bufferSize: number
  #taken = 0 // since the last report to the worker
  #isOver = false // it was left, or its end was seen
  #waiter: Future<void> | undefined // of a waiter that does not block
  readonly #identity = newIdentity()

  /** @internal */
  constructor(pool: CallPool, parts: CallParts) {
    this.#pool = pool
    this.#bufferSize = parts.options.bufferSize ?? 16
    const onItem = (item: unknown): void => {
      if (this.#isOver) return
      this.#items.push(item as T) // it is what this function yields
      this.#wake()
    }
    this.#call = pool.submit({ ...parts, onItem, credit: this.#bufferSize })
    this.#call.future.addDoneCallback(() => this.#wake())
  }

  [Symbol.iterator](): this {
    return this
  }

  /** The next item; blocks until it is there. @throws what the function threw */
  next(): IteratorResult<T, undefined> {
    if (!this.#isThere)
      waitUntil(
        () => this.#isThere,
        Number.POSITIVE_INFINITY,
        () => `an item of ${this}`,
      )
    return this.#take()
  }

  /** Called when it is left early: what has not begun never will, what runs is asked to stop. */
  return(): IteratorResult<T, undefined> {
    this.#isOver = true
    this.#items.takeAll()
    this.#call.future.cancel()
    this.#call.future.ignoreException()
    return END
  }

  /** @internal */
  [coroutineIterator](): CoroutineIterator<T> {
    return { next: () => this.#step(), return: () => this.#leave() }
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: async () => {
        while (!this.#isThere) await this.#more()
        return this.#take()
      },
      return: async () => this.return(),
    }
  }

  /** `<StreamResults at 0x7f0000000010>` */
  toString(): string {
    return `<StreamResults at ${formatIdentity(this.#identity)}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  *#step(): Coroutine<IteratorResult<T, undefined>> {
    try {
      while (!this.#isThere) yield* this.#more()
    } catch (error) {
      this.return() // cancelled: the other items are not taken
      throw error
    }
    return this.#take()
  }

  *#leave(): Coroutine<void> {
    this.return()
  }

  /** Whether there is an item, or the end. */
  get #isThere(): boolean {
    return this.#isOver || this.#items.length > 0 || this.#call.future.settled
  }

  /** Done when there is. */
  #more(): Future<void> {
    if (this.#waiter === undefined || this.#waiter.settled || this.#waiter.cancelled()) this.#waiter = new Future()
    return this.#waiter
  }

  #wake(): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter !== undefined && !waiter.settled && !waiter.cancelled()) waiter.setResult()
  }

  #take(): IteratorResult<T, undefined> {
    if (this.#items.length > 0) {
      const value = this.#items.shift() as T // there is one
      if (++this.#taken * 2 >= this.#bufferSize) {
        this.#pool.grant(this.#call, this.#taken) // not for each item: that would be as many messages
        this.#taken = 0
      }
      return { done: false, value }
    }
    if (!this.#isOver) {
      this.#isOver = true
      this.#call.future.result({ timeout: 0 }) // throws what the function has thrown
    }
    return END
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

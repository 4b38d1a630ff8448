import type { Coroutine } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '@spindle/task'
import { Future } from '../futures/future.ts'
import { ayieldWithTimeout, yieldWithTimeout } from '../futures/with-timeout.ts'
import { formatIdentity, newIdentity } from '../shared-memory/identity.ts'

/** Declares the items for `forEach`. The class itself can't declare that method. */
export interface Results<T> extends CoroutineIterable<T> {}

/** Results of calls, one after another: for a `for` that blocks, for `for await`, and for `forEach` in a coroutine. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above only names a method that the class has
export abstract class Results<T> implements IterableIterator<T>, AsyncIterable<T> {
  #waiter: Future<void> | undefined
  readonly #identity = newIdentity()

  /** Whether the next result is there, or the end. @internal */
  protected abstract get isThere(): boolean

  /** How long the next result may take, in ms. @internal */
  protected abstract get rest(): number

  /** Takes the next result. @throws what the call threw; TimeoutError if it is not there @internal */
  protected abstract take(): IteratorResult<T, undefined>

  /** The next result; blocks until it is there. @throws what the call threw */
  abstract next(): IteratorResult<T, undefined>

  /** Called when it is left early. */
  abstract return(): IteratorResult<T, undefined>

  [Symbol.iterator](): this {
    return this
  }

  /** @internal */
  [coroutineIterator](): CoroutineIterator<T> {
    return { next: () => this.#step(), return: () => this.#leave() }
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: async () => {
        while (!this.isThere && this.rest > 0) {
          const more = this.more()
          await ayieldWithTimeout(more, this.rest, () => end(more))
        }
        return this.take()
      },
      return: async () => this.return(),
    }
  }

  /** `<MapResults at 0x7f0000000010>` */
  toString(): string {
    return `<${this.constructor.name} at ${formatIdentity(this.#identity)}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  *#step(): Coroutine<IteratorResult<T, undefined>> {
    try {
      while (!this.isThere && this.rest > 0) {
        const more = this.more()
        yield* yieldWithTimeout(more, this.rest, () => end(more))
      }
    } catch (error) {
      this.return() // cancelled: the other results are not taken
      throw error
    }
    return this.take()
  }

  *#leave(): Coroutine<void> {
    this.return()
  }

  /** Done at the next `wake()`. @internal */
  protected more(): Future<void> {
    if (this.#waiter === undefined || this.#waiter.settled || this.#waiter.cancelled()) this.#waiter = new Future()
    return this.#waiter
  }

  /** @internal */
  protected wake(): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter !== undefined) end(waiter)
  }
}

export const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

function end(waiter: Future<void>): void {
  if (!waiter.settled && !waiter.cancelled()) waiter.setResult()
}

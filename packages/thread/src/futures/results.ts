import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { className } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '@spindle/task'
import { formatIdentity, newIdentity, printAsText } from '../shared-memory/identity.ts'
import { waitUntil } from '../shared-memory/wakeup.ts'
import { refuseToSend } from '../transport/serialize.ts'
import { Future } from './future.ts'

/** Declares the items for `forEach`. The class itself can't declare that method. */
export interface Results<T, A = T> extends CoroutineIterable<T>, AsyncIterable<A> {}

/**
 * Results that come one after another: for a `for` that blocks, for `for await`, and for `forEach` in a coroutine.
 * `for await` receives items of type `A`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above only names a method that the class has
export abstract class Results<T, A = T> implements IterableIterator<T> {
  static {
    printAsText(Results)
    refuseToSend(Results, 'the thread that made it', 'Send its items')
  }

  #waiter: Future<void> | undefined
  readonly #identity = newIdentity()

  /** Whether `take` has something to return or to throw now. @internal */
  protected abstract get isThere(): boolean

  /** The rest of the time limit, in ms. @internal */
  protected abstract get rest(): number

  /** Takes the next result. @throws TimeoutError if the time limit is over; the exception of the call @internal */
  protected abstract take(): IteratorResult<T, undefined>

  /** Ends the iteration early. */
  abstract return(): IteratorResult<T, undefined>

  /** Blocks until the next result is there, and returns it. @throws TimeoutError; the exception of the call */
  next(): IteratorResult<T, undefined> {
    const isThere = (): boolean => this.isThere
    if (!isThere()) waitUntil(isThere, this.rest, () => `an item of ${this}`)
    return this.take()
  }

  [Symbol.iterator](): this {
    return this
  }

  /** @internal */
  [coroutineIterator](): CoroutineIterator<T> {
    return { next: () => this.#step(), return: () => this.#leave() }
  }

  [Symbol.asyncIterator](): AsyncIterator<A, undefined> {
    return {
      next: async () => {
        while (!this.isThere && this.rest > 0) {
          const more = this.more()
          const timer = this.rest < Number.POSITIVE_INFINITY ? setTimeout(() => more.finish(), this.rest) : undefined
          await more
          clearTimeout(timer)
        }
        const item = this.take()
        return item.done ? item : { done: false, value: this.forAwait(item.value) }
      },
      return: async () => this.return() as IteratorReturnResult<undefined>,
    }
  }

  /** `<MapResults at 0x7f0000000010>` */
  toString(): string {
    return `<${className(this)} at ${formatIdentity(this.#identity)}>`
  }

  *#step(): Coroutine<IteratorResult<T, undefined>> {
    let timer: { cancel(): void } | undefined
    let isOver = false
    try {
      while (!this.isThere && this.rest > 0) {
        const more = this.more()
        // Host timers do not fire in a blocking run.
        if (this.rest < Number.POSITIVE_INFINITY) timer ??= getRunningLoop().callLater(this.rest, () => this.wake())
        yield* more
      }
      isOver = true
    } finally {
      timer?.cancel()
      if (!isOver) this.return() // cancelled: the other results are not taken
    }
    return this.take()
  }

  *#leave(): Coroutine<void> {
    this.return()
  }

  /** @internal */
  protected forAwait(item: T): A {
    return item as unknown as A // T, unless a subclass says otherwise
  }

  /** Done at the next `wake()`. @internal */
  protected more(): Future<void> {
    if (this.#waiter?.isOpen !== true) this.#waiter = new Future()
    return this.#waiter
  }

  /** @internal */
  protected wake(): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.finish()
  }
}

export const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

import { Ring } from '@spindle/loop/internal'
import { END, Results } from '../futures/results.ts'
import { bufferSizeOf } from './call-options.ts'
import type { CallPool, SubmittedCall } from './call-pool.ts'
import type { CallParts } from './pool-call.ts'

/** The items that a function yields on a worker. Leaving the iteration early requests the function to stop. */
export class StreamResults<T> extends Results<T> {
  /** @internal */
  static readonly className: string = 'StreamResults'

  readonly #pool: CallPool
  readonly #call: SubmittedCall
  readonly #items = new Ring<T>()
  readonly #bufferSize: number
  #taken = 0 // since the last report to the worker
  #isOver = false // left early, or at its end

  /** @internal */
  constructor(pool: CallPool, parts: CallParts) {
    super()
    this.#pool = pool
    this.#bufferSize = bufferSizeOf(parts.options)
    const onItem = (item: unknown): void => {
      if (this.#isOver || this.#call.future.settled) return // such as the items after one that can't be read
      this.#items.put(item as T)
      this.wake()
    }
    this.#call = pool.submit({ ...parts, onItem })
    this.#call.future.addDoneCallback(() => this.wake())
  }

  /** Ends the iteration early: cancels the call, or requests it to stop. */
  return(): IteratorResult<T, undefined> {
    this.#isOver = true
    this.#items.clear()
    this.#call.future.cancel()
    this.#call.future.ignoreException()
    return END
  }

  protected get isThere(): boolean {
    return this.#isOver || this.#items.length > 0 || this.#call.future.settled
  }

  protected get rest(): number {
    return Number.POSITIVE_INFINITY
  }

  protected take(): IteratorResult<T, undefined> {
    if (this.#items.length > 0) {
      const value = this.#items.get()
      if (++this.#taken * 2 >= this.#bufferSize) {
        this.#pool.grant(this.#call, this.#taken) // not for each item: that would be as many messages
        this.#taken = 0
      }
      return { done: false, value }
    }
    if (!this.#isOver) {
      this.#isOver = true
      this.#call.future.result({ timeout: 0 }) // throws the exception of the function
    }
    return END
  }
}

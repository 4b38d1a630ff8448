import type { Awaitable } from '../awaitable.ts'
import { RuntimeError } from '../errors.ts'
import type { EventLoop } from '../event-loop.ts'
import type { Future } from '../future.ts'

/**
 * What `runUntilComplete` waits for, however the loop is driven: the Future stops the loop when it is done.
 */
export class MainFuture<T> {
  readonly #future: Future<T>
  readonly #stop: () => void

  constructor(loop: EventLoop, awaitable: Awaitable<T> | PromiseLike<T>) {
    const future = loop.ensureFuture(awaitable) as Future<T>
    this.#future = future
    if (future.getLoop() !== loop) {
      throw new RangeError('The future belongs to a different loop than the one specified as the loop argument')
    }
    this.#stop = function runUntilCompleteCallback(): void {
      if (!future.cancelled()) future.exception() // who runs the loop is told of it: it is not lost
      loop.stop()
    }
    future.addDoneCallback(this.#stop)
  }

  detach(): void {
    this.#future.removeDoneCallback(this.#stop)
  }

  /** The run ended with `error`. If that is what the Future ended with, somebody knows of it now. */
  hasThrown(error: unknown): void {
    if (this.#future.hasException() && this.#future.peekException() === error) this.#future.exception()
  }

  result(): T {
    if (!this.#future.done()) throw new RuntimeError('Event loop stopped before Future completed.')
    return this.#future.result()
  }
}

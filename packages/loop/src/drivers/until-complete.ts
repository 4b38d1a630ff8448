import { RuntimeError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { AwaitableSource } from '../futures/awaitable.ts'
import { type Future, isFuture } from '../futures/future.ts'

/** Stops the loop when the Future of `runUntilComplete` is done, whichever driver the loop has. */
export class UntilComplete<T> {
  readonly #future: Future<T>
  readonly #stop: () => void
  #isOver = false

  constructor(loop: EventLoop, awaitable: AwaitableSource<T>) {
    const future = loop.ensureFuture(awaitable) as Future<T>
    this.#future = future
    if (future.getLoop() !== loop) {
      throw new RangeError('The future belongs to a different loop than the one specified as the loop argument')
    }
    const { runUntilCompleteCallback } = {
      // A property: the repr of the Future shows this name, and a minifier would rename a function.
      runUntilCompleteCallback: () => {
        if (this.#isOver) return // scheduled in the last iteration of its run: it must not stop the next one
        if (!future.cancelled()) future.exception() // the caller receives it, so it counts as retrieved
        loop.stop()
      },
    }
    this.#stop = runUntilCompleteCallback
    future.addDoneCallback(this.#stop)
  }

  detach(): void {
    this.#isOver = true
    this.#future.removeDoneCallback(this.#stop)
  }

  markRetrieved(error: unknown): void {
    if (this.#future.hasException() && this.#future.peekException() === error) this.#future.exception()
  }

  result(): T {
    if (!this.#future.done()) throw new RuntimeError('Event loop stopped before Future completed.')
    return this.#future.result()
  }

  /**
   * The result, for a promise. Rejects if the run ended before the Future: nothing could settle it any more, and the
   * program would hang or end without an error.
   */
  resultOrReject(): T {
    const result = this.result()
    if (!isFuture(result) || result.done() || result.getLoop() !== this.#future.getLoop()) return result
    throw new RuntimeError(
      `did you forget \`yield*\`? The result of the run is ${result}, which will never be done, as the run is over. Write \`return yield* …\``,
    )
  }
}

import { CancelledError, type EventLoop, Future } from '@spindle/loop'

/**
 * The Future of a promise. Cancelling it lets go of the promise, which cannot be cancelled itself.
 */
export class PromiseFuture<T> extends Future<T> {
  constructor(promise: PromiseLike<T>, loop: EventLoop) {
    super({ loop })
    loop.outside.hold()
    const settle = (how: () => void): void => {
      loop.outside.release()
      if (loop.driver === undefined) how()
      else loop.driver.wakeBy(how)
    }
    // A thenable that is no promise may call back twice, or at once, or with another promise: what resolve() makes of it does not.
    Promise.resolve(promise).then(
      (result) => settle(() => this.#fulfilled(result)),
      (error) => settle(() => this.#rejected(error)),
    )
  }

  override get reprName(): string {
    return 'Future'
  }

  override get label(): string {
    return 'promise'
  }

  #fulfilled(result: T): void {
    if (!this.done() && !this.getLoop().isClosed()) this.setResult(result)
  }

  #rejected(error: unknown): void {
    if (this.getLoop().isClosed()) return this.#reportLate(error)
    if (this.cancelled()) return this.#reportLate(error)
    if (error instanceof CancelledError) this.cancel(error.message)
    else this.setException(error)
  }

  /** Nobody waits any more. That the work was aborted is what was asked for; everything else should be known. */
  #reportLate(error: unknown): void {
    if (error instanceof CancelledError || (error instanceof Error && error.name === 'AbortError')) return
    const message = 'a promise that nobody waits for any more was rejected'
    this.getLoop().callExceptionHandler({ message, exception: error, future: this })
  }
}

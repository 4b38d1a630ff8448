import { CancelledError, type EventLoop, Future } from '@spindle/loop'
import { isError } from '@spindle/loop/internal'

/**
 * The Future of a promise. Cancelling it lets go of the promise, which cannot be cancelled itself.
 */
export class PromiseFuture<T> extends Future<T> {
  // Whether the promise is still counted among what may wake the loop.
  declare private held: boolean

  constructor(promise: PromiseLike<T>, loop: EventLoop) {
    super(loop.ownOptions)
    this.held = true
    loop.wakeSources.addPromise()
    // A thenable that is no promise may call back twice, or at once, or with another promise: what resolve() makes of it does not.
    Promise.resolve(promise).then(
      (result) => this.settled(true, result),
      (error) => this.settled(false, error),
    )
  }

  override get reprName(): string {
    return 'Future'
  }

  override get label(): string {
    return 'promise'
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    if (cancelled) this.release()
    return cancelled
  }

  private settled(isFulfilled: boolean, outcome: unknown): void {
    const loop = this.getLoop()
    this.release()
    if (this.done() || loop.isClosed()) return this.reportLate(isFulfilled, outcome)
    const driver = loop.driver
    const hasTurn = driver?.claimTurn() === true
    if (isFulfilled) this.setResult(outcome as T)
    else if (outcome instanceof CancelledError) this.cancel(outcome.message)
    else this.setException(outcome)
    if (hasTurn) driver?.runClaimedTurn()
  }

  private release(): void {
    if (this.held) this.getLoop().wakeSources.removePromise()
    this.held = false
  }

  /** Nobody waits any more. That the work was aborted is what was asked for; everything else should be known. */
  private reportLate(isFulfilled: boolean, error: unknown): void {
    if (isFulfilled || error instanceof CancelledError || (isError(error) && error.name === 'AbortError')) return
    const message = 'a promise that nobody waits for any more was rejected'
    this.getLoop().callExceptionHandler({ message, exception: error, future: this })
  }
}

// A callback passed to `promise.then()` stays with the promise until that settles. A cancelled Future must not stay
// with it: a program may wait for a long-lived promise again and again, each time for a while. So a Future passes a
// link, detaches from it when it is cancelled, and leaves the link for the next Future that waits for the same promise.
//
//   promise ──then──▶ PromiseLink ──▶ PromiseFuture          cancelled: the link stays, and is kept under its promise
//                          └── others ──▶ PromiseFuture …    further ones that wait for it

import { CancelledError, type EventLoop, Future } from '@spindle/loop'
import { isError } from '@spindle/loop/internal'

/**
 * The Future of a promise. Cancelling it lets go of the promise, which cannot be cancelled itself.
 */
export class PromiseFuture<T> extends Future<T> {
  private readonly link: PromiseLink
  // Whether the promise is still counted among what may wake the loop.
  private held: boolean

  constructor(promise: PromiseLike<T>, loop: EventLoop) {
    super(loop.ownOptions)
    this.held = true
    loop.wakeSources.addPromise()
    const known = anyLeft ? left.get(promise) : undefined
    this.link = known ?? new PromiseLink(promise)
    this.link.add(this as PromiseFuture<unknown>)
  }

  override get reprName(): string {
    return 'Future'
  }

  override get isPromise(): boolean {
    return true
  }

  override get label(): string {
    return 'promise'
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    if (cancelled) this.release()
    if (cancelled) this.link.remove(this as PromiseFuture<unknown>)
    return cancelled
  }

  /** @internal */
  settled(isFulfilled: boolean, outcome: unknown): void {
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

  /** Nothing waits any more. An AbortError is what the cancellation asked for; everything else should be reported. */
  private reportLate(isFulfilled: boolean, error: unknown): void {
    if (isFulfilled || error instanceof CancelledError || (isError(error) && error.name === 'AbortError')) return
    const message = 'a promise that nothing waits for any more was rejected'
    this.getLoop().callExceptionHandler({ message, exception: error, future: this })
  }
}

// The links of promises that are pending, and that a Future has let go of. Looked up only when there has been one.
const left = new WeakMap<object, PromiseLink>()
let anyLeft = false

class PromiseLink {
  // The key under which the link is kept.
  readonly #promise: PromiseLike<unknown>
  #future: PromiseFuture<unknown> | undefined = undefined
  #others: Set<PromiseFuture<unknown>> | undefined = undefined
  // The latest cancelled Future: it reports what nothing waits for.
  #cancelled: PromiseFuture<unknown> | undefined = undefined
  #isSettled = false

  constructor(promise: PromiseLike<unknown>) {
    this.#promise = promise
    // A thenable that is not a promise may call back twice, synchronously, or with another promise; the promise
    // resolve() makes of it does not.
    Promise.resolve(promise).then(
      (result) => this.#settle(true, result),
      (error) => this.#settle(false, error),
    )
  }

  add(future: PromiseFuture<unknown>): void {
    if (this.#future === undefined && this.#others === undefined) {
      this.#future = future
      return
    }
    this.#others ??= new Set()
    this.#others.add(future)
  }

  remove(future: PromiseFuture<unknown>): void {
    if (this.#isSettled) return
    if (this.#future === future) this.#future = undefined
    else this.#others?.delete(future)
    if (this.#others?.size === 0) this.#others = undefined
    this.#cancelled = future
    left.set(this.#promise, this)
    anyLeft = true
  }

  #settle(isFulfilled: boolean, outcome: unknown): void {
    this.#isSettled = true
    if (this.#cancelled !== undefined) left.delete(this.#promise)
    const future = this.#future ?? (this.#others === undefined ? this.#cancelled : undefined)
    const others = this.#others
    this.#future = undefined
    this.#others = undefined
    this.#cancelled = undefined
    future?.settled(isFulfilled, outcome)
    if (others !== undefined) for (const other of others) other.settled(isFulfilled, outcome)
  }
}

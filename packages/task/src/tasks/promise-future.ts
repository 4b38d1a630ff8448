// Hot path: bench/promise. A callback passed to `promise.then()` stays with the promise until that settles. Cancelled
// Futures must not pile up there: a program may wait for a long-lived promise again and again. So the first cancelled
// Future stays, with a link for the next Future that waits for the same promise.
//
//   promise ──then──▶ PromiseFuture                      while none was cancelled
//   promise ──then──▶ the first ──▶ PromiseLink ──▶ …    after a cancellation: the link is found by its promise

import { CancelledError, type EventLoop, Future } from '@spindle/loop'
import { isError } from '@spindle/loop/internal'

/** The Future of a promise. Cancelling it detaches it from the promise, which itself cannot be cancelled. */
export class PromiseFuture<T> extends Future<T> {
  // The promise; or its link, after a Future that waited for it was cancelled.
  private source: PromiseLike<T> | PromiseLink
  private isCounted: boolean

  constructor(promise: PromiseLike<T>, loop: EventLoop) {
    super(loop.ownOptions)
    this.source = promise
    this.isCounted = true
    loop.wakeSources.promises++
    const link = anyLeft ? left.get(promise) : undefined
    if (link === undefined) {
      // A thenable that is not a promise may call back twice, synchronously, or with another promise; the promise of
      // resolve() does not. Bound functions take less memory than closures, and a new closure is called through a stub
      // that looks up its code.
      Promise.resolve(promise).then(onFulfilled.bind(this), onRejected.bind(this))
    } else {
      this.source = link
      link.add(this as PromiseFuture<unknown>)
    }
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
    if (!super.cancel(message)) return false
    const waits = this.isCounted // false if the promise was just rejected with a CancelledError
    this.release()
    if (this.source instanceof PromiseLink) this.source.remove(this as PromiseFuture<unknown>)
    else if (waits) this.source = new PromiseLink(this.source, this as PromiseFuture<unknown>)
    return true
  }

  /** @internal */
  arrived(isFulfilled: boolean, outcome: unknown): void {
    if (anyLeft && this.source instanceof PromiseLink) this.source.settle(isFulfilled, outcome)
    else this.settled(isFulfilled, outcome)
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
    if (this.isCounted) this.getLoop().wakeSources.promises--
    this.isCounted = false
  }

  /** Reports an error that nothing waits for, except an AbortError, which the cancellation caused. */
  private reportLate(isFulfilled: boolean, error: unknown): void {
    if (isFulfilled || error instanceof CancelledError || (isError(error) && error.name === 'AbortError')) return
    const message = 'a promise that nothing waits for any more was rejected'
    this.getLoop().callExceptionHandler({ message, exception: error, future: this })
  }
}

function onFulfilled(this: PromiseFuture<unknown>, result: unknown): void {
  this.arrived(true, result)
}

function onRejected(this: PromiseFuture<unknown>, error: unknown): void {
  this.arrived(false, error)
}

// The links of pending promises that a Future has detached from. Looked up only after the first such case.
const left = new WeakMap<object, PromiseLink>()
let anyLeft = false

class PromiseLink {
  // The key of the link in `left`.
  readonly #promise: PromiseLike<unknown>
  #futures: Set<PromiseFuture<unknown>> | undefined = undefined
  // The latest cancelled Future: it reports errors that nothing waits for.
  #cancelled: PromiseFuture<unknown>
  #isSettled = false

  constructor(promise: PromiseLike<unknown>, cancelled: PromiseFuture<unknown>) {
    this.#promise = promise
    this.#cancelled = cancelled
    left.set(promise, this)
    anyLeft = true
  }

  add(future: PromiseFuture<unknown>): void {
    this.#futures ??= new Set()
    this.#futures.add(future)
  }

  remove(future: PromiseFuture<unknown>): void {
    if (this.#isSettled) return
    this.#futures?.delete(future)
    this.#cancelled = future
  }

  settle(isFulfilled: boolean, outcome: unknown): void {
    this.#isSettled = true
    if (left.get(this.#promise) === this) left.delete(this.#promise)
    const futures = this.#futures
    if (futures === undefined || futures.size === 0) return this.#cancelled.settled(isFulfilled, outcome)
    for (const future of futures) future.settled(isFulfilled, outcome)
  }
}

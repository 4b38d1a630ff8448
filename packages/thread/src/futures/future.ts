import {
  type Awaitable,
  CancelledError,
  InvalidStateError,
  Future as LoopFuture,
  RuntimeError,
  type Suspension,
  TimeoutError,
} from '@spindle/loop'
import { className, repr } from '@spindle/loop/internal'
import { getEventLoop, LoopBound } from '@spindle/task'
import { formatIdentity, newIdentity, printAsText } from '../shared-memory/identity.ts'
import { checkedTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { receive, waitUntil } from '../shared-memory/wakeup.ts'
import { isError } from '../transport/is-error.ts'
import { refuseToSend } from '../transport/serialize.ts'
import { hintWhenLong } from './long-wait.ts'
import { awaitCall } from './loop-future.ts'
import { UnretrievedCall } from './unretrieved-call.ts'

//   PENDING ──setRunningOrNotifyCancel──▶ RUNNING ──setResult, setException──▶ FINISHED
//      └──cancel──▶ CANCELLED ──setRunningOrNotifyCancel──▶ CANCELLED_AND_NOTIFIED
type State = 'PENDING' | 'RUNNING' | 'CANCELLED' | 'CANCELLED_AND_NOTIFIED' | 'FINISHED'

/** Called with the Future when it is done. */
export type FutureCallback = (future: Future) => unknown

/** The actions of an executor for the call of a Future. */
export interface SentCall {
  /** The name of the function. */
  readonly name?: string | undefined
  hasBegun(): boolean
  /** Whether it is with a worker that has no other call to run first. */
  readonly hasWorker?: boolean | undefined
  /** Why a free worker has not begun it, if known. */
  readonly obstacle?: string | undefined
  /** Takes it back from the queue or its worker. Returns false if it has begun. */
  takeBack(): boolean
  /** Whether it may begin at any moment, on another machine: the executor reports whether it was cancelled in time. */
  readonly mayBegin?: boolean | undefined
  /** Requests the running function to stop. */
  requestStop(): void
  /** Requests a stop; its worker ends after the grace time. Returns false if the call should be abandoned instead. */
  requestEnd?(graceTime: number | undefined): boolean
}

/** Called when a Future counts as done: it is finished, or its executor has seen that it was cancelled. */
export type FutureWatcher = (future: Future) => void

/**
 * The result of a call that an executor runs. `result()` blocks the thread until it is there, as in Python; `yield*
 * future` in a coroutine and `await future` elsewhere do not. It belongs to the thread that made it: its callbacks are
 * called there, when that thread waits or has nothing else to do.
 * Python: `concurrent.futures.Future`.
 *
 * @example
 * ```ts
 * const future = new concurrent.Future<number>() // executors make them; so does a test
 * future.addDoneCallback((done) => console.log(`${done.result()} is here`)) // prints: 42 is here
 * future.setResult(42)
 * console.log(future.result()) // prints: 42
 * ```
 */
export class Future<out T = unknown> implements Awaitable<T>, PromiseLike<T> {
  /** @internal */
  static readonly className: string = 'Future'

  static {
    printAsText(Future)
    refuseToSend(Future, 'the thread that made it', 'Send its result')
    refuseToSend(LoopFuture, 'the loops of this thread', 'Send its result')
    refuseToSend(LoopBound, 'the loops of this thread', 'Threads share the classes of `threading`, by the same names')
  }

  #state: State = 'PENDING'
  #outcome: unknown = undefined // the result; if #threw, the exception
  #threw = false
  // A Set costs more than all the rest of a Future, and few have watchers. Most have one callback: an array for each
  // would soon be allocated in the old generation, and might start a collection.
  #callbacks: FutureCallback | FutureCallback[] | undefined
  #watchers: Set<FutureWatcher> | undefined
  readonly #identity = newIdentity()
  #isRetrieved = false
  #unretrieved: UnretrievedCall | undefined
  // Set by the executor that has the call.
  #sent: SentCall | undefined

  /**
   * Cancels the call if it has not begun. A running call can't be cancelled, but receives a stop request; see
   * `stopRequested`. Whether a call on another machine has begun is known there: `cancel()` returns false, and the
   * Future is cancelled as soon as it is certain that the call never begins, or that its coroutine has cleaned up.
   * Python: `Future.cancel`.
   *
   * @returns whether it is cancelled now
   */
  cancel(): boolean {
    if (!this.isOpen) return this.#state !== 'FINISHED'
    const sent = this.#sent
    const isTakenBack = sent?.takeBack() === true
    if (!isTakenBack && (this.#isRunning || sent?.mayBegin === true)) {
      sent?.requestStop()
      this.ignoreException() // of a function that throws when it stops
      return false
    }
    this.#sent = undefined
    this.#state = isTakenBack ? 'CANCELLED_AND_NOTIFIED' : 'CANCELLED'
    if (isTakenBack) this.#notify()
    this.#callBack()
    return true
  }

  /** Whether the call was cancelled. Python: `Future.cancelled`. */
  cancelled(): boolean {
    return this.#state === 'CANCELLED' || this.#state === 'CANCELLED_AND_NOTIFIED'
  }

  /** Whether the call runs now, and can't be cancelled; false on another machine. Python: `Future.running`. */
  running(): boolean {
    this.#look()
    return this.#isRunning
  }

  get #isRunning(): boolean {
    return this.#state === 'RUNNING' || (this.#state === 'PENDING' && this.#sent?.hasBegun() === true)
  }

  /** Whether the call was cancelled or has ended. Python: `Future.done`. */
  done(): boolean {
    this.#look()
    return !this.isOpen
  }

  /**
   * The result. Blocks the thread until it is there, for `timeout` ms at most (default: forever).
   * Python: `Future.result`.
   *
   * @throws the exception of the call; CancelledError if it was cancelled; TimeoutError if it has not ended by then;
   * DeadlockError if it never will
   */
  result(options?: TimeoutOptions): T {
    this.#wait('result()', timeoutOf('Future.result()', options))
    this.ignoreException()
    if (this.#threw) throw this.#outcome
    return this.#outcome as T
  }

  /**
   * The exception of the call, undefined after a result. Blocks as `result` does. Python: `Future.exception`.
   *
   * @throws CancelledError if it was cancelled; TimeoutError if it has not ended by then; DeadlockError if it never
   * will
   */
  exception(options?: TimeoutOptions): unknown {
    this.#wait('exception()', timeoutOf('Future.exception()', options))
    this.ignoreException()
    return this.#threw ? this.#outcome : undefined
  }

  /**
   * Calls `callback` with this Future when it is done; at once, if it is. Callbacks run in the order they were added.
   * Their exceptions are reported. Python: `Future.add_done_callback`.
   */
  addDoneCallback(callback: FutureCallback): void {
    if (typeof callback !== 'function') throw new TypeError(`a callable object was expected, got ${repr(callback)}`)
    this.#look()
    this.#addCallback(callback)
  }

  #addCallback(callback: FutureCallback): void {
    this.ignoreException()
    if (!this.isOpen) this.#call(callback)
    else if (this.#callbacks === undefined) this.#callbacks = callback
    else if (typeof this.#callbacks === 'function') this.#callbacks = [this.#callbacks, callback]
    else this.#callbacks.push(callback)
  }

  /**
   * For executors: the call is about to begin. False if it was cancelled, and must not.
   * Python: `Future.set_running_or_notify_cancel`.
   *
   * @throws RuntimeError if it has begun already
   */
  setRunningOrNotifyCancel(): boolean {
    if (this.#state === 'CANCELLED') {
      this.#state = 'CANCELLED_AND_NOTIFIED'
      this.#notify()
      return false
    }
    if (this.#state !== 'PENDING') throw new RuntimeError('Future in unexpected state')
    this.#state = 'RUNNING'
    return true
  }

  /** For executors: the call has ended with a result. @throws InvalidStateError if it is done already */
  setResult(result: T): void {
    this.#settle(false, result)
  }

  /** For executors: the call has thrown `exception`. @throws InvalidStateError if it is done already */
  setException(exception: unknown): void {
    this.#settle(true, exception)
  }

  /**
   * Waits in a coroutine. If the caller is cancelled, this Future is cancelled, too. A running function receives a stop
   * request, and the caller waits until it has stopped; after `graceTime` it is ended with its worker.
   */
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return awaitCall<T>(this, getEventLoop())[Symbol.iterator]()
  }

  /** Waits in plain `async` code. */
  // biome-ignore lint/suspicious/noThenProperty: a Future is a thenable on purpose
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null | undefined,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null | undefined,
  ): Promise<A | B> {
    const promise = new Promise<T>((resolve, reject) => {
      this.#addCallback(() => {
        try {
          resolve(this.result())
        } catch (error) {
          reject(error)
        }
      })
    })
    return promise.then(onFulfilled, onRejected)
  }

  /** `<Future at 0x7f0000000010 state=finished returned string>` */
  toString(): string {
    const outcome =
      this.#state === 'FINISHED' ? ` ${this.#threw ? 'raised' : 'returned'} ${typeName(this.#outcome)}` : ''
    const isNext = this.#sent?.hasWorker === true
    const state = this.#isRunning || isNext ? 'running' : this.#state.replace('_AND_NOTIFIED', '').toLowerCase()
    return `<${className(this)} at ${formatIdentity(this.#identity)} state=${state}${outcome}>`
  }

  /** Whether waits for several Futures may count this one as done. @internal */
  get settled(): boolean {
    return this.#state === 'FINISHED' || this.#state === 'CANCELLED_AND_NOTIFIED'
  }

  /** Whether it is neither done nor cancelled. Unlike `done()` this receives no messages. @internal */
  get isOpen(): boolean {
    return this.#state === 'PENDING' || this.#state === 'RUNNING'
  }

  /** Sets the result unless it is done. @internal */
  finish(result: T): void {
    if (this.isOpen) this.setResult(result)
  }

  /** Whether it ended with an exception. @internal */
  get failed(): boolean {
    return this.#threw
  }

  /** For pools: a call of `name` has thrown. An exception that is never retrieved is printed. @internal */
  failCall(name: string, exception: unknown): void {
    this.setException(exception)
    if (this.#isRetrieved || exception instanceof CancelledError) return
    this.#unretrieved = new UnretrievedCall(this, name, exception)
  }

  /** Its exception was retrieved, or may be ignored. @internal */
  ignoreException(): void {
    this.#isRetrieved = true
    this.#unretrieved?.dismiss()
    this.#unretrieved = undefined
  }

  /** @internal */
  watch(watcher: FutureWatcher): void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  /** @internal */
  unwatch(watcher: FutureWatcher): void {
    this.#watchers?.delete(watcher)
  }

  /** `spin()`, for explanations, if an executor has the call. @internal */
  get label(): string | undefined {
    return this.#sent?.name && `${this.#sent.name}()`
  }

  /** Requests a running call to end within its grace time. Returns whether to wait for its end. @internal */
  stop(graceTime?: number): boolean {
    return this.isOpen && this.#sent?.requestEnd?.(graceTime) === true
  }

  /** An executor has the call. @internal */
  set sent(sent: SentCall) {
    this.#sent = sent
  }

  /** Receives messages for a caller that polls and never waits. */
  #look(): void {
    if (this.isOpen) receive(false)
  }

  #wait(caller: string, timeout: number | undefined): void {
    const done = (): boolean => !this.isOpen
    const limit = checkedTimeout(timeout)
    const what = (): string => `${caller} of ${this}`
    if (
      !done() &&
      !waitUntil(
        done,
        limit,
        what,
        hintWhenLong(what, () => this.#sent?.obstacle),
      )
    )
      throw new TimeoutError(`${what()} did not come within ${limit} ms`)
    if (this.cancelled()) throw new CancelledError()
  }

  #settle(threw: boolean, outcome: unknown): void {
    if (!this.isOpen) throw new InvalidStateError(`${this.#state}: ${this}`)
    this.#state = 'FINISHED'
    this.#threw = threw
    this.#outcome = outcome
    this.#sent = undefined
    this.#notify()
    this.#callBack()
  }

  #notify(): void {
    if (this.#watchers === undefined) return
    for (const watcher of [...this.#watchers]) watcher(this)
  }

  #callBack(): void {
    const callbacks = this.#callbacks
    if (callbacks === undefined) return
    this.#callbacks = undefined
    if (typeof callbacks === 'function') this.#call(callbacks)
    else for (const callback of callbacks) this.#call(callback)
  }

  #call(callback: FutureCallback): void {
    try {
      callback(this)
    } catch (error) {
      console.error(`exception calling callback for ${this}\n`, error)
    }
  }
}

function typeName(value: unknown): string {
  if (isError(value)) return value.name
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return value.constructor?.name ?? 'object'
}

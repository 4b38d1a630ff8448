// Hot path: bench/await-call, bench/for-each. The outcome of a Task that is cancelled while it waits for work outside
// of the loop. It depends on whether there is a `release`, whether the work was told to stop, and on whether it ended
// before the request or after it.
//
//   `release`   the work was    the request came       ▶ the Task gets
//   none        any             after the outcome        the value, and the CancelledError at its next await
//   none        not told        before it                the same
//   none        told            before it                a CancelledError; the value is dropped
//   given       any             any time                 a CancelledError, once `release` has got the value
//   any         abandoned       before the outcome       a CancelledError at once; `release` gets the late value
//
// A value that is dropped, or late, is discarded as discard.ts says.

import {
  CancelledError,
  type Coroutine,
  type EventLoop,
  type Future,
  getRunningLoop,
  type Suspension,
} from '@spindle/loop'
import {
  afterHostTurn,
  alreadyAwaited,
  ambient,
  blockedPromiseError,
  cancelledErrorWithoutStack,
  isThenable,
  RESUMED,
  realTimers,
} from '@spindle/loop/internal'
import { SingleWaiterFuture } from '../coroutines/single-waiter-future.ts'
import { sleep } from '../coroutines/sleep.ts'
import { awaitReturned } from '../tasks/await-returned.ts'
import { runningTask } from '../tasks/current-task.ts'
import type { Task } from '../tasks/task.ts'
import { type AbortControllerLike, createAbortController, type PlatformAbortSignal } from './abort-signal.ts'
import { calleeName } from './callee-name.ts'
import { callRelease, Discards, type ReleaseOption, remember } from './discard.ts'
import { isAbort } from './is-abort.ts'
import { cleanUp, uncancellable } from './uncancellable.ts'

interface CallFutureOptions<in T> {
  readonly abandonOnCancel?: boolean | undefined
  readonly graceTime?: number | undefined
  /** Called when the Task is cancelled: stops the work. What it returns is awaited besides the work. */
  readonly onCancel?: (() => unknown) | undefined
  readonly release?: ReleaseOption<T> | undefined
}

/** A Task that waits for a call was cancelled. */
interface Request {
  /** That of the latest request. */
  message: string | undefined
  /** Whether the work was told to stop before it ended. */
  isTold: boolean
  /** What `onCancel` returned, or a promise that rejects with what it threw. */
  stopping: unknown
  /** Whether the Task no longer waits for the work, which goes on. */
  isAbandoned: boolean
  /** Called when the time to clean up is over. */
  grace: (() => void) | undefined
  /** For the `graceTime`. */
  timer: { cancel(): void } | undefined
}

type Callee = (...args: never) => unknown

/** The result of a call, and the wait for it: one object, for the one Task that awaits it. */
export class CallFuture<T> extends SingleWaiterFuture<T> {
  private readonly kind: string
  private readonly options: CallFutureOptions<T>
  // Only for work that takes a signal: it is most of the cost of a call.
  private readonly controller: AbortControllerLike | undefined
  private readonly callee: Callee | undefined
  private isCounted: boolean
  private request: Request | undefined
  // Delivers the request.
  private delivery: Coroutine<T> | undefined

  /**
   * @param kind names it in explanations and errors
   * @param controller true makes one
   * @param callee names the work in explanations, besides `kind`
   */
  constructor(
    kind: string,
    options: CallFutureOptions<T>,
    controller: boolean | AbortControllerLike,
    callee?: Callee,
    loop: EventLoop = getRunningLoop(),
  ) {
    if (loop.blocking) throw blockedPromiseError(kind)
    super(loop.ownOptions)
    this.kind = kind
    this.options = options
    this.controller = controller === true ? createAbortController() : controller || undefined
    this.callee = callee
    this.isCounted = true
    this.request = undefined
    this.delivery = undefined
    loop.wakeSources.promises++
  }

  /** `call(fetch)` for `call((signal) => fetch(url, { signal }))`. */
  override get label(): string {
    return this.callee === undefined ? this.kind : this.kind.replace(')', `${calleeName(this.callee)})`)
  }

  /** Calls the work. @returns itself, to be awaited */
  begin(work: (signal: PlatformAbortSignal) => void): this {
    try {
      work(this.controller?.signal as PlatformAbortSignal) // the platform's signal, if the work takes one
    } catch (error) {
      this.release()
      throw error
    }
    return this
  }

  follow(promise: PromiseLike<T>): void {
    // A thenable that is not a promise may call back twice, or synchronously; the promise of resolve() does not.
    Promise.resolve(promise).then(this.fulfilled.bind(this), this.rejected.bind(this))
  }

  fulfilled(result: T): void {
    this.settleInline(true, result)
  }

  rejected(error: unknown): void {
    this.settleInline(false, error)
  }

  /** Pending again, for the next of several calls: its Task was the only one to know it. */
  override renew(): void {
    super.renew()
    this.isCounted = true
    this.request = undefined
    this.delivery = undefined
    this.getLoop().wakeSources.promises++
  }

  override [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this
  }

  next(resumed?: unknown): IteratorResult<Suspension, T> {
    if (this.request !== undefined) return this.deliver(this.request).next(resumed)
    if (this.done()) {
      this.resumed()
      runningTask()?.noteCalled()
      return { done: true, value: this.result() }
    }
    return resumed === RESUMED ? alreadyAwaited(this) : this.suspend()
  }

  override throw(error: unknown): IteratorResult<Suspension, T> {
    return this.delivery === undefined ? super.throw(error) : this.delivery.throw(error)
  }

  /** Accepts every request. The work receives the signal, and may take any time, like a Task that cleans up. */
  override cancel(message?: string): boolean {
    if (this.cancelled()) return false
    if (this.request !== undefined) {
      this.request.message = message
      return true
    }
    this.request = {
      message,
      isTold: false,
      stopping: undefined,
      isAbandoned: false,
      grace: undefined,
      timer: undefined,
    }
    if (this.done()) return true
    if (this.options.abandonOnCancel) this.abandon(this.request)
    else this.tellLater(this.request)
    return true
  }

  private tellLater(request: Request): void {
    const loop = this.getLoop()
    request.grace = () => this.abandon(request)
    loop.graces.add(request.grace)
    const { graceTime } = this.options
    if (graceTime !== undefined) request.timer = loop.callLater(graceTime, () => this.graceIsOver(request, graceTime))
    // After the work that the host has pending: a value that has arrived already is genuine, even behind many promises.
    // And the fetch() of Node 20 and 22 never ends a body that is aborted when all of it has arrived, but is not read.
    afterHostTurn(realTimers(), () => {
      if (!this.done()) this.tell(request)
    })
    const virtualTime = loop.driver?.virtualTime
    if (virtualTime !== undefined) virtualTime.hostHadTurn = false // so it does not jump before that
  }

  /** Whether there is a way to stop the work. */
  private get canBeTold(): boolean {
    return this.controller !== undefined || this.options.onCancel !== undefined
  }

  private tell(request: Request): void {
    if (request.isTold || !this.canBeTold) return
    request.isTold = true
    this.controller?.abort() // may call back at once
    const { onCancel } = this.options
    if (onCancel !== undefined) {
      try {
        request.stopping = onCancel()
      } catch (error) {
        request.stopping = Promise.reject(error)
      }
      // Awaited later, unless the work is abandoned.
      if (isThenable(request.stopping)) request.stopping.then(undefined, () => {})
    }
  }

  private graceIsOver(request: Request, graceTime: number): void {
    const message = `${this.label} has not ended ${graceTime} ms after its Task was cancelled, and is left running`
    this.getLoop().callExceptionHandler({ message, future: this })
    this.abandon(request)
  }

  private abandon(request: Request): void {
    request.isAbandoned = true
    this.endCancelled(request)
    this.tell(request)
  }

  private endCancelled({ message }: Request): void {
    super.cancel(message)
    this.release()
  }

  private release(): void {
    if (this.isCounted) this.getLoop().wakeSources.promises--
    this.isCounted = false
    if (this.request?.grace === undefined) return
    this.getLoop().graces.delete(this.request.grace)
    this.request.timer?.cancel()
  }

  resolve(result: T): void {
    this.release()
    if (this.isLate) this.dropLate(result)
    else if (this.request?.isTold && this.options.release === undefined) this.drop(this.request, result)
    else {
      remember(result, this.options.release)
      this.setResult(result)
    }
  }

  reject(error: unknown): void {
    this.release()
    const { request } = this
    const isAborted = request !== undefined && isAbort(error, this.controller?.signal)
    if (this.isLate) {
      if (!this.request?.isTold) reportLate(this, error)
    } else if (request === undefined) this.setException(error)
    else if (isAborted) this.endCancelled(request)
    else this.setException(withCause(request.message, error))
  }

  private get isLate(): boolean {
    return this.done() || this.getLoop().isClosed()
  }

  private drop(request: Request, result: T): void {
    this.discard(`${this.label} was told to abort, and ended all the same`, result)
    this.endCancelled(request)
  }

  private dropLate(result: T): void {
    this.discard(`${this.label} was left behind, and has ended now`, result)
  }

  private discard(where: string, result: T): void {
    new Discards(this.getLoop(), where, this.options.release).add(result)
  }

  /** In a callback of a promise, which has the stack to itself: if the loop sleeps, the Task resumes right here. */
  private settleInline(isFulfilled: boolean, outcome: unknown): void {
    const driver = this.getLoop().driver
    const hasTurn = driver?.claimTurn() === true
    try {
      if (isFulfilled) this.resolve(outcome as T)
      else this.reject(outcome)
    } finally {
      if (hasTurn) driver?.runClaimedTurn()
    }
  }

  private deliver(request: Request): Coroutine<T> {
    this.delivery ??= this.delivering(request)
    return this.delivery
  }

  /** Delivers a request that arrived during the wait, without losing the outcome. */
  private *delivering(request: Request): Coroutine<T> {
    const { release } = this.options
    const { message } = request
    try {
      let result: T
      try {
        result = this.result()
      } catch (error) {
        // It had failed before it was cancelled.
        throw error instanceof CancelledError ? error : withCause(message, error)
      }
      const task = runningTask() as Task // it has waited
      if (release === undefined) {
        task.putOffCancel(message)
        task.noteCalled()
        return result
      }
      task.redeliverCancel(message)
      yield* uncancellable(() => releasing(release, result))
      yield* sleep(0) // throws it
      throw cancelledErrorWithoutStack(message) // the request was retracted, but there is no result either
    } catch (error) {
      if (error instanceof CancelledError && !request.isAbandoned) yield* this.stopped(request, error)
      throw error
    }
  }

  /** Waits until `onCancel` has stopped the work. */
  private *stopped({ stopping }: Request, error: CancelledError): Coroutine<void> {
    if (stopping === undefined) return
    try {
      yield* cleanUp(() => awaitReturned(stopping))
    } catch (cause) {
      if (!isAbort(cause, this.controller?.signal)) error.cause ??= cause
    }
  }
}

/** Whether the Task should end, and no work be started for it: its next wait throws the CancelledError. */
export function isCancelPending(): boolean {
  return (ambient.runningLoop?.currentTask as Task | undefined)?.cancelPending === true
}

/** Whether a request was put off: asyncio has no such requests, which reach a Task between two of its waits. */
export function isCancelPutOff(): boolean {
  return (ambient.runningLoop?.currentTask as Task | undefined)?.isCancelPutOff === true
}

function* releasing<T>(release: ReleaseOption<T>, value: T): Coroutine<void> {
  yield* awaitReturned(callRelease(release, value))
}

function withCause(message: string | undefined, cause: unknown): Error {
  const error = cancelledErrorWithoutStack(message)
  error.cause = cause
  return error
}

function reportLate(future: Future, exception: unknown): void {
  const message = `the work of a ${future.label} failed after its waiter was cancelled`
  future.getLoop().callExceptionHandler({ message, exception, future })
}

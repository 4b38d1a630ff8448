// The outcome of a Task that is cancelled while it waits for work outside of the loop. It depends on whether the work
// was told to stop, and on whether it ended before the request or after it.
//
//                 the request came       ▶ the Task gets
//   any           after the outcome        the value, and the CancelledError at its next await
//   not told      before it                the same
//   told          before it                a CancelledError; `release` gets the value
//   abandoned     before it                a CancelledError at once; `release` gets the value when it arrives

import { CancelledError, type Coroutine } from '@spindle/loop'
import { cancelledErrorWithoutStack, HostFuture, resumeInline } from '@spindle/loop/internal'
import { sleep } from '../coroutines/sleep.ts'
import { awaitReturned } from '../tasks/await-returned.ts'
import { currentTask } from '../tasks/current-task.ts'
import type { Task } from '../tasks/task.ts'
import { createAbortController, type PlatformAbortSignal } from './abort-signal.ts'
import { calleeName } from './callee-name.ts'
import { isAbort } from './is-abort.ts'
import { uncancellable } from './uncancellable.ts'

type AbortControllerLike = ReturnType<typeof createAbortController>

interface CallFutureOptions<in T> {
  readonly abandonOnCancel?: boolean | undefined
  readonly release?: ((value: T) => unknown) | undefined
}

/** The latest request to cancel a Task that waits for a call. */
interface Request {
  readonly message: string | undefined
}

/** Work outside of the loop, for a Task that waits for it by `outcomeOf`. */
export class CallFuture<T> extends HostFuture<T> {
  /** The latest request, if there was one while the Task waited. */
  request: Request | undefined
  /** Whether the signal aborted before the value arrived. */
  isSuspect: boolean
  /** Whether the Task no longer waits for the work, which goes on. */
  isAbandoned: boolean
  readonly releaseValue: ((value: T) => unknown) | undefined
  // Only for work that takes a signal: it is most of the cost of a call.
  readonly #controller: AbortControllerLike | undefined
  readonly #abandonOnCancel: boolean
  readonly #work: ((...args: never) => unknown) | undefined
  // Set while the work stops.
  #grace: (() => void) | undefined

  /** @param work names it in explanations, besides `label` */
  constructor(
    label: string,
    options: CallFutureOptions<T>,
    controller: boolean | AbortControllerLike,
    work?: (...args: never) => unknown,
  ) {
    super(label)
    this.#work = work
    this.#grace = undefined
    this.request = undefined
    this.isSuspect = false
    this.isAbandoned = false
    this.releaseValue = options.release
    this.#controller = controller === true ? createAbortController() : controller || undefined
    this.#abandonOnCancel = options.abandonOnCancel === true
  }

  /** `call(fetch)` for `call((signal) => fetch(url, { signal }))`. */
  override get label(): string {
    return this.#work === undefined ? super.label : super.label.replace(')', `${calleeName(this.#work)})`)
  }

  begin(work: (signal: PlatformAbortSignal) => void): void {
    try {
      work(this.#controller?.signal as PlatformAbortSignal) // the platform's signal, if the work takes one
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** Accepts every request. The work receives the signal, and may take any time, like a Task that cleans up. */
  override cancel(message?: string): boolean {
    if (this.cancelled()) return false
    const isFirst = this.request === undefined
    this.request = { message }
    if (this.done()) return true
    if (this.#abandonOnCancel) this.#abandon()
    else if (isFirst) {
      this.#grace = () => this.#abandon()
      this.getLoop().graces.add(this.#grace)
      // Later: its promise may have settled in this very turn, and a value that existed before is not suspect.
      if (this.#controller !== undefined) Promise.resolve().then(() => this.#abort())
    }
    return true
  }

  protected override release(): void {
    super.release()
    if (this.#grace !== undefined) this.getLoop().graces.delete(this.#grace)
  }

  override resolve(result: T): void {
    if (this.isLate()) this.#dropLate(result)
    else if (this.isSuspect && this.releaseValue === undefined) this.#drop(result)
    else this.setResult(result)
  }

  override reject(error: unknown): void {
    const isAborted = this.request !== undefined && isAbort(error, this.#controller?.signal)
    if (this.isLate()) {
      if (!isAborted) reportLate(this, error)
    } else if (this.request === undefined) this.setException(error)
    else if (isAborted) super.cancel(this.request.message)
    else this.setException(withCause(this.request.message, error))
  }

  #abandon(): void {
    this.isAbandoned = true
    super.cancel(this.request?.message)
    this.#controller?.abort()
  }

  #abort(): void {
    if (this.done()) return
    this.isSuspect = true
    this.#controller?.abort() // may call back at once
  }

  #drop(result: T): void {
    this.getLoop().probe?.valueDropped?.(`${this.label} was told to abort, and ended all the same`, result)
    super.cancel(this.request?.message)
  }

  #dropLate(result: T): void {
    const loop = this.getLoop()
    if (this.releaseValue === undefined) {
      loop.probe?.valueDropped?.(`${this.label} was left behind, and has ended now`, result)
    } else if (loop.isClosed()) {
      this.releaseValue(result) // its result cannot be awaited any more
    } else loop.createTask(releasing(this.releaseValue, result))
  }
}

/** Settles the Future of a call when a promise does. */
export function settleWith<T>(future: CallFuture<T>, promise: PromiseLike<T>): void {
  const loop = future.getLoop()
  // A thenable that is not a promise may call back twice, or synchronously; the promise of resolve() does not.
  Promise.resolve(promise).then(
    (result) => resumeInline(loop, () => future.resolve(result)),
    (error) => resumeInline(loop, () => future.reject(error)),
  )
}

/** Throws a pending cancellation, so that no work is started for a Task that should end. */
export function* throwIfCancelled(): Coroutine<void> {
  if (currentTask()?.cancelPending) yield* sleep(0)
}

/** Waits for the outcome of a call, and delivers a request that arrived during the wait without losing the outcome. */
export function* outcomeOf<T>(future: CallFuture<T>): Coroutine<T> {
  let result: T
  try {
    result = yield* future
  } catch (error) {
    // It had failed before it was cancelled.
    const isCancel = error instanceof CancelledError
    throw future.request === undefined || isCancel ? error : withCause(future.request.message, error)
  }
  if (future.request === undefined) return result
  const task = currentTask() as Task // it has waited
  const { releaseValue, isSuspect } = future
  task.redeliverCancel(future.request.message)
  if (!isSuspect) return result
  if (releaseValue !== undefined) yield* uncancellable(() => releasing(releaseValue, result))
  yield* sleep(0) // throws it
  throw cancelledErrorWithoutStack(future.request.message) // the request was retracted, but there is no result either
}

function* releasing<T>(release: (value: T) => unknown, value: T): Coroutine<void> {
  yield* awaitReturned(release(value))
}

function withCause(message: string | undefined, cause: unknown): Error {
  const error = cancelledErrorWithoutStack(message)
  error.cause = cause
  return error
}

/** Reports a failure of work that nothing waits for any more. */
function reportLate(future: HostFuture<unknown>, exception: unknown): void {
  const message = `the work of a ${future.label} failed after its waiter was cancelled`
  future.getLoop().callExceptionHandler({ message, exception, future })
}

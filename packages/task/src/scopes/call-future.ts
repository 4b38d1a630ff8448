// Hot path: bench/await-call, bench/for-each. The outcome of a Task that is cancelled while it waits for work outside
// of the loop. It depends on whether the work was told to stop, and on whether it ended before the request or after it.
//
//                 the request came       ▶ the Task gets
//   any           after the outcome        the value, and the CancelledError at its next await
//   not told      before it                the same
//   told          before it                a CancelledError; `release` gets the value
//   abandoned     before it                a CancelledError at once; `release` gets the value when it arrives

import { CancelledError, type Coroutine, type Suspension } from '@spindle/loop'
import {
  ambient,
  cancelledErrorWithoutStack,
  HostFuture,
  resumeInline,
  SuspendedCoroutine,
} from '@spindle/loop/internal'
import { sleep } from '../coroutines/sleep.ts'
import { awaitReturned } from '../tasks/await-returned.ts'
import { runningTask } from '../tasks/current-task.ts'
import type { Task } from '../tasks/task.ts'
import { createAbortController, type PlatformAbortSignal } from './abort-signal.ts'
import { calleeName } from './callee-name.ts'
import { isAbort } from './is-abort.ts'
import { uncancellable } from './uncancellable.ts'

type AbortControllerLike = ReturnType<typeof createAbortController>

interface CallFutureOptions<in T> {
  readonly abandonOnCancel?: boolean | undefined
  readonly release?: ((value: T) => unknown) | undefined
  /** Awaited before the Task gets its CancelledError. */
  readonly whenCancelled?: ((isAbandoned: boolean) => Coroutine<void>) | undefined
}

/** The latest request to cancel a Task that waits for a call. */
interface Request {
  readonly message: string | undefined
}

type Callee = (...args: never) => unknown

type CallWork<T> = (signal: PlatformAbortSignal, future: CallFuture<T>) => void

export class CallFuture<T> extends HostFuture<T> {
  /** The latest request, if there was one while the Task waited. */
  request: Request | undefined
  /** Whether the signal aborted before the value arrived. */
  isSuspect: boolean
  /** Whether the Task no longer waits for the work, which goes on. */
  isAbandoned: boolean
  readonly options: CallFutureOptions<T>
  // Only for work that takes a signal: it is most of the cost of a call.
  readonly #controller: AbortControllerLike | undefined
  readonly #callee: Callee | undefined
  #grace: (() => void) | undefined

  constructor({ kind, options, controller, callee }: CallWait<T>) {
    super(kind)
    this.request = undefined
    this.isSuspect = false
    this.isAbandoned = false
    this.options = options
    this.#controller = controller === true ? createAbortController() : controller || undefined
    this.#callee = callee
    this.#grace = undefined
  }

  /** `call(fetch)` for `call((signal) => fetch(url, { signal }))`. */
  override get label(): string {
    return this.#callee === undefined ? super.label : super.label.replace(')', `${calleeName(this.#callee)})`)
  }

  begin(work: CallWork<T>): void {
    try {
      work(this.#controller?.signal as PlatformAbortSignal, this) // the platform's signal, if the work takes one
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
    if (this.options.abandonOnCancel) this.#abandon()
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
    else if (this.isSuspect && this.options.release === undefined) this.#drop(result)
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
    const { release } = this.options
    if (release === undefined) {
      loop.probe?.valueDropped?.(`${this.label} was left behind, and has ended now`, result)
    } else if (loop.isClosed()) {
      release(result) // its result cannot be awaited any more
    } else loop.createTask(releasing(release, result))
  }
}

/** Whether the Task should end, and no work be started for it: its next wait throws the CancelledError. */
export function isCancelPending(): boolean {
  return (ambient.runningLoop?.currentTask as Task | undefined)?.cancelPending === true
}

/** The wait of a Task for one call, or for several, one after another. */
export class CallWait<T> extends SuspendedCoroutine<T> {
  declare future: CallFuture<T>
  readonly kind: string
  readonly options: CallFutureOptions<T>
  readonly controller: boolean | AbortControllerLike
  readonly callee: Callee | undefined
  private readonly onFulfilled: (result: T) => void
  private readonly onRejected: (error: unknown) => void
  // Set if the Task was cancelled while it waited.
  private outcome: Coroutine<T> | undefined

  /** @param callee names the work in explanations, besides `kind` */
  constructor(kind: string, options: CallFutureOptions<T>, controller: boolean | AbortControllerLike, callee?: Callee) {
    super(undefined)
    this.kind = kind
    this.options = options
    this.controller = controller
    this.callee = callee
    this.onFulfilled = (result) => this.settle(() => this.future.resolve(result))
    this.onRejected = (error) => this.settle(() => this.future.reject(error))
    this.outcome = undefined
  }

  get name(): string {
    return 'call'
  }

  /** Calls the work. @returns itself, to be awaited */
  begin(work: CallWork<T>): this {
    this.future = new CallFuture<T>(this)
    this.outcome = undefined
    this.future.begin(work)
    return this
  }

  follow(promise: PromiseLike<T>): void {
    // A thenable that is not a promise may call back twice, or synchronously; the promise of resolve() does not.
    Promise.resolve(promise).then(this.onFulfilled, this.onRejected)
  }

  override next(resumed?: unknown): IteratorResult<Suspension, T> {
    if (this.outcome === undefined) {
      if (this.future.request === undefined) return super.next(resumed)
      this.outcome = outcomeOf(this.future)
    }
    return this.outcome.next(resumed)
  }

  override throw(error: unknown): IteratorResult<Suspension, T> {
    return this.outcome === undefined ? super.throw(error) : this.outcome.throw(error)
  }

  private settle(by: () => void): void {
    resumeInline(this.future.getLoop(), by)
  }
}

/** Delivers a request that arrived during the wait, without losing the outcome. */
function* outcomeOf<T>(future: CallFuture<T>): Coroutine<T> {
  const message = future.request?.message
  try {
    let result: T
    try {
      result = future.result()
    } catch (error) {
      // It had failed before it was cancelled.
      throw error instanceof CancelledError ? error : withCause(message, error)
    }
    const task = runningTask() as Task // it has waited
    task.redeliverCancel(message)
    const { isSuspect, options } = future
    if (!isSuspect) return result
    const { release } = options
    if (release !== undefined) yield* uncancellable(() => releasing(release, result))
    yield* sleep(0) // throws it
    throw cancelledErrorWithoutStack(message) // the request was retracted, but there is no result either
  } catch (error) {
    const { whenCancelled } = future.options
    if (error instanceof CancelledError && whenCancelled) yield* whenCancelled(future.isAbandoned)
    throw error
  }
}

function* releasing<T>(release: (value: T) => unknown, value: T): Coroutine<void> {
  yield* awaitReturned(release(value))
}

function withCause(message: string | undefined, cause: unknown): Error {
  const error = cancelledErrorWithoutStack(message)
  error.cause = cause
  return error
}

function reportLate(future: HostFuture<unknown>, exception: unknown): void {
  const message = `the work of a ${future.label} failed after its waiter was cancelled`
  future.getLoop().callExceptionHandler({ message, exception, future })
}

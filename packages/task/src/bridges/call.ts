import type { Coroutine } from '@spindle/loop'
import {
  cancelledErrorWithoutStack,
  checkOptions,
  HostFuture,
  isThenable,
  repr,
  resumeInline,
} from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { createAbortController, type PlatformAbortSignal } from '../scopes/abort-signal.ts'
import type { AbortSignalLike } from '../scopes/link-to-signal.ts'

const OPTIONS: readonly string[] = ['abandonOnCancel']

/** How `call` and `callBack` behave. */
export interface CallOptions {
  /**
   * What a cancelled Task does after it has aborted the signal: wait until the work has really stopped (false), or
   * leave it behind (true): for work that takes no notice of the signal.
   * @default false
   */
  readonly abandonOnCancel?: boolean | undefined
}

/**
 * Calls a function that returns a promise, and waits for its result. If the function declares a parameter (a rest
 * parameter does not count), it receives an AbortSignal, to pass on to `fetch` or whatever it calls. Cancelled while
 * waiting: the signal aborts, and the CancelledError is thrown when the promise has settled, so that no work continues
 * unseen, however often the Task is cancelled. If the work then fails otherwise than by an `AbortError`, that is the
 * `cause` of the CancelledError. A promise that exists already is awaited by `yield* ensureFuture(promise)`.
 * @throws what the function or the promise does; RuntimeError in a blocking run, where no promise could settle
 *
 * @example
 * ```ts
 * import { setTimeout } from 'node:timers/promises'
 * import { call, type Coroutine, run, timeout } from 'spindle'
 *
 * function* main(): Coroutine<void> {
 *   console.log(yield* call((signal) => setTimeout(10, 'in time', { signal }))) // prints: in time
 *   yield* timeout(10, () => call((signal) => setTimeout(60_000, 'too late', { signal })))
 * }
 * await run(main()).catch((error) => console.log(error.name)) // prints: TimeoutError
 * ```
 */
export function call<T>(
  work: (signal: PlatformAbortSignal) => PromiseLike<T>,
  options: CallOptions = {},
): Coroutine<T> {
  checkWork('call', work)
  checkOptions('call()', options, OPTIONS)
  return calling(work, options)
}

/**
 * Like `call`, for a function in Node's callback style: it receives the callback to pass on, and an AbortSignal. The
 * callback takes an error or `null`, and the result; of several results the first.
 * @throws the error the callback gets; what the function throws; RuntimeError in a blocking run
 *
 * @example
 * ```ts
 * import { stat, type Stats } from 'node:fs'
 * import { type Coroutine, callBack, run } from 'spindle'
 *
 * function* main(): Coroutine<void> {
 *   const stats = yield* callBack<Stats>((callback) => stat('.', callback))
 *   console.log(stats.isDirectory()) // prints: true
 * }
 * await run(main())
 * ```
 */
export function callBack<T>(
  work: (callback: (error: unknown, result?: T) => void, signal: PlatformAbortSignal) => unknown,
  options: CallOptions = {},
): Coroutine<T> {
  checkWork('callBack', work)
  checkOptions('callBack()', options, OPTIONS)
  return callingBack(work, options)
}

const calling = coroutine(function* call<T>(
  work: (signal: PlatformAbortSignal) => PromiseLike<T>,
  options: CallOptions,
): Coroutine<T> {
  const future = new CallFuture<T>('call()', options, work.length > 0)
  const loop = future.getLoop()
  future.begin((signal) => {
    const promise: unknown = work(signal)
    if (!isThenable<T>(promise)) {
      throw new TypeError(`call() takes a function that returns a promise, but it returned ${repr(promise)}`)
    }
    // A thenable that is not a promise may call back twice, or synchronously; the promise resolve() makes of it does
    // not.
    Promise.resolve(promise).then(
      (result) => resumeInline(loop, () => future.resolve(result)),
      (error) => resumeInline(loop, () => future.reject(error)),
    )
  })
  return yield* future
})

const callingBack = coroutine(function* callBack<T>(
  work: (callback: (error: unknown, result?: T) => void, signal: PlatformAbortSignal) => unknown,
  options: CallOptions,
): Coroutine<T> {
  const future = new CallFuture<T>('callBack()', options, work.length > 1)
  future.begin((signal) => {
    work((error, result) => {
      if (error === null || error === undefined)
        future.resolve(result as T) // no error: there is a result
      else future.reject(error)
    }, signal)
  })
  return yield* future
})

type AbortControllerLike = ReturnType<typeof createAbortController>

class CallFuture<T> extends HostFuture<T> {
  // Only for work that takes a signal: it is most of what a call costs.
  readonly #controller: AbortControllerLike | undefined
  readonly #abandonOnCancel: boolean
  // Of the latest cancel(); what the work ends with is a CancelledError then.
  #cancelled: { readonly message: string | undefined } | undefined

  constructor(label: string, options: CallOptions, takesSignal: boolean) {
    super(label)
    this.#controller = takesSignal ? createAbortController() : undefined
    this.#abandonOnCancel = options.abandonOnCancel === true
    this.#cancelled = undefined
  }

  begin(work: (signal: PlatformAbortSignal) => void): void {
    try {
      work(this.#controller?.signal as PlatformAbortSignal) // the platform's, where one is taken
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** The work is asked to abort, and takes as long as it takes, like a Task that cleans up. */
  override cancel(message?: string): boolean {
    if (this.done()) return super.cancel(message)
    this.#cancelled = { message }
    if (this.#abandonOnCancel) super.cancel(message)
    this.#controller?.abort() // may call back at once
    return true
  }

  override resolve(result: T): void {
    if (this.#cancelled === undefined) super.resolve(result)
    else if (!this.isLate()) super.cancel(this.#cancelled.message)
  }

  override reject(error: unknown): void {
    const isAborted = this.#cancelled !== undefined && isAbort(error, this.#controller?.signal)
    if (this.isLate()) {
      if (!isAborted) reportLate(this, error)
    } else if (this.#cancelled === undefined) super.reject(error)
    else if (isAborted) super.cancel(this.#cancelled.message)
    else super.reject(withCause(this.#cancelled.message, error))
  }
}

function checkWork(caller: string, work: unknown): void {
  if (typeof work === 'function') return
  const hint = isThenable(work) ? '. A promise is awaited by `yield* ensureFuture(promise)`' : ''
  throw new TypeError(`${caller}() takes a function, got ${repr(work)}${hint}`)
}

function isAbort(error: unknown, signal: AbortSignalLike | undefined): boolean {
  return (signal !== undefined && error === signal.reason) || (error instanceof Error && error.name === 'AbortError')
}

function withCause(message: string | undefined, cause: unknown): Error {
  const error = cancelledErrorWithoutStack(message)
  error.cause = cause
  return error
}

/** Nothing waits for the work any more, but its failure should be reported. */
function reportLate(future: HostFuture<unknown>, exception: unknown): void {
  const message = `the work of a ${future.label} failed after its waiter was cancelled`
  future.getLoop().callExceptionHandler({ message, exception, future })
}

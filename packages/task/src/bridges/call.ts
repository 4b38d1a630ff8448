import { type Coroutine, RuntimeError, type Suspension } from '@spindle/loop'
import { CoroutineObject, checkGraceTime, checkOptions, isThenable, repr } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { neverAwaited, type Watched } from '../coroutines/never-awaited.ts'
import { sleep } from '../coroutines/sleep.ts'
import type { PlatformAbortSignal } from '../scopes/abort-signal.ts'
import { CallFuture, isCancelPending } from '../scopes/call-future.ts'
import { checkBound } from '../scopes/check-bound.ts'
import { checkRelease, type ReleaseOption } from '../scopes/discard.ts'

const OPTIONS: readonly string[] = ['abandonOnCancel', 'graceTime', 'onCancel', 'release']
const NO_OPTIONS = {}

/** How `call` and `callBack` behave. */
export interface CallOptions<in T = never> {
  /**
   * The behaviour of a cancelled Task after it has aborted the signal: wait until the work has stopped (false), or
   * return at once (true), for work that ignores the signal. The value of abandoned work is dropped.
   * @default false
   */
  readonly abandonOnCancel?: boolean | undefined
  /**
   * How many ms the work has to end when the Task is cancelled; then it is left running, and that is reported.
   * @default no limit
   */
  readonly graceTime?: number | undefined
  /**
   * Stops the work when the Task is cancelled, if it has a way of its own, such as `query.cancel()`. A promise or an
   * awaitable that it returns is awaited besides the work.
   * @default none
   */
  readonly onCancel?: (() => unknown) | undefined
  /**
   * Receives the value if the caller is cancelled, before the caller gets its CancelledError. If it returns a promise
   * or an awaitable, that is awaited. `'dispose'` calls the `[Symbol.asyncDispose]` or `[Symbol.dispose]` of the value.
   * @default the value is returned, or dropped if the work was told to stop
   */
  readonly release?: ReleaseOption<T> | undefined
}

/**
 * Calls a function that returns a promise, and waits for its result. If the function declares a parameter, it receives
 * an AbortSignal, to pass on to `fetch` or another API. A parameter with a default and a rest parameter do not count:
 * the lint rule `no-unseen-signal` finds them. To await an existing promise, use `yield* ensureFuture(promise)`.
 *
 * If the caller is cancelled while waiting, it continues once the promise has settled, however often it is cancelled,
 * so that no work continues unnoticed. The result is not lost:
 *
 * - A function without a parameter cannot be stopped, so its result is returned, and the CancelledError is thrown at
 *   the next await. A `timeout()` around the call then returns late, and without an error. The same applies to a
 *   result that had arrived before the cancellation.
 * - A function that takes the signal can stop: the CancelledError is thrown. If the function returns a result even so,
 *   `release` receives it first. Any error other than an `AbortError` becomes the `cause`.
 *
 * With a `release`, it receives whatever the cancelled call returns, and the CancelledError is thrown.
 *
 * If the Task is cancelled already, the function is not called: a call that cleans up belongs in `uncancellable`, as in
 * `finally { yield* uncancellable(() => call(() => channel.cancel(tag))) }`, or a second cancellation skips it.
 * @param work starts the work; the signal aborts when the Task is cancelled
 * @param options `release` receives the result of a cancelled call
 * @throws the error of the function or the promise; TypeError for a bound function that takes arguments; RuntimeError
 * in a blocking run, where no promise could settle
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
  options: CallOptions<T> = NO_OPTIONS,
): Coroutine<T> {
  checkWork('call', work, 0)
  checkCallOptions('call()', options)
  return new Call(work, options).asCoroutine()
}

/**
 * Like `call`, for a function in Node's callback style: it receives the callback to pass on, and an AbortSignal. The
 * callback takes an error or `null`, and the result; further results are ignored.
 * @param work starts the work, and passes it the callback `(error, result) => …`
 * @throws the error passed to the callback; the exception of the function; RuntimeError in a blocking run
 *
 * @example
 * ```ts
 * import { stat, type Stats } from 'node:fs'
 * import { type Coroutine, run } from 'spindle'
import { callBack } from 'spindle/more'
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
  options: CallOptions<T> = NO_OPTIONS,
): Coroutine<T> {
  checkWork('callBack', work, 1)
  checkCallOptions('callBack()', options)
  return callingBack(work, options)
}

/** The coroutine of `call`. A generator would take half of the time of a call. */
class Call<T> extends CoroutineObject<T> implements Watched {
  private readonly work: (signal: PlatformAbortSignal) => PromiseLike<T>
  private readonly options: CallOptions<T>
  private state: 'created' | 'watched' | 'adopted' | 'started'

  constructor(work: (signal: PlatformAbortSignal) => PromiseLike<T>, options: CallOptions<T>) {
    super()
    this.work = work
    this.options = options
    this.state = 'created'
    neverAwaited.watch(this)
  }

  get name(): string {
    return 'call'
  }

  get fn(): typeof call {
    return call
  }

  get started(): boolean {
    return this.state === 'adopted' || this.state === 'started'
  }

  watched(): void {
    this.state = 'watched'
  }

  adopted(): void {
    if (this.state === 'watched') neverAwaited.dismiss(this)
    if (this.state !== 'started') this.state = 'adopted'
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    if (this.state === 'started') throw new RuntimeError(`cannot reuse already awaited coroutine ${this}`)
    if (this.state === 'watched') neverAwaited.dismiss(this)
    this.state = 'started'
    return isCancelPending() ? this.#afterCancel() : this.#begin()
  }

  *#afterCancel(): Coroutine<T> {
    yield* sleep(0) // throws, unless the request is retracted
    return yield* this.#begin()
  }

  #begin(): CallFuture<T> {
    const { work } = this
    const future = new CallFuture<T>('call()', this.options, work.length > 0, work)
    return future.begin((signal) => {
      const promise: unknown = work(signal)
      if (!isThenable<T>(promise)) {
        throw new TypeError(`call() takes a function that returns a promise, but it returned ${repr(promise)}`)
      }
      future.follow(promise)
    })
  }
}

const callingBack = coroutine(function* callBack<T>(
  work: (callback: (error: unknown, result?: T) => void, signal: PlatformAbortSignal) => unknown,
  options: CallOptions<T>,
): Coroutine<T> {
  if (isCancelPending()) yield* sleep(0)
  const future = new CallFuture<T>('callBack()', options, work.length > 1, work)
  let isSettled = false
  return yield* future.begin((signal) => {
    work((error, result) => {
      if (isSettled) return
      isSettled = true
      if (error === null || error === undefined)
        future.resolve(result as T) // without an error there is a result
      else future.reject(error)
    }, signal)
  })
})

/** @param before how many parameters come before the signal */
function checkWork(caller: string, work: unknown, before: number): void {
  if (typeof work === 'function') return checkBound(caller, work, before)
  const hint = isThenable(work) ? '. A promise is awaited by `yield* ensureFuture(promise)`' : ''
  throw new TypeError(`${caller}() takes a function, got ${repr(work)}${hint}`)
}

function checkCallOptions<T>(caller: string, options: CallOptions<T>): void {
  if (options === NO_OPTIONS) return
  checkOptions(caller, options, OPTIONS)
  if (options.graceTime !== undefined) checkGraceTime(options.graceTime)
  checkRelease(options.release)
  const { onCancel } = options
  if (onCancel !== undefined && typeof onCancel !== 'function')
    throw new TypeError(`onCancel must be a function, got ${repr(onCancel)}`)
}

import { type Awaitable, CancelledError, type Coroutine, getRunningLoop, RuntimeError } from '@spindle/loop'
import { checkGraceTime, checkOptions, isAwaitable, isError, isThenable, repr } from '@spindle/loop/internal'
import { callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { awaitReturned } from '../tasks/await-returned.ts'
import { runningTask } from '../tasks/current-task.ts'
import { ensureFuture } from '../tasks/ensure-future.ts'
import type { PlatformAbortSignal } from './abort-signal.ts'
import { CallFuture, isCancelPending } from './call-future.ts'
import { disposerOf } from './disposer-of.ts'
import { cleanUp, uncancellable } from './uncancellable.ts'

/** The outcome of a block that used a resource. */
export type ExitOutcome =
  | { readonly status: 'returned'; readonly result: unknown }
  | { readonly status: 'threw' | 'cancelled'; readonly error: unknown }

/** Opens a resource: its return value is awaited. The signal is for `interruptAcquire`. */
export type Acquire<R> = (signal: PlatformAbortSignal) => Awaitable<R> | PromiseLike<R>

/** Closes a resource. If it returns a promise or an awaitable, that is awaited. */
export type Release<in R> = (resource: R, outcome: ExitOutcome) => unknown

/** The options of `resource` and `stack.enter`. */
export interface ResourceOptions {
  /**
   * Passes an AbortSignal to `acquire`, which aborts when the Task is cancelled. If `acquire` returns even so, its
   * result is released, and the CancelledError is thrown.
   * @default false: `acquire` is not interrupted
   */
  readonly interruptAcquire?: boolean | undefined
  /**
   * How many ms `release` has to end. Then it is cancelled, and a TimeoutError is thrown.
   * @default no limit
   */
  readonly graceTime?: number | undefined
}

interface Exit {
  readonly graceTime: number | undefined
  run(outcome: ExitOutcome): unknown
}

/**
 * Runs a block that opens resources, and closes them at its end, the last one first, whether it returns, throws or is
 * cancelled; then returns its result. A cancellation interrupts neither opening nor closing, so that no resource is
 * lost, and no clean-up is incomplete. A request that arrives during either is delivered at the next await. The
 * counterpart of `await using` in an `async` function. asyncio: `async with contextlib.AsyncExitStack()`.
 *
 * Also called: context manager, defer.
 * @throws the error of the block; the error of a release, with the error before it as its `cause`; RuntimeError outside
 * of a Task
 *
 * @example
 * ```ts
 * function* open(name: string): Coroutine<string> {
 *   yield* sleep(10)
 *   return name
 * }
 * function* main(): Coroutine<void> {
 *   yield* exitStack(function* (stack) {
 *     const first = yield* stack.enter(() => open('first'), (name) => console.log(`${name} closed`))
 *     const second = yield* stack.enter(() => open('second'), (name) => console.log(`${name} closed`))
 *     stack.defer(() => console.log('at the end'))
 *     console.log(first, second)
 *   })
 * }
 * await run(main())
 * // prints: first second
 * // prints: at the end
 * // prints: second closed
 * // prints: first closed
 * ```
 */
export function exitStack<T>(block: (stack: ExitStack) => Awaitable<T>): Coroutine<T> {
  checkBlock('exitStack', block)
  return stackBlock(block)
}

/** The argument of the block of `exitStack`. asyncio: `contextlib.AsyncExitStack`. */
export class ExitStack {
  #exits: Exit[] = []
  #hasEnded = false

  /**
   * Opens a resource and returns it. At the end of the block it is closed by `release` or, if that is left out, by its
   * `[Symbol.asyncDispose]()` or `[Symbol.dispose]()`. asyncio: `enter_async_context`.
   * @throws the error of `acquire`: then there is nothing to close; TypeError if `release` is missing, and the resource
   * is not a disposable
   */
  enter<R>(acquire: Acquire<R>, release?: Release<R> | undefined, options: ResourceOptions = {}): Coroutine<R> {
    checkAcquire('stack.enter()', acquire, release, options)
    return this.#entering(acquire, release, options)
  }

  /** Calls a function at the end of the block. If it returns a promise or an awaitable, that is awaited. */
  defer(fn: (outcome: ExitOutcome) => unknown): void {
    if (typeof fn !== 'function') throw new TypeError(`stack.defer() takes a function, got ${repr(fn)}`)
    this.#push({ graceTime: undefined, run: fn })
  }

  /**
   * Disposes of a disposable at the end of the block, and returns it now. @throws TypeError if it is not a disposable
   */
  use<D extends Disposable | AsyncDisposable>(disposable: D): D {
    const dispose = disposerOf(disposable, 'stack.use() takes a disposable')
    this.#push({ graceTime: undefined, run: dispose })
    return disposable
  }

  /**
   * Closes everything, the last first.
   * @returns the error to throw, if there is one
   * @internal
   */
  *unwind(block: ExitOutcome): Coroutine<ExitOutcome> {
    this.#hasEnded = true
    let outcome = block
    for (let exit = this.#exits.pop(); exit !== undefined; exit = this.#exits.pop()) {
      const { run } = exit
      const before = outcome
      try {
        yield* cleanUp(() => awaitReturned(run(before)), exit.graceTime)
      } catch (error) {
        outcome = exitBy(withFirstCause(error, before))
      }
    }
    return outcome
  }

  *#entering<R>(acquire: Acquire<R>, release: Release<R> | undefined, options: ResourceOptions): Coroutine<R> {
    this.#checkOpen()
    if (runningTask() === undefined) throw new RuntimeError('stack.enter() should be used inside a task')
    if (isCancelPending()) yield* sleep(0)
    const { graceTime, interruptAcquire = false } = options
    const open = (signal?: PlatformAbortSignal): Awaitable<R> | PromiseLike<R> => {
      const acquiring: unknown = acquire(signal as PlatformAbortSignal) // undefined without `interruptAcquire`
      if (isAwaitable(acquiring) || isThenable(acquiring)) return acquiring as Awaitable<R>
      return refuse(acquiring as R, release, graceTime)
    }
    const acquiring = interruptAcquire ? undefined : open()
    let resource: R
    if (isAwaitable(acquiring)) resource = yield* uncancellable(() => acquiring)
    else {
      const late = { release: (value: R) => discard(value, release, graceTime, new CancelledError()) }
      const call = new CallFuture<R>('acquire()', late, interruptAcquire)
      resource = yield* call.begin((signal) => call.follow(acquiring ?? ensureFuture(open(signal))))
    }
    yield* this.#keep(resource, release, options)
    return resource
  }

  /** Does not wait, so that it is not interrupted between the acquisition and here. */
  *#keep<R>(resource: R, release: Release<R> | undefined, { graceTime }: ResourceOptions): Coroutine<void> {
    const run = releaserOf(resource, release)
    if (!this.#hasEnded) return this.#push({ graceTime, run })
    // The block has ended: another Task has called enter().
    yield* cleanUp(() => awaitReturned(run({ status: 'returned', result: undefined })), graceTime)
    this.#checkOpen()
  }

  #push(exit: Exit): void {
    this.#checkOpen()
    this.#exits.push(exit)
  }

  #checkOpen(): void {
    if (this.#hasEnded) throw new RuntimeError('The block of this exitStack() has ended')
  }
}

const stackBlock = coroutine(function* exitStack<T>(block: (stack: ExitStack) => Awaitable<T>): Coroutine<T> {
  const task = runningTask()
  if (task === undefined) throw new RuntimeError('exitStack() should be used inside a task')
  const stack = new ExitStack()
  let outcome: ExitOutcome
  try {
    outcome = { status: 'returned', result: yield* callBlock('exitStack', block, stack) }
  } catch (error) {
    outcome = exitBy(error)
  }
  const isCancelled = outcome.status === 'cancelled'
  outcome = yield* stack.unwind(outcome)
  if (outcome.status === 'returned') return outcome.result as T // of the block
  // The error of a release replaces a cancellation, which is delivered again.
  if (isCancelled && outcome.status === 'threw') task.putOffCancel()
  throw outcome.error
})

function exitBy(error: unknown): ExitOutcome {
  return { status: error instanceof CancelledError ? 'cancelled' : 'threw', error }
}

export function checkAcquire(caller: string, acquire: unknown, release: unknown, options: ResourceOptions): void {
  if (typeof acquire !== 'function') {
    throw new TypeError(`${caller} takes a function that opens something, got ${repr(acquire)}`)
  }
  if (release !== undefined && typeof release !== 'function') {
    throw new TypeError(`${caller}: release must be a function, got ${repr(release)}`)
  }
  checkOptions(caller, options, ['graceTime', 'interruptAcquire'])
  checkGraceTime(options.graceTime)
}

/** A program without types has opened something without a promise: it is not lost. */
function* refuse<R>(opened: R, release: Release<R> | undefined, graceTime: number | undefined): Coroutine<never> {
  const hint = 'Write `function* () { return … }`'
  const error = new TypeError(`acquire() should return an awaitable or a promise, got ${repr(opened)}. ${hint}`)
  if (opened !== undefined) {
    error.message += '. It was released'
    yield* discard(opened, release, graceTime, error)
  }
  throw error
}

function releaserOf<R>(resource: R, release: Release<R> | undefined): (outcome: ExitOutcome) => unknown {
  if (release !== undefined) return (outcome) => release(resource, outcome)
  return disposerOf(resource, 'release is missing, and what acquire() returned is not a disposable')
}

function* discard<R>(
  resource: R,
  release: Release<R> | undefined,
  graceTime: number | undefined,
  error: unknown,
): Coroutine<void> {
  const run = releaserOf(resource, release)
  yield* cleanUp(() => awaitReturned(run(exitBy(error))), graceTime)
}

/** The error of a release, with the error it replaces as the last of its causes. */
function withFirstCause(error: unknown, before: ExitOutcome): unknown {
  if (before.status === 'returned') return error
  const seen = new Set<unknown>([before.error])
  let last = error
  while (isError(last) && !seen.has(last)) {
    if (last.cause === undefined && Reflect.set(last, 'cause', before.error)) return error
    seen.add(last)
    last = last.cause
  }
  if (last !== before.error && before.status === 'threw') {
    const message = 'an error that the error of a release replaces, but cannot have as its cause'
    getRunningLoop().callExceptionHandler({ message, exception: before.error })
  }
  return error
}

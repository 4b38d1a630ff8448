import {
  type Awaitable,
  type AwaitableSource,
  type Coroutine,
  type CoroutineSource,
  type CreateTaskOptions,
  type EventLoop,
  type Future,
  getRunningLoop,
  isFuture,
  RuntimeError,
  type Task,
} from '@spindle/loop'
import {
  type Advice,
  blockedPromiseError,
  checkOptions,
  currentLoop,
  isAwaitable,
  isThenable,
  repr,
} from '@spindle/loop/internal'
import { coroutineOf } from '../coroutines/coroutine-of.ts'
import { isOwnCoroutine, isShared } from '../coroutines/is-coroutine.ts'
import { PromiseFuture } from './promise-future.ts'

const NO_OPTIONS = {}

/** The type of the result of an awaitable, a promise, or a coroutine function. */
export type ResultOf<A> =
  A extends Awaitable<infer T> ? T : A extends PromiseLike<infer T> ? T : A extends () => Coroutine<infer T> ? T : never

/** The advice for each item of a list, or for an awaitable without a list around it. */
export type ListAdvice<L> =
  L extends Awaitable<unknown>
    ? 'write a list: `[…]`'
    : L extends { readonly size: number } & Iterable<unknown>
      ? 'write an array: `[...items]`'
      : { readonly [K in keyof L]: Advice<L[K], AwaitableSource<unknown>> }

/**
 * Makes a Task of a coroutine, or of a coroutine function without parameters, and a Future of a promise or any
 * thenable. A Future or Task is returned unchanged. The Task begins in the next turn of the loop. asyncio:
 * `asyncio.ensure_future`.
 * @param awaitable a promise that exists already, or any other awaitable
 * @param options `loop`: the loop of the result; if left out the running loop, otherwise the loop that was set
 * @throws TypeError for any other value; RangeError if the Future belongs to another loop, and the host does not drive
 * both; RuntimeError if there is no loop, or for a promise in a blocking run, where it could never settle
 *
 * @example
 * ```ts
 * function* main(): Coroutine<string> {
 *   const task = ensureFuture(sleep(10, 'slept'))
 *   const answer = yield* ensureFuture(Promise.resolve('a promise'))
 *   return `${answer}, ${yield* task}`
 * }
 * console.log(await run(main())) // prints: a promise, slept
 * ```
 */
export function ensureFuture<T, C = AwaitableSource<T>>(
  awaitable: AwaitableSource<T> | Advice<C, AwaitableSource<unknown>>,
  options: { readonly loop?: EventLoop | undefined } = NO_OPTIONS,
): Future<T> {
  if (options !== NO_OPTIONS) checkOptions('ensureFuture()', options, ['loop'])
  return futureOf(awaitable as AwaitableSource<T>, options.loop)
}

/**
 * Makes a Task of a coroutine, or of a coroutine function without parameters, in the running loop. It runs
 * concurrently, from the next turn on. asyncio: `asyncio.create_task`.
 * @param coroutine a coroutine, or a coroutine function without parameters
 * @param options `name`, `context`, and `eagerStart`: whether it takes its first step at once, false by default
 * @throws TypeError if it is not a coroutine; RuntimeError if no loop is running
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const tasks = ['a', 'b'].map((name) => createTask(sleep(10, name), { name }))
 *   for (const task of tasks) console.log(yield* task)
 * }
 * await run(main())
 * // prints: a
 * // prints: b
 * ```
 */
export function createTask<T, C = CoroutineSource<T>>(
  coroutine: CoroutineSource<T> | Advice<C, CoroutineSource<unknown>>,
  options?: CreateTaskOptions,
): Task<T> {
  return getRunningLoop().createTask(coroutine as CoroutineSource<T>, options)
}

/** `ensureFuture()` for a caller that has checked its options. */
export function futureOf<T>(awaitable: AwaitableSource<T>, loop: EventLoop | undefined): Future<T> {
  // The most frequent case first: each of the other checks takes time.
  if (awaitable instanceof Promise) return futureOfPromise(awaitable, loop)
  if (isOwnCoroutine(awaitable)) return taskOf(awaitable as Coroutine<T>, loop)
  if (isFuture(awaitable)) {
    if (loop !== undefined && loop !== awaitable.getLoop()) {
      if (loop.canMeet(awaitable.getLoop())) {
        return taskOf(wrapAwaitable(awaitable as Awaitable<T>), loop) // waits for it in its own loop
      }
      throw new RangeError('The future belongs to a different loop than the one specified as the loop argument')
    }
    return awaitable as Future<T>
  }
  // Before thenables: the Future of an executor is both, and can be awaited even in a blocking run.
  if (isAwaitable(awaitable)) return taskOf(wrapAwaitable(awaitable as Awaitable<T>), loop)
  if (isThenable<T>(awaitable)) return futureOfPromise(awaitable, loop)
  if (typeof awaitable === 'function') return taskOf(coroutineOf('ensureFuture', awaitable), loop)
  throw notAwaitableError(awaitable, '')
}

function futureOfPromise<T>(promise: PromiseLike<T>, loop: EventLoop = currentLoop()): Future<T> {
  const future = new PromiseFuture(promise, loop)
  if (!loop.blocking) return future
  future.cancel() // reports a rejection, which would otherwise end the process
  throw blockedPromiseError()
}

function taskOf<T>(coroutine: Coroutine<T>, loop: EventLoop | undefined): Future<T> {
  try {
    return (loop ?? currentLoop()).createTask(coroutine)
  } catch (error) {
    if (error instanceof RuntimeError) coroutine.return?.(undefined as T)
    throw error
  }
}

/**
 * A list without repeated coroutines and Futures: each is one Future. A function is called each time, and so is an
 * object that serves several calls.
 */
export function withoutRepeats<A>(awaitables: Iterable<A>): A[] {
  const seen = new Set<A>()
  return [...awaitables].filter((awaitable) => {
    if (seen.has(awaitable)) return typeof awaitable === 'function' || isShared(awaitable)
    seen.add(awaitable)
    return true
  })
}

export function* wrapAwaitable<T>(awaitable: Awaitable<T>): Coroutine<T> {
  return yield* awaitable
}

export function notAwaitableError(given: unknown, hint: string): TypeError {
  return new TypeError(`a Future, a coroutine or an awaitable is required, got ${repr(given)}${hint}`)
}

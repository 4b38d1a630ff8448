// Hot path: bench/switch. How `yield*` waits.
//
//   coroutine     yield* future      asks the Future for an iterator: a Suspension
//   Suspension    next()             yields itself; through all nested `yield*` it reaches the Task
//   Task          suspends           marks it taken, and waits for its Future (or one turn of the loop, if it has none)
//   Task          next(RESUMED)      once that is done; the Suspension then returns the result, or throws
//
// A Suspension was not awaited if it is asked again, or closed, before a Task took it: it was spread or destructured.

import { ambient } from '../context/ambient-state.ts'
import { RuntimeError } from '../errors/errors.ts'
import { trace } from '../face/probe.ts'
import type { Future } from './future.ts'

/**
 * Anything that `yield*` can wait for: a Future, a Task, a coroutine, `sleep(…)`. `T` is the type of the result.
 * asyncio: an awaitable.
 */
export interface Awaitable<out T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>
}

/**
 * A running `function*`, to be awaited with `yield*` or passed to a Task. A plain `function*` that returns
 * `Coroutine<T>` is a coroutine function. asyncio: the object an `async def` returns.
 *
 * @example
 * ```ts
 * function* double(n: number): Coroutine<number> {
 *   yield* sleep(10)
 *   return 2 * n
 * }
 * console.log(await run(double(21))) // prints: 42
 * ```
 */
export type Coroutine<T> = Generator<Suspension, T, unknown>

/** A coroutine, or a function without parameters that makes one. */
export type CoroutineSource<T> = Coroutine<T> | (() => Coroutine<T>)

/** Anything a Future can be made of: an awaitable, a promise, or a coroutine function without parameters. */
export type AwaitableSource<T> = Awaitable<T> | PromiseLike<T> | (() => Coroutine<T>)

/** The value that a Task sends into a coroutine to resume it. It distinguishes a resumption from a first call. */
export const RESUMED: unique symbol = Symbol.for('spindle.resumed') as never

const SUSPENSION = Symbol.for('spindle.suspension')

/**
 * The value that an awaitable yields to the Task. Only `yield*` makes one, and a Task accepts nothing else, so that
 * `yield future` does not compile.
 */
export class Suspension<out T = unknown> {
  /** Exists in types only: the compiler shows its name for a `yield` without the star. */
  declare readonly 'write yield* instead of yield': never
  /** The Future that the Task waits for; undefined for one turn of the loop. @internal */
  future: Future<T> | undefined
  /** True from the moment it is yielded until a Task takes it. @internal */
  private asked: boolean

  /** @internal */
  constructor(future: Future<T> | undefined) {
    this.future = future
    this.asked = false
  }

  /** @internal */
  next(resumed?: unknown): IteratorResult<Suspension, T> {
    const future = this.future
    if (future?.done()) {
      const value = future.result()
      if (future.isFromOutside) ambient.runningLoop?.currentTask?.noteCalled()
      return { done: true, value }
    }
    if (resumed === RESUMED) return alreadyAwaited(future)
    return this.ask()
  }

  /** Yields itself, to be taken by a Task. @internal */
  protected ask(): this {
    if (this.asked) throw forgottenYieldError(this)
    this.asked = true
    if (trace.step !== undefined) trace.step.waits()
    return this
  }

  /** @internal */
  throw(error: unknown): IteratorResult<Suspension, T> {
    throw error
  }

  /** @internal */
  return(value: T): IteratorResult<Suspension, T> {
    if (this.asked) throw forgottenYieldError(this)
    return { done: true, value }
  }

  // Also its own iterator result, `{ done: false, value: this }`, which saves an object for each wait.
  /** @internal */
  get done(): false {
    return false
  }

  /** @internal */
  get value(): this {
    return this
  }

  /** Called by the Task that is about to wait; returns false for a `yield` without the star. @internal */
  take(): boolean {
    const asked = this.asked
    this.asked = false
    return asked
  }

  /** @internal */
  get [SUSPENSION](): true {
    return true
  }
}

/**
 * Yielded by a coroutine that is resumed while it waits in another Task. The Task that resumed it fails, and nothing is
 * thrown into the coroutine, which continues in the other Task.
 */
export class AlreadyAwaited {
  readonly error: RuntimeError

  constructor(waiter: object | undefined) {
    const hint = 'Make one Task of it, and await that, or call its function again'
    this.error = new RuntimeError(`coroutine is being awaited already: it waits for ${waiter}. ${hint}`)
  }
}

/** The step of a Suspension that is resumed before its Future is done. */
export function alreadyAwaited(waiter: object | undefined): IteratorResult<Suspension, never> {
  return { done: false, value: new AlreadyAwaited(waiter) as never } // the Task that receives it knows it
}

export function isSuspension(value: unknown): value is Suspension {
  if (value instanceof Suspension) return true
  return typeof value === 'object' && value !== null && (value as { [SUSPENSION]?: unknown })[SUSPENSION] === true
}

/** Whether `yield* value` may wait: it has an iterator, and is not a collection of values. */
export function isAwaitable(value: unknown): value is Awaitable<unknown> {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) return false
  return !(Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set)
}

export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && 'then' in value
}

function forgottenYieldError(suspension: Suspension): TypeError {
  const awaited = suspension.future ?? 'sleep(0)'
  return new TypeError(
    `did you forget \`yield*\`? ${awaited} was iterated over (by a spread, a destructuring or for…of) instead of awaited`,
  )
}

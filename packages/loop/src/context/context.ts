// Context variables: values that follow a Task instead of a thread. Each Task and each callback runs in a copy of the
// context it was made in, and few of them ever set a variable. All copies share one snapshot until the origin is
// written to. A Task that writes to its context, or asks for it, receives a Context that nothing else shares.

import { RuntimeError } from '../errors/errors.ts'
import { repr } from '../inspect/repr.ts'
import { ambient } from './ambient-state.ts'
import type { ContextVar } from './context-var.ts'

/** A time limit of a block. */
export interface Limit {
  readonly outer: Limit | undefined
  /** In ms; undefined if it no longer counts, or is not set. */
  timeLeft(): number | undefined
}

const NO_VALUES: Map<ContextVar<unknown>, unknown> = new Map()

/** The values of all context variables at one place. asyncio: `contextvars.Context`. */
export class Context {
  #values = NO_VALUES
  // Another Context may have the same Map: copy it before writing.
  #shared = true
  /** Not private: the context before may be of another copy of the package. @internal */
  isEntered = false
  // The copy for objects that are made in this context; a snapshot refers to itself. Dropped on a write.
  #snapshot: Context | undefined = undefined
  #limit: Limit | undefined = undefined

  /**
   * Calls `callback` with this as the current context, and returns its result.
   * @throws RuntimeError if this context is entered already; TypeError if `callback` is not a function
   */
  run<A extends readonly unknown[], R>(callback: (...args: A) => R, ...args: A): R {
    if (typeof callback !== 'function') throw new TypeError(`Context.run() takes a function, got ${repr(callback)}`)
    this.checkEnter()
    const previous = swapContext(this)
    const wasEntered = previous.isEntered // a Task's context is entered without a mark
    previous.isEntered = true
    this.isEntered = true
    try {
      return callback(...args)
    } finally {
      this.isEntered = false
      previous.isEntered = wasEntered
      swapContext(previous)
    }
  }

  /** @throws RuntimeError if this context is entered already @internal */
  checkEnter(): void {
    if (this.isEntered || this === ambient.context)
      throw new RuntimeError('cannot enter context: it is already entered')
  }

  /** Calls `callback`, which makes another context the current one, while this one stays entered. @internal */
  runInside(callback: () => void): void {
    const wasEntered = this.isEntered
    this.isEntered = true
    try {
      callback()
    } finally {
      this.isEntered = wasEntered
    }
  }

  /** Copies the context. Later changes of one are not visible in the other. */
  copy(): Context {
    const copy = new Context()
    copy.#values = this.#values
    copy.#limit = this.#limit
    this.#shared = true
    return copy
  }

  /** A copy that can be shared, because nothing writes to it. @internal */
  snapshot(): Context {
    if (this.#snapshot === undefined) {
      this.#snapshot = this.copy()
      this.#snapshot.#snapshot = this.#snapshot
    }
    return this.#snapshot
  }

  /** @internal */
  get isSnapshot(): boolean {
    return this.#snapshot === this
  }

  /** The value of a variable, or undefined if it is not set here. */
  get<T>(variable: ContextVar<T>): T | undefined {
    return this.#values.get(variable) as T | undefined
  }

  has<T>(variable: ContextVar<T>): boolean {
    return this.#values.has(variable)
  }

  get size(): number {
    return this.#values.size
  }

  /** @internal */
  assign(variable: ContextVar<unknown>, isSet: boolean, value: unknown): void {
    this.#snapshot = undefined
    if (this.#shared) {
      this.#values = new Map(this.#values)
      this.#shared = false
    }
    if (isSet) this.#values.set(variable, value)
    else this.#values.delete(variable)
  }

  /** The innermost limit of the blocks around this place, which is not one of the variables. @internal */
  get limit(): Limit | undefined {
    return this.#limit
  }

  /** @internal */
  set limit(limit: Limit | undefined) {
    this.#snapshot = undefined
    this.#limit = limit
  }

  /** The variables that are set here. */
  keys(): IterableIterator<ContextVar<unknown>> {
    return this.#values.keys()
  }

  /** The values of the variables that are set here, in the order of `keys()`. */
  values(): IterableIterator<unknown> {
    return this.#values.values()
  }

  /** The variables that are set here, with their values. asyncio: `Context.items`. */
  entries(): IterableIterator<[ContextVar<unknown>, unknown]> {
    return this.#values.entries()
  }

  *[Symbol.iterator](): Generator<[ContextVar<unknown>, unknown], void, undefined> {
    yield* this.#values
  }
}

/**
 * A copy of the current context. asyncio: `contextvars.copy_context`.
 *
 * @example
 * ```ts
 * const user = new ContextVar<string>('user')
 * copyContext().run(() => user.set('Ann'))
 * console.log(user.get('nobody')) // prints: nobody
 * ```
 */
export function copyContext(): Context {
  return currentContext().copy()
}

export function swapContext(context: Context): Context {
  const previous = currentContext()
  ambient.context = context
  return previous
}

export function currentContext(): Context {
  ambient.context ??= new Context()
  return ambient.context
}

/**
 * The current context, for writing: a snapshot is replaced by a Context that belongs to the running Task or callback.
 */
export function ownContext(): Context {
  const context = currentContext()
  if (!context.isSnapshot) return context
  ambient.context = context.copy()
  ambient.runningLoop?.currentTask?.adoptContext(ambient.context)
  return ambient.context
}

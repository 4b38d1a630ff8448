// Context variables: values that follow a Task instead of a thread. Each Task and each callback runs in a copy of the
// context it was made in, and hardly any of them ever sets a variable. So each gets a snapshot, shared by all that are
// made until its origin is written to; the first to write to it, or to ask for it, gets a Context of its own.

import { RuntimeError } from '../errors/errors.ts'
import { ambient } from './ambient-state.ts'
import type { ContextVar } from './context-var.ts'

const NO_VALUES: Map<ContextVar<unknown>, unknown> = new Map()

/** The values of all context variables at one place. asyncio: `contextvars.Context`. */
export class Context {
  #values: Map<ContextVar<unknown>, unknown>
  // Another Context may have the same Map: copy it before writing.
  #shared: boolean
  #entered: boolean
  // What those get that are made here; a snapshot is its own. Dropped when this is written to.
  #snapshot: Context | undefined

  constructor() {
    this.#values = NO_VALUES
    this.#shared = true
    this.#entered = false
    this.#snapshot = undefined
  }

  /**
   * Calls `callback` with this as the current context, and returns its result.
   * @throws RuntimeError if this context is being run in already
   */
  run<A extends readonly unknown[], R>(callback: (...args: A) => R, ...args: A): R {
    this.checkEnter()
    const previous = swapContext(this)
    this.#entered = true
    try {
      return callback(...args)
    } finally {
      this.#entered = false
      swapContext(previous)
    }
  }

  /** @throws RuntimeError if this context is being run in already @internal */
  checkEnter(): void {
    if (this.#entered || this === ambient.context) throw new RuntimeError('cannot enter context: it is already entered')
  }

  /** Calls `callback`, which makes another context the current one, while this one stays entered. @internal */
  runInside(callback: () => void): void {
    const wasEntered = this.#entered
    this.#entered = true
    try {
      callback()
    } finally {
      this.#entered = wasEntered
    }
  }

  /** A context with the same values; what is set in one is not seen in the other. */
  copy(): Context {
    const copy = new Context()
    copy.#values = this.#values
    this.#shared = true
    return copy
  }

  /** A copy that can be shared, as nothing writes to it. @internal */
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

  /** The value of a variable here, or undefined if it is not set here. */
  get<T>(variable: ContextVar<T>): T | undefined {
    return this.#values.get(variable) as T | undefined
  }

  has<T>(variable: ContextVar<T>): boolean {
    return this.#values.has(variable)
  }

  /** How many variables are set here. */
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

  /** The variables that are set here, with their values. */
  *[Symbol.iterator](): Generator<[ContextVar<unknown>, unknown], void, undefined> {
    yield* this.#values
  }
}

/** A copy of the current context. asyncio: `contextvars.copy_context`. */
export function copyContext(): Context {
  return currentContext().copy()
}

/**
 * Makes `context` the current one and returns the previous one.
 */
export function swapContext(context: Context): Context {
  const previous = currentContext()
  ambient.context = context
  return previous
}

export function currentContext(): Context {
  ambient.context ??= new Context()
  return ambient.context
}

// Context variables: values that follow a Task instead of a thread. Each Task and each callback runs in a copy of the
// context it was made in, and hardly any of them ever sets a variable. So each gets a snapshot, shared by all that are
// made until its origin is written to; the first to write to it, or to ask for it, gets a Context of its own.

import { checkOptions } from '../errors/check-options.ts'
import { RuntimeError } from '../errors/errors.ts'
import { disposeLate, isDisposeLate } from '../inspect/late-dispose.ts'
import { inspectSymbol, repr } from '../inspect/repr.ts'
import { ambient } from './ambient-state.ts'

/**
 * A variable with a value of its own in each Task. A Task starts with the values of the place that created it; what it
 * sets is seen by itself and by what it creates afterwards. asyncio: `contextvars.ContextVar`.
 *
 * @example
 * ```ts
 * const user = new ContextVar<string>('user', { defaultValue: 'nobody' })
 * function* greet(name: string): Coroutine<string> {
 *   user.set(name)
 *   yield* sleep(1) // others run meanwhile
 *   return `hello ${user.get()}`
 * }
 * function* main(): Coroutine<void> {
 *   console.log(yield* gather([greet('ann'), greet('bob')])) // prints: [ 'hello ann', 'hello bob' ]
 * }
 * await run(main())
 * console.log(user.get()) // prints: nobody
 * ```
 */
export class ContextVar<T> {
  readonly name: string
  readonly #hasDefault: boolean
  readonly #default: T | undefined

  /** @param options `defaultValue`: what `get()` returns where the variable was not set. */
  constructor(name: string, options: { readonly defaultValue?: T } = {}) {
    if (typeof name !== 'string') throw new TypeError('context variable name must be a str')
    checkOptions('ContextVar', options, ['defaultValue'])
    this.name = name
    this.#hasDefault = 'defaultValue' in options
    this.#default = options.defaultValue
  }

  /**
   * The value in the current context; where it is not set: `fallback`, else the default of the variable.
   * @throws RangeError (Python: `LookupError`) if there is none of the three
   */
  get(): T
  get(fallback: T): T
  get<F>(fallback: F): T | F
  get(...fallback: unknown[]): unknown {
    const context = currentContext()
    if (context.has(this)) return context.get(this)
    if (fallback.length > 0) return fallback[0]
    if (this.#hasDefault) return this.#default
    throw new RangeError(`${this} is not set here and has no default. Give one to get() or to new ContextVar()`)
  }

  /**
   * Sets the variable in the current context. The token puts the old value back: by `reset`, or at the end of a `using`
   * block.
   */
  set(value: T): Token<T> {
    const context = ownContext()
    const token = new Token<T>(this, context, context.has(this), context.get(this))
    context.assign(this, true, value)
    return token
  }

  /**
   * Puts back the value the variable had before the `set` that gave this token.
   * @throws RuntimeError if the token was used already; RangeError if it is another variable's or another context's
   */
  reset(token: Token<T>): void {
    token.redeem(this)
  }

  toString(): string {
    return `<ContextVar name=${repr(this.name)}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

const MISSING: unique symbol = Symbol('Token.MISSING')

/** Undoes a `ContextVar.set`, which returns it. asyncio: `contextvars.Token`. */
export class Token<T> implements Disposable {
  /** `oldValue` of a variable that was not set before. */
  static get MISSING(): typeof MISSING {
    return MISSING
  }

  readonly variable: ContextVar<T>
  /** The value before, or `Token.MISSING`. */
  readonly oldValue: T | typeof MISSING
  #context: Context | undefined // undefined once used

  /** @internal */
  constructor(variable: ContextVar<T>, context: Context, wasSet: boolean, oldValue: T | undefined) {
    this.variable = variable
    this.oldValue = wasSet ? (oldValue as T) : MISSING
    this.#context = context
    if (isDisposeLate) disposeLate(this, () => this.redeem(variable))
  }

  /** @internal */
  redeem(variable: ContextVar<T>): void {
    if (this.#context === undefined) throw new RuntimeError(`${this} has already been used once`)
    if (this.variable !== variable) throw new RangeError(`${this} was created by a different ContextVar`)
    if (this.#context !== currentContext()) throw new RangeError(`${this} was created in a different Context`)
    this.#context.assign(variable, this.oldValue !== MISSING, this.oldValue)
    this.#context = undefined
  }

  [Symbol.dispose](): void {
    this.redeem(this.variable)
  }

  toString(): string {
    return `<Token${this.#context === undefined ? ' used' : ''} var=${this.variable}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

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

/**
 * The current context, to be written to: in place of a snapshot, one that belongs to the Task or callback that runs.
 */
function ownContext(): Context {
  const context = currentContext()
  if (!context.isSnapshot) return context
  ambient.context = context.copy()
  ambient.runningLoop?.currentTask?.adoptContext(ambient.context)
  return ambient.context
}

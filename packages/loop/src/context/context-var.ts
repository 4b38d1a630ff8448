import { checkOptions } from '../errors/check-options.ts'
import { RuntimeError } from '../errors/errors.ts'
import { disposeLate, isDisposeLate } from '../inspect/late-dispose.ts'
import { inspectSymbol, repr } from '../inspect/repr.ts'
import { type Context, currentContext, ownContext } from './context.ts'

/**
 * A variable with a separate value in each Task. A Task starts with the values of its creator. The values that it sets
 * are visible to itself and to everything it creates afterwards. asyncio: `contextvars.ContextVar`.
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

  /** @param options `defaultValue`: the value of a variable that is not set. */
  constructor(name: string, options: { readonly defaultValue?: T } = {}) {
    if (typeof name !== 'string') throw new TypeError('context variable name must be a str')
    checkOptions('ContextVar', options, ['defaultValue'])
    this.name = name
    this.#hasDefault = 'defaultValue' in options
    this.#default = options.defaultValue
  }

  /**
   * Returns the value in the current context, else `fallback`, else the default of the variable.
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
   * Sets the variable in the current context. The token restores the old value when passed to `reset`, or at the end of
   * a `using` block.
   */
  set(value: T): Token<T> {
    const context = ownContext()
    const token = new Token<T>(this, context, context.has(this), context.get(this))
    context.assign(this, true, value)
    return token
  }

  /**
   * Restores the value that the variable had before the `set` that returned this token.
   * @throws RuntimeError if the token was used already; RangeError if it belongs to another variable or context
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

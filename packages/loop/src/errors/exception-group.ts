import { inspectSymbol, repr } from '../inspect/repr.ts'
import { brandError, isInstance } from './errors.ts'
import { formatError } from './format-error.ts'

/** Selects exceptions: by their class, one of several classes, or a function that returns true. */
export type ExceptionCondition = ErrorClass | readonly ErrorClass[] | ((exception: unknown) => boolean)

type ErrorClass = abstract new (...args: never) => Error

/**
 * Several exceptions that happened concurrently, thrown as one. A `taskGroup` throws it when its Tasks fail. A group
 * may hold groups. Printed, it shows the whole tree. Python: `ExceptionGroup`, `BaseExceptionGroup`.
 *
 * @example
 * ```ts
 * const group = new ExceptionGroup('both failed', [new TypeError('one'), new RangeError('two')])
 * const [types, rest] = group.split(TypeError)
 * console.log(types?.exceptions.length, rest?.exceptions.length) // prints: 1 1
 * ```
 */
export class ExceptionGroup extends AggregateError {
  static {
    brandError(this, 'ExceptionGroup')
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value)
  }

  /**
   * @param options `cause`: the cause of all exceptions
   * @throws TypeError if the message is not a string, or the exceptions are not an array; RangeError if the array is
   * empty
   */
  constructor(message: string, exceptions: readonly unknown[], options: { readonly cause?: unknown } = {}) {
    if (typeof message !== 'string') throw new TypeError(`argument 1 must be str, not ${repr(message)}`)
    if (!Array.isArray(exceptions)) throw new TypeError('second argument (exceptions) must be a sequence')
    if (exceptions.length === 0) throw new RangeError('second argument (exceptions) must be a non-empty sequence')
    super([...exceptions], message, 'cause' in options ? { cause: options.cause } : undefined)
  }

  /** The exceptions, in the order in which they happened. The same array as `errors`. */
  get exceptions(): readonly unknown[] {
    return this.errors
  }

  /**
   * Makes a group of the same kind with other exceptions; `split` and `subgroup` call it. A subclass with more fields
   * overrides it. Python: `derive`.
   */
  derive(exceptions: readonly unknown[]): ExceptionGroup {
    return new ExceptionGroup(this.message, exceptions)
  }

  /** Returns this tree with only the matching exceptions; undefined if there are none. Python: `subgroup`. */
  subgroup(condition: ExceptionCondition): ExceptionGroup | undefined {
    return this.split(condition)[0]
  }

  /**
   * Two trees: the matching exceptions, and the rest. A tree without exceptions is undefined. A group that matches is
   * kept whole. Python: `split`.
   */
  split(condition: ExceptionCondition): [matching: ExceptionGroup | undefined, rest: ExceptionGroup | undefined] {
    return this.#split(predicate(condition))
  }

  #split(matches: (exception: unknown) => boolean): [ExceptionGroup | undefined, ExceptionGroup | undefined] {
    if (matches(this)) return [this, undefined]
    const matching: unknown[] = []
    const rest: unknown[] = []
    for (const exception of this.exceptions) {
      if (exception instanceof ExceptionGroup) {
        const [inside, outside] = exception.split(matches)
        if (inside !== undefined) matching.push(inside)
        if (outside !== undefined) rest.push(outside)
      } else {
        ;(matches(exception) ? matching : rest).push(exception)
      }
    }
    return [this.#part(matching), this.#part(rest)]
  }

  #part(exceptions: readonly unknown[]): ExceptionGroup | undefined {
    if (exceptions.length === 0) return undefined
    const part = this.derive(exceptions)
    // By value: in some engines `stack` is an accessor, which returns the stack of its own object.
    for (const field of ['stack', 'cause'] as const) {
      if (!Object.hasOwn(this, field)) continue
      Object.defineProperty(part, field, { value: this[field], writable: true, enumerable: false, configurable: true })
    }
    return part
  }

  override toString(): string {
    const count = this.exceptions.length
    return `${this.name}: ${this.message} (${count} sub-exception${count === 1 ? '' : 's'})`
  }

  /** @internal */
  [inspectSymbol](): string {
    return formatError(this)
  }
}

function predicate(condition: ExceptionCondition): (exception: unknown) => boolean {
  if (Array.isArray(condition) && condition.every(isErrorClass)) {
    return (exception) => condition.some((type) => exception instanceof type)
  }
  if (isErrorClass(condition)) return (exception) => exception instanceof condition
  if (typeof condition === 'function') return condition as (exception: unknown) => boolean // not a class: checked above
  throw new TypeError(
    `expected a function, an exception class or an array of exception classes, got ${repr(condition)}`,
  )
}

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && (value === Error || value.prototype instanceof Error)
}

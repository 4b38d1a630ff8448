// Prints values as asyncio does, so that readers who search for a line find it. It is quick for any value, returns one
// short line, and never throws.

import { printable, quote, shorten } from './printable.ts'

const MAX_REPR_LENGTH = 60
const MAX_ITEMS = 6

/** A short text for any value: `'text'`, `42`, `[1, 2, 3]`, `TypeError('no')`. */
export function repr(value: unknown): string {
  return shorten(describe(value, 2), MAX_REPR_LENGTH)
}

/** The name of a function, which users may set to anything; '' if it has none. */
export function nameOf(fn: (...args: never) => unknown): string {
  try {
    return typeof fn.name === 'string' ? printable(fn.name) : ''
  } catch {
    return '' // a revoked Proxy
  }
}

/** `String(value)` as one line of at most `limit` characters. Never throws. */
export function describeObject(value: { toString(): string }, limit = 4000): string {
  try {
    return printable(String(value), limit)
  } catch {
    return UNPRINTABLE_OBJECT
  }
}

/** Whether it is an error; false for a Proxy that throws. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

/** The key of the method that `console.log` and `util.inspect` call to print an object. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

const UNPRINTABLE_OBJECT = '<object that cannot be printed>'

function describe(value: unknown, depth: number): string {
  try {
    if (typeof value === 'string') return quote(value, MAX_REPR_LENGTH)
    if (typeof value === 'function') return `<function ${nameOf(value as () => unknown) || '<anonymous>'}>`
    if (typeof value === 'bigint') return describeBigint(value)
    if (typeof value !== 'object' || value === null) return printable(String(value))
    if (value instanceof Error) {
      const name = printable(String(value.name))
      return `${name}(${value.message === '' ? '' : describe(value.message, 0)})`
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (Array.isArray(value) || prototype === Object.prototype || prototype === null) return describeItems(value, depth)
    if (value.toString !== Object.prototype.toString) return describeObject(value as { toString(): string })
    const name: unknown = value.constructor?.name || Object.prototype.toString.call(value).slice('[object '.length, -1)
    return `<${printable(String(name))}>`
  } catch {
    return UNPRINTABLE_OBJECT // a getter or toString of the user threw
  }
}

/** Shortens a long bigint: printing all digits takes time that grows with the square of their number. */
function describeBigint(value: bigint): string {
  const limit = 10n ** BigInt(MAX_REPR_LENGTH)
  return value > -limit && value < limit ? `${value}n` : `<bigint of more than ${MAX_REPR_LENGTH} digits>`
}

/** `[1, 'two', [...]]` or `{ a: 1, b: { ... } }`. */
function describeItems(items: object, depth: number): string {
  const isArray = Array.isArray(items)
  const record = isArray ? items.slice(0, MAX_ITEMS + 1) : items
  const shown: string[] = []
  for (const key in record) {
    const property = Object.getOwnPropertyDescriptor(record, key)
    if (property === undefined) continue
    if (depth <= 0 || shown.length === MAX_ITEMS) {
      shown.push('...')
      break
    }
    // A getter is the user's code: printing must not call it.
    const text = property.get === undefined ? describe(property.value, depth - 1) : '<getter>'
    shown.push(isArray ? text : `${printable(key)}: ${text}`)
  }
  const list = shown.join(', ')
  return isArray ? `[${list}]` : (list && `{ ${list} }`) || '{}'
}

// Prints values as asyncio does, so that readers who search for a line find it. For any value this is quick, makes one
// short line, and never throws.

import { formatLocation } from './format-location.ts'
import { printable, quote, shorten } from './printable.ts'
import { functionLocation } from './source-location.ts'

const MAX_REPR_LENGTH = 60
const MAX_ITEMS = 6

/**
 * A short text for any value: `'text'`, `42`, `[1, 2, 3]`, `TypeError('no')`.
 */
export function repr(value: unknown): string {
  return shorten(describe(value, 2), MAX_REPR_LENGTH)
}

/**
 * `spin() at examples/spinner_asyncio.ts:12`
 */
export function describeCallback(callback: (...args: never) => unknown): string {
  const location = functionLocation(callback)
  const name = nameOf(callback) || printable(location?.name ?? '') || '<anonymous>'
  return location === undefined ? `${name}()` : `${name}() at ${formatLocation(location)}`
}

/** The name of a function, which the user may have set to anything; '' if it has none. */
export function nameOf(fn: (...args: never) => unknown): string {
  try {
    return typeof fn.name === 'string' ? printable(fn.name) : ''
  } catch {
    return '' // a Proxy that was revoked
  }
}

/**
 * `String(value)` in one line of at most `limit` characters: for objects that print themselves. Never throws.
 */
export function describeObject(value: { toString(): string }, limit = 4000): string {
  try {
    return printable(String(value), limit)
  } catch {
    return UNPRINTABLE_OBJECT
  }
}

/** Whether it is an error; false for a Proxy that refuses to answer. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

/**
 * The key by which `console.log` and `util.inspect` print an object with its own `toString`.
 */
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
    if (Array.isArray(value)) return describeArray(value, depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return describeRecord(value, depth)
    if (value.toString !== Object.prototype.toString) return describeObject(value as { toString(): string })
    const name: unknown = value.constructor?.name || Object.prototype.toString.call(value).slice('[object '.length, -1)
    return `<${printable(String(name))}>`
  } catch {
    return UNPRINTABLE_OBJECT // a getter or a toString of the user's that throws
  }
}

/** Digits take time that grows with the square of their number. */
function describeBigint(value: bigint): string {
  const limit = 10n ** BigInt(MAX_REPR_LENGTH)
  return value > -limit && value < limit ? `${value}n` : `<bigint of more than ${MAX_REPR_LENGTH} digits>`
}

function describeArray(items: readonly unknown[], depth: number): string {
  if (items.length > 0 && depth <= 0) return '[...]'
  const shown = items.slice(0, MAX_ITEMS).map((item) => describe(item, depth - 1))
  if (items.length > MAX_ITEMS) shown.push('...')
  return `[${shown.join(', ')}]`
}

function describeRecord(record: object, depth: number): string {
  const shown: string[] = []
  for (const key in record) {
    if (!Object.hasOwn(record, key)) continue
    if (depth <= 0) return '{ ... }'
    if (shown.length === MAX_ITEMS) {
      shown.push('...')
      break
    }
    shown.push(`${printable(key)}: ${describeProperty(record, key, depth)}`)
  }
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`
}

/** A getter is code of the user's: it is not called to print something. */
function describeProperty(record: object, key: string, depth: number): string {
  const property = Object.getOwnPropertyDescriptor(record, key)
  return property !== undefined && 'value' in property ? describe(property.value, depth - 1) : '<getter>'
}

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
    const name = dataOf(fn, 'name')
    return typeof name === 'string' ? printable(name) : ''
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
    return value instanceof Error || isForeignError(value)
  } catch {
    return false
  }
}

export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

const UNPRINTABLE_OBJECT = '<object that cannot be printed>'

function describe(value: unknown, depth: number): string {
  try {
    if (typeof value === 'string') return quote(value, MAX_REPR_LENGTH)
    if (typeof value === 'function') return `<function ${nameOf(value as () => unknown) || '<anonymous>'}>`
    if (typeof value === 'bigint') return describeBigint(value)
    if (typeof value !== 'object' || value === null) return printable(String(value))
    if (isError(value)) {
      const name = printable(String(dataOf(value, 'name', true)))
      const message = dataOf(value, 'message', true)
      return `${name}(${message === '' ? '' : describe(message, 0)})`
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (Array.isArray(value) || prototype === Object.prototype || prototype === null) return describeItems(value, depth)
    const method = dataOf(value, 'toString')
    if (typeof method === 'function' && method !== Object.prototype.toString)
      return printable(String(Reflect.apply(method, value, [])), MAX_REPR_LENGTH)
    const made = dataOf(value, 'constructor')
    const name = typeof made === 'function' && nameOf(made as () => unknown)
    return `<${name || printable(String(dataOf(value, Symbol.toStringTag) ?? 'Object'))}>`
  } catch {
    return UNPRINTABLE_OBJECT // a toString of the user threw
  }
}

/**
 * A property, which may be inherited; undefined for a getter: that is the user's code, and printing must not call it.
 * @param callsInherited for `name` and `message` of errors, which DOMException has as getters
 */
function dataOf(value: object, key: PropertyKey, callsInherited = false): unknown {
  for (let each: object | null = value; each !== null; each = Object.getPrototypeOf(each)) {
    const property = Object.getOwnPropertyDescriptor(each, key)
    if (property !== undefined) return callsInherited && each !== value ? Reflect.get(each, key, value) : property.value
  }
  return undefined
}

/** Whether it is an error of another realm: in a test of Jest, which has an `Error` of its own, those of Node are. */
function isForeignError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Symbol.toStringTag in value) return dataOf(value, Symbol.toStringTag) === 'DOMException'
  return Object.prototype.toString.call(value) === '[object Error]'
}

/** Shortens a long bigint: printing all digits takes time that grows with the square of their number. */
function describeBigint(value: bigint): string {
  const limit = 10n ** BigInt(MAX_REPR_LENGTH)
  return value > -limit && value < limit ? `${value}n` : `<bigint of more than ${MAX_REPR_LENGTH} digits>`
}

function describeItems(items: object, depth: number): string {
  const isArray = Array.isArray(items)
  const keyed = isArray ? Array(Math.min(items.length, MAX_ITEMS + 1)).fill(0) : items // not all keys of a large array
  const shown: string[] = []
  for (const key in keyed) {
    const property = Object.getOwnPropertyDescriptor(items, key)
    if (property === undefined) continue
    if (depth <= 0 || shown.length === MAX_ITEMS) {
      shown.push('...')
      break
    }
    const text = property.get === undefined ? describe(property.value, depth - 1) : '<getter>'
    shown.push(isArray ? text : `${printable(key)}: ${text}`)
  }
  const list = shown.join(', ')
  return isArray ? `[${list}]` : (list && `{ ${list} }`) || '{}'
}

// How things are printed: as asyncio prints them, so that who searches for a line finds it.

import { formatLocation, functionLocation } from './source-location.ts'

const LONGEST = 60
const MOST = 6

/**
 * A short text for any value: `'text'`, `42`, `[1, 2, 3]`, `TypeError('no')`.
 */
export function repr(value: unknown): string {
  return shorten(describe(value, 2))
}

/**
 * `spin() at examples/spinner_asyncio.ts:12`
 */
export function describeCallback(callback: (...args: never) => unknown): string {
  const location = functionLocation(callback)
  const name = callback.name || location?.name || '<anonymous>'
  return location === undefined ? `${name}()` : `${name}() at ${formatLocation(location)}`
}

/**
 * What an object with a `toString` of its own needs to be printed with it by `console.log` and `util.inspect`, too.
 */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

function describe(value: unknown, depth: number): string {
  try {
    if (typeof value === 'string') return quote(value)
    if (typeof value === 'function') return `<function ${value.name || '<anonymous>'}>`
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value !== 'object' || value === null) return String(value)
    if (value instanceof Error) return `${value.name}(${value.message === '' ? '' : describe(value.message, 0)})`
    if (Array.isArray(value)) return `[${list(value, (item) => describe(item, depth - 1), depth)}]`
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) {
      const entries = Object.entries(value)
      return entries.length === 0
        ? '{}'
        : `{ ${list(entries, ([key, item]) => `${key}: ${describe(item, depth - 1)}`, depth)} }`
    }
    if (value.toString !== Object.prototype.toString) return String(value)
    return `<${value.constructor?.name || Object.prototype.toString.call(value).slice('[object '.length, -1)}>`
  } catch {
    return '<object that cannot be printed>' // a getter or a toString of the user's that throws
  }
}

/** As Python quotes. What would move the cursor of a terminal is escaped as well. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  const safe = text.replaceAll(/[\\\p{Cc}]/gu, escaped)
  return mark + (mark === "'" ? safe.replaceAll("'", "\\'") : safe) + mark
}

function escaped(character: string): string {
  const known = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
  return known ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function list<T>(items: readonly T[], format: (item: T) => string, depth: number): string {
  if (depth <= 0) return '...'
  const shown = items.slice(0, MOST).map(format)
  if (items.length > MOST) shown.push('...')
  return shown.join(', ')
}

function shorten(text: string): string {
  if (text.length <= LONGEST) return text
  const half = (LONGEST - 3) >> 1
  return `${text.slice(0, half)}...${text.slice(-half)}`
}

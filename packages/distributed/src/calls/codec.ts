// How args and results are sent: as text in a BullMQ job. devalue keeps cycles, Map, Set, Date, BigInt and typed
// arrays, and refuses values that it could not rebuild; v8 is faster for large values, but requires the same version of
// Node on both sides.

import { createRequire } from 'node:module'
import { deserialize, serialize } from 'node:v8'
import { reasonOf } from 'spindle/internal/thread'

/** How values are encoded. */
export type Codec = 'devalue' | 'v8'

const V8 = 'v8:' // no text of devalue begins like this

/**
 * @throws TypeError that names `what` and the path of the value that can't be sent; RangeError if the text has more
 * than `limit` bytes
 */
export function encode(value: unknown, codec: Codec, limit: number, what: string): string {
  const text = codec === 'v8' ? encodeWithV8(value, what) : encodeWithDevalue(value, what)
  const size = Buffer.byteLength(text)
  if (size > limit)
    throw new RangeError(
      `${what} take${what.startsWith('the args') ? '' : 's'} ${size} bytes, more than the ${limit} of payloadLimit. ` +
        'Send a name or an address under which the other side finds it',
    )
  return text
}

/**
 * @param codec 'devalue' refuses what v8 has written: that is read only where somebody has chosen it
 * @throws TypeError if the text was not written by `encode`
 */
export function decode(text: string, what: string, codec: Codec): unknown {
  try {
    if (typeof text !== 'string') throw new TypeError(`expected text, got ${typeof text}`)
    if (text.startsWith(V8) && codec !== 'v8')
      throw new TypeError("it is written with the codec 'v8', which this side does not read unless it has that option")
    return text.startsWith(V8) ? deserialize(Buffer.from(text.slice(V8.length), 'base64')) : devalue().parse(text)
  } catch (cause) {
    throw new TypeError(`${what} can't be read: ${reasonOf(cause)}`, { cause })
  }
}

/** The args of a call. @throws TypeError if the text is not a list of args */
export function decodeArgs(text: string, name: string, codec: Codec): unknown[] {
  const args = decode(text, `the args of ${name}()`, codec)
  if (!Array.isArray(args)) throw new TypeError(`the args of ${name}() can't be read: they are not a list`)
  return args
}

function encodeWithDevalue(value: unknown, what: string): string {
  try {
    return devalue().stringify(value)
  } catch (cause) {
    const path = Reflect.get(Object(cause), 'path') as string | undefined
    throw unsendableError(what, path ?? '', reasonFor(Reflect.get(Object(cause), 'value')) ?? reasonOf(cause), cause)
  }
}

/** devalue refuses an instance without the name of its class. */
function reasonFor(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name } = (Object.getPrototypeOf(value)?.constructor ?? {}) as { name?: unknown }
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `it is an instance of ${name}` : undefined
}

function encodeWithV8(value: unknown, what: string): string {
  refuseInstances(value, '', new Set(), what)
  try {
    return V8 + serialize(value).toString('base64')
  } catch (cause) {
    throw unsendableError(what, '', reasonOf(cause), cause)
  }
}

/** v8 would write an instance of a class as a plain object without its methods. */
function refuseInstances(value: unknown, path: string, seen: Set<object>, what: string): void {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw unsendableError(what, path, `it is a ${typeof value}`)
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (KEPT.some((type) => value instanceof type) || ArrayBuffer.isView(value)) return
  if (value instanceof Map || value instanceof Set) {
    let index = 0
    for (const entry of value.entries()) {
      refuseInstances(entry[0], `${path}.keys()[${index}]`, seen, what)
      refuseInstances(entry[1], `${path}.values()[${index++}]`, seen, what)
    }
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw unsendableError(what, path, `it is an instance of ${value.constructor?.name || 'a class'}`)
  for (const [key, child] of Object.entries(value))
    refuseInstances(child, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, seen, what)
}

const KEPT = [Date, RegExp, ArrayBuffer]

function unsendableError(what: string, path: string, reason: string, cause?: unknown): TypeError {
  const where = path === '' ? '' : ` at ${path}`
  const options = cause === undefined ? {} : { cause }
  return new TypeError(
    `${what} can't be sent to another machine: ${reason}${where}. ` +
      'Plain objects, arrays, Map, Set, Date, BigInt and typed arrays can',
    options,
  )
}

// Loaded when the first call is made: importing this package loads no dependency.
let loaded: typeof import('devalue') | undefined

function devalue(): typeof import('devalue') {
  loaded ??= createRequire(import.meta.url)('devalue') as typeof import('devalue')
  return loaded
}

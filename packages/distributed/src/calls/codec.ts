// How args and results are sent: as text in a BullMQ job. devalue keeps cycles, Map, Set, Date, BigInt and typed
// arrays, and refuses values that it could not rebuild.

import { createRequire } from 'node:module'
import { reasonOf } from 'spindle/internal/thread'

/**
 * @throws TypeError that names `what` and the path of the value that can't be sent; RangeError if the text has more
 * than `limit` bytes
 */
export function encode(value: unknown, limit: number, what: string): string {
  const text = toText(value, what)
  const size = Buffer.byteLength(text)
  if (size > limit)
    throw new RangeError(
      `${what} take${what.startsWith('the args') ? '' : 's'} ${size} bytes, more than the ${limit} of payloadLimit. ` +
        'Send a name or an address under which the other side finds it',
    )
  return text
}

/** @throws TypeError if the text was not written by `encode` */
export function decode(text: string, what: string): unknown {
  try {
    if (typeof text !== 'string') throw new TypeError(`expected text, got ${typeof text}`)
    return devalue().parse(text)
  } catch (cause) {
    throw new TypeError(`${what} can't be read: ${reasonOf(cause)}`, { cause })
  }
}

/** The args of a call. @throws TypeError if the text is not a list of args */
export function decodeArgs(text: string, name: string): unknown[] {
  const args = decode(text, `the args of ${name}()`)
  if (!Array.isArray(args)) throw new TypeError(`the args of ${name}() can't be read: they are not a list`)
  return args
}

function toText(value: unknown, what: string): string {
  try {
    return devalue().stringify(value)
  } catch (cause) {
    const { path = '', value: refused } = Object(cause) as { path?: string; value?: unknown }
    throw new TypeError(
      `${what} can't be sent to another machine: ${reasonFor(refused) ?? reasonOf(cause)}${path && ` at ${path}`}. ` +
        'Plain objects, arrays, Map, Set, Date, BigInt and typed arrays can',
      { cause },
    )
  }
}

/** devalue refuses an instance without the name of its class. */
function reasonFor(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name } = (Object.getPrototypeOf(value)?.constructor ?? {}) as { name?: unknown }
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `it is an instance of ${name}` : undefined
}

// Loaded when the first call is made: importing this package loads no dependency.
let loaded: typeof import('devalue') | undefined

function devalue(): typeof import('devalue') {
  loaded ??= createRequire(import.meta.url)('devalue') as typeof import('devalue')
  return loaded
}

// How what was thrown crosses to another thread or process: with its type, message, cause, the stack over there and its
// own properties. A class of the user's is found on this side by where it stands, as functions are.

import * as loopErrors from '@spindle/loop'
import * as taskErrors from '@spindle/task'
import { BrokenExecutor, BrokenProcessPool, BrokenThreadPool } from '../errors.ts'
import { findLoaded } from './find-loaded-function.ts'
import { type FunctionReference, refer } from './function-reference.ts'

/** What is sent instead of something thrown. */
export type ErrorRecord =
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'error'
      readonly type: string
      readonly classOf: FunctionReference | undefined
      readonly message: string
      readonly stack: string | undefined
      readonly cause: ErrorRecord | undefined
      readonly errors: readonly ErrorRecord[] | undefined
      readonly properties: readonly (readonly [string, unknown])[]
    }

/** Makes a record of anything that was thrown. */
export function packError(thrown: unknown, depth = 0): ErrorRecord {
  try {
    return recordOf(thrown, depth)
  } catch (cause) {
    return recordOf(new TypeError(`what was thrown can't be read: ${describe(cause)}`), depth) // a getter of it has thrown
  }
}

/** What the other side threw. */
export function unpackError(record: ErrorRecord): unknown {
  if (record.kind === 'value') return record.value
  const error = new Error(record.message)
  const type = (record.classOf && (findClass(record.classOf) as ErrorType | undefined)) ?? wellKnown.get(record.type)
  if (type !== undefined) Object.setPrototypeOf(error, type.prototype)
  else if (record.type !== 'Error') define(error, 'name', record.type)
  if (record.stack !== undefined) define(error, 'stack', record.stack)
  if (record.cause !== undefined) define(error, 'cause', unpackError(record.cause))
  if (record.errors !== undefined) define(error, 'errors', record.errors.map(unpackError))
  for (const [name, value] of record.properties) define(error, name, value, true)
  return error
}

function recordOf(thrown: unknown, depth: number): ErrorRecord {
  if (!(thrown instanceof Error)) {
    const clone = cloned(thrown)
    if (clone !== undefined) return { kind: 'value', value: clone.value }
    return recordOf(new TypeError(`what was thrown can't be sent to another thread: ${describe(thrown)}`), depth)
  }
  const more = (error: unknown): ErrorRecord =>
    depth < DEEPEST ? packError(error, depth + 1) : { kind: 'value', value: describe(error) } // or it leads back to itself
  const properties: [string, unknown][] = []
  for (const [name, value] of Object.entries(thrown)) {
    const clone = STANDARD.has(name) ? undefined : cloned(value)
    if (clone !== undefined) properties.push([name, clone.value])
  }
  return {
    kind: 'error',
    type: String(thrown.name),
    classOf: types.has(thrown.constructor) ? undefined : referToClass(thrown.constructor as new () => Error),
    message: String(thrown.message),
    stack: thrown.stack === undefined ? undefined : String(thrown.stack),
    cause: Object.hasOwn(thrown, 'cause') ? more(thrown.cause) : undefined,
    errors: thrown instanceof AggregateError ? thrown.errors.map(more) : undefined,
    properties,
  }
}

/** A clone of the value, if there can be one. That is sent: to look at the value itself once more might go wrong. */
function cloned(value: unknown): { readonly value: unknown } | undefined {
  try {
    return { value: structuredClone(value) }
  } catch {
    return undefined
  }
}

const DEEPEST = 8
const STANDARD = new Set(['message', 'stack', 'cause', 'errors'])

type ErrorType = { readonly prototype: Error }

const wellKnown = new Map<string, ErrorType>() // by the name their objects have
const types = new Set<unknown>()
const standard = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError]
for (const type of [...standard, BrokenExecutor, BrokenThreadPool, BrokenProcessPool]) note(type)
for (const type of [...Object.values(loopErrors), ...Object.values(taskErrors)]) note(type)

function note(value: unknown): void {
  if (typeof value !== 'function') return
  const prototype: unknown = value.prototype
  if (value !== Error && !(prototype instanceof Error)) return
  wellKnown.set((prototype as Error).name, value as never)
  types.add(value)
}

function referToClass(type: unknown): FunctionReference | undefined {
  try {
    const reference = refer(type as () => unknown)
    return reference.module.startsWith('node:') ? undefined : reference
  } catch {
    return undefined // made inside a function, or native: its name has to do, as with Node's own
  }
}

function findClass(reference: FunctionReference): unknown {
  const key = `${reference.module} ${reference.place} ${reference.name}`
  if (classes.has(key)) return classes.get(key)
  const found = findLoaded(reference) // looking again each time would be slow, and it is rarely loaded later
  classes.set(key, found)
  return found
}

const classes = new Map<string, unknown>()

// Not by an assignment: the class may have a setter of that name, whose code is nobody's to run here.
function define(error: Error, name: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable, configurable: true })
}

function describe(value: unknown): string {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}

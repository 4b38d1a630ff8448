// An exception crosses to another thread or process with its type, message, cause, original stack and own properties.
// The receiver finds a class of the user by its module and variable, if that module is loaded there.

import * as loopErrors from '@spindle/loop'
import { scriptLocation } from '@spindle/loop/internal'
import * as taskErrors from '@spindle/task'
import { BrokenExecutor, BrokenProcessPool, BrokenThreadPool } from '../errors.ts'
import type { AnyFunction, FunctionReference } from './function-reference.ts'
import { isError } from './is-error.ts'
import { findLoaded, variableOf } from './module-scope.ts'

export type ErrorRecord =
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'error'
      readonly type: string
      readonly classOf: ClassReference | undefined
      readonly isDomException: boolean
      readonly message: string
      readonly stack: string | undefined
      readonly cause: ErrorRecord | undefined
      readonly errors: readonly ErrorRecord[] | undefined
      readonly properties: readonly (readonly [string, unknown])[]
    }

type ClassReference = Pick<FunctionReference, 'module' | 'variable'>

export function packError(thrown: unknown, depth = 0): ErrorRecord {
  try {
    return recordOf(thrown, depth)
  } catch (cause) {
    return recordOf(new TypeError(`what was thrown can't be read: ${describe(cause)}`), depth) // a getter of it has thrown
  }
}

export function unpackError(record: ErrorRecord): unknown {
  if (record.kind === 'value') return record.value
  const found = record.classOf && findClass(record.classOf)
  const type = found ?? wellKnown.get(record.type)
  // No prototype can provide the name and code of a DOMException.
  const error = record.isDomException ? new DOMException(record.message, record.type) : new Error(record.message)
  if (type !== undefined) Object.setPrototypeOf(error, type.prototype)
  else if (!record.isDomException && record.type !== 'Error') define(error, 'name', record.type)
  const note =
    record.classOf !== undefined && found === undefined
      ? `\n    (its class, ${record.classOf.variable} of ${record.classOf.module}, is not loaded on this thread)`
      : ''
  if (record.stack !== undefined) define(error, 'stack', record.stack + note)
  if (record.cause !== undefined) define(error, 'cause', unpackError(record.cause))
  if (record.errors !== undefined) define(error, 'errors', record.errors.map(unpackError))
  for (const [name, value] of record.properties) define(error, name, value, true)
  return error
}

function recordOf(thrown: unknown, depth: number): ErrorRecord {
  if (!isError(thrown)) {
    const clone = cloned(() => thrown)
    if (clone !== undefined) return { kind: 'value', value: clone.value }
    return recordOf(new TypeError(`what was thrown can't be sent to another thread: ${describe(thrown)}`), depth)
  }
  const more = (error: unknown): ErrorRecord =>
    depth < DEEPEST ? packError(error, depth + 1) : { kind: 'value', value: describe(error) } // or it leads back to itself
  const properties: [string, unknown][] = []
  for (const name of Object.keys(thrown)) {
    // What cannot be read or cloned is left out.
    const clone = STANDARD.has(name) ? undefined : cloned(() => Reflect.get(thrown, name))
    if (clone !== undefined) properties.push([name, clone.value])
  }
  return {
    kind: 'error',
    type: String(thrown.name),
    classOf: types.has(thrown.constructor) ? undefined : referenceOfClass(thrown),
    isDomException: thrown instanceof DOMException,
    message: String(thrown.message),
    stack: thrown.stack === undefined ? undefined : String(thrown.stack),
    cause: Object.hasOwn(thrown, 'cause') ? more(thrown.cause) : undefined,
    errors: thrown instanceof AggregateError ? thrown.errors.map(more) : undefined,
    properties,
  }
}

/** A clone of a value, if possible. The clone is sent, because another look at the value might fail. */
function cloned(read: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: structuredClone(read()) }
  } catch {
    return undefined
  }
}

const DEEPEST = 8
const STANDARD = new Set(['message', 'stack', 'cause', 'errors'])

type ErrorType = { readonly prototype: Error }

const standard = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError]
const broken = [BrokenExecutor, BrokenThreadPool, BrokenProcessPool]
const values: readonly unknown[] = [...broken, ...Object.values(loopErrors), ...Object.values(taskErrors)]
const types = new Set<unknown>([...standard, ...values.filter(isErrorType)])
const wellKnown = new Map<string, ErrorType>() // by the `name` of their instances, which a base class inherits
for (const type of types as Set<ErrorType>)
  if (Object.hasOwn(type.prototype, 'name')) wellKnown.set(type.prototype.name, type)

function isErrorType(value: unknown): value is ErrorType {
  return typeof value === 'function' && value.prototype instanceof Error
}

function referenceOfClass({ constructor: type }: Error): ClassReference | undefined {
  if (typeof type !== 'function' || type === DOMException) return undefined
  const known = references.get(type)
  if (known !== undefined) return known ?? undefined // null: it has none
  const module = scriptLocation(type as AnyFunction)?.script
  const variable = module?.startsWith('node:') === false ? variableOf(type as AnyFunction) : undefined
  // A class made inside a function, or a native class, is named by its name.
  const reference = module === undefined || variable === undefined ? null : { module, variable }
  references.set(type, reference)
  return reference ?? undefined
}

const references = new WeakMap<object, ClassReference | null>()

function findClass(reference: ClassReference): ErrorType | undefined {
  const key = `${reference.module} ${reference.variable}`
  if (!classes.has(key)) classes.set(key, findLoaded(reference) as unknown as ErrorType | undefined) // a slow search
  return classes.get(key)
}

const classes = new Map<string, ErrorType | undefined>()

// Not by an assignment, which would call a setter of the class.
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

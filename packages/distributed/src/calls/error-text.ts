// Errors are written to the job before it fails: the message for people who inspect the queue, and a record from which
// the submitter recreates the error, with its class, code, cause and the stack of the worker.

import { posix } from 'node:path'
import { type ErrorRecord, packError, unpackError } from 'spindle/internal/thread'
import { decode, encode } from './codec.ts'
import { ConnectionError, FunctionNotFoundError, ResultLostError, WorkerLostError } from './errors.ts'

/** The record, and the module of the function that threw: classes are found relative to it. */
interface Sent {
  readonly record: ErrorRecord
  readonly module: string
}

const LIMIT = 256 * 1024 // longer messages and causes are not useful

/** @param module of the function that threw */
export function errorToText(thrown: unknown, module: string): string {
  const record = packError(thrown)
  for (const tried of [record, short(record)]) {
    try {
      return encode({ record: tried, module } satisfies Sent, LIMIT, 'the error')
    } catch {} // a property that can't be sent, or is too large
  }
  return encode({ record: packError(new Error(messageOf(thrown).slice(0, 1000))), module }, LIMIT, '')
}

/** @param module where this side has the function */
export function errorFromText(text: string, module: string): unknown {
  const sent = decode(text, 'an error') as Sent
  const error = unpackError(rebased(sent.record, sent.module, module))
  const ours = sent.record.kind === 'error' ? OURS.get(sent.record.type) : undefined
  if (ours !== undefined && error instanceof Error) Object.setPrototypeOf(error, ours.prototype)
  return error
}

export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown)
  } catch {
    return 'the thrown value cannot be read'
  }
}

const OURS = new Map<string, { readonly prototype: Error }>([
  ['ConnectionError', ConnectionError],
  ['FunctionNotFoundError', FunctionNotFoundError],
  ['ResultLostError', ResultLostError],
  ['WorkerLostError', WorkerLostError],
])

/** The path from the function's module to the module of a class is the same wherever the program is installed. */
function rebased(record: ErrorRecord, from: string, to: string): ErrorRecord {
  if (record.kind === 'value' || from === to) return record
  const { classOf } = record
  return {
    ...record,
    classOf: classOf && { ...classOf, module: rebasedModule(classOf.module, from, to) },
    cause: record.cause && rebased(record.cause, from, to),
    errors: record.errors?.map((error) => rebased(error, from, to)),
  }
}

function rebasedModule(module: string, from: string, to: string): string {
  if (!module.startsWith('file:') || !from.startsWith('file:')) return module
  if (module === from) return to
  const path = posix.relative(posix.dirname(new URL(from).pathname), new URL(module).pathname)
  return new URL(path, to).href
}

/** Without what perhaps can't be sent, or is too long. */
function short(record: ErrorRecord): ErrorRecord {
  if (record.kind === 'value') return { kind: 'value', value: String(record.value) }
  const { cause, errors, message, stack } = record
  return {
    ...record,
    message: message.slice(0, 10_000),
    stack: stack?.slice(0, 10_000),
    properties: record.properties.filter(([name, value]) => name === 'code' && typeof value !== 'object'),
    cause: cause && short(cause),
    errors: errors?.map(short),
  }
}

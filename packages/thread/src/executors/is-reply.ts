// What comes through the pipe of a process, which a function may write to as well.

import { types } from 'node:util'
import { SERIALIZED } from '../transport/serialize.ts'
import type { FromWorker } from './protocol.ts'

/** What a process says when it can take what comes next: first what it starts with, then calls. */
export const LISTENING = 'listening'

/** What a message of the pool's own holds; undefined for anything else that came through the same channel. */
export function messageWith<T>(token: string, received: unknown): T | undefined {
  return Array.isArray(received) && received.length === 2 && received[0] === token ? (received[1] as T) : undefined
}

/** Whether a message is one that a process sends about its calls. A process is not trusted with the form of it. */
export function isReply(message: unknown): message is FromWorker {
  if (!isObject(message)) return false
  const { kind, id, value, error, how } = message
  if (kind === 'ready') return true
  if (kind === 'loaded') return Number.isInteger(message['number'])
  if (kind === 'begun') return Number.isInteger(id)
  if (kind === 'result' || kind === 'item' || kind === 'progress')
    return (
      Number.isInteger(id) && isObject(value) && types.isUint8Array(value['value']) && value['standIns'] === SERIALIZED
    )
  if (kind === 'error') return Number.isInteger(id) && isErrorRecord(error, 0)
  if (kind === 'left-behind')
    return typeof message['call'] === 'string' && typeof message['where'] === 'string' && isErrorRecord(error, 0)
  if (kind === 'ended') return typeof how === 'string'
  return kind === 'refused' && isErrorRecord(error, 0)
}

function isErrorRecord(record: unknown, depth: number): boolean {
  if (!isObject(record) || depth > MAX_DEPTH) return false
  if (record['kind'] === 'value') return 'value' in record
  const { type, message, stack, cause, errors, properties, classOf } = record
  const isText = (value: unknown): boolean => typeof value === 'string'
  const isInner = (inner: unknown): boolean => isErrorRecord(inner, depth + 1)
  return (
    record['kind'] === 'error' &&
    isText(type) &&
    isText(message) &&
    (stack === undefined || isText(stack)) &&
    (cause === undefined || isInner(cause)) &&
    (errors === undefined || (Array.isArray(errors) && errors.every(isInner))) &&
    (classOf === undefined || (isObject(classOf) && isText(classOf['module']) && isText(classOf['variable']))) &&
    Array.isArray(properties) &&
    properties.every((property) => Array.isArray(property) && isText(property[0]))
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const MAX_DEPTH = 16 // of causes within causes

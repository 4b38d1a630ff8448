// The messages over the channel of a process. A function that runs there may write to the same channel.

import { types } from 'node:util'
import { SERIALIZED } from '../transport/serialize.ts'
import type { FromWorker } from './protocol.ts'

/** Sent by a process that listens for its ProcessStart. */
export const LISTENING = 'listening'

/** The content of a message of the pool; undefined for any other message. */
export function messageWith<T>(token: string, received: unknown): T | undefined {
  return Array.isArray(received) && received.length === 2 && received[0] === token ? (received[1] as T) : undefined
}

/** Whether a message has the form of a reply. Its value is bytes, which only the owner of the pool reads. */
export function isReply(message: unknown): message is FromWorker {
  if (!isObject(message)) return false
  const { kind, id, value, number, call, where, how } = message
  const hasId = Number.isInteger(id)
  const hasBytes = isObject(value) && types.isUint8Array(value['value']) && value['standIns'] === SERIALIZED
  if (kind === 'result' || kind === 'error' || kind === 'item' || kind === 'progress') return hasId && hasBytes
  if (kind === 'left-behind') return hasBytes && typeof call === 'string' && typeof where === 'string'
  if (kind === 'loaded') return Number.isInteger(number)
  if (kind === 'begun') return hasId
  if (kind === 'ended') return typeof how === 'string'
  return kind === 'ready' || (kind === 'refused' && hasBytes)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

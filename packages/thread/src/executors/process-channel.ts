// The messages over the channel of a process. A function that runs there may write to the same channel.

import { types } from 'node:util'
import { type Packed, SERIALIZED } from '../transport/serialize.ts'
import type { FromWorker } from './protocol.ts'

/** Sent by a process that listens for its ProcessStart. */
export const LISTENING = 'listening'

/** The content of a message of the pool; undefined for any other message. */
export function messageWith<T>(token: string, received: unknown): T | undefined {
  return Array.isArray(received) && received.length === 2 && received[0] === token ? (received[1] as T) : undefined
}

/** Whether a message has the form of a reply. Its value is bytes, which only the owner of the pool reads. */
export function isReply(message: unknown): message is FromWorker {
  const { kind, id, value, number, call, where, how } = Object(message) as Readonly<Record<string, unknown>>
  const packed = Object(value) as Partial<Packed>
  const hasId = Number.isInteger(id)
  const hasBytes = types.isUint8Array(packed.value) && packed.standIns === SERIALIZED
  if (kind === 'result' || kind === 'error' || kind === 'item' || kind === 'progress') return hasId && hasBytes
  if (kind === 'left-behind') return hasBytes && typeof call === 'string' && typeof where === 'string'
  if (kind === 'loaded') return Number.isInteger(number)
  if (kind === 'begun') return hasId
  if (kind === 'ended') return typeof how === 'string'
  return kind === 'ready' || (kind === 'refused' && hasBytes)
}

// The messages between an executor and its workers: over a port to a thread, over a pipe to a process.

import { types } from 'node:util'
import type { AnyFunction, FunctionReference } from '../transport/function-reference.ts'
import { type Packed, SERIALIZED } from '../transport/serialize.ts'

export interface Call {
  readonly kind: 'call'
  readonly id: number
  /** The turn that it has to wait for, if it is sent ahead; see `calls-ahead.ts`. 0: it may begin at once. */
  readonly ticket: number
  /** The number of the function. */
  readonly fn: number
  /** Comes with the first calls, until the worker has loaded the function. */
  readonly reference: FunctionReference | undefined
  readonly args: Packed
  /** For `many`, `args` is a list of arguments for many calls, whose results come back as a list. */
  readonly how: 'one' | 'many' | 'stream'
  readonly credit: number
  /** Whether the worker reports when it begins. */
  readonly isTimed: boolean
}

export type ToWorker =
  | Call
  /** Calls that are sent ahead, each as `toWire` encodes it. */
  | { readonly kind: 'ahead'; readonly calls: readonly unknown[] }
  /** `count` more items of a stream may be sent. */
  | { readonly kind: 'credit'; readonly id: number; readonly count: number }
  /** To a process: which call has it begun last? */
  | { readonly kind: 'ask' }
  /** The running call should stop. */
  | { readonly kind: 'stop'; readonly id: number }
  /** The next call that was sent ahead may begin. */
  | { readonly kind: 'turn' }
  | { readonly kind: 'end' }

export type FromWorker =
  /** The initializer is done. */
  | { readonly kind: 'ready' }
  /** A call that is timed has begun. */
  | { readonly kind: 'begun'; readonly id: number }
  /** The answer to `ask`. */
  | { readonly kind: 'last-begun'; readonly id: number }
  /** It can't work as it should. `isUnbegun`: the module of the call `id` could not be loaded. */
  | { readonly kind: 'ill'; readonly id: number; readonly how: string; readonly isUnbegun: boolean }
  /** The worker has loaded a function. */
  | { readonly kind: 'loaded'; readonly number: number }
  /** An item of a stream, or an argument of `reportProgress`. */
  | { readonly kind: 'item' | 'progress'; readonly id: number; readonly value: Packed }
  /** Small results are in shared memory; see `small-results.ts`. */
  | { readonly kind: 'results' }
  /** The end of a call. The value of an error is an ErrorRecord. */
  | { readonly kind: 'result' | 'error'; readonly id: number; readonly value: Packed }
  /** The initializer has thrown the error of this ErrorRecord: there will be no calls. */
  | { readonly kind: 'refused'; readonly value: Packed }
  /** A promise that `call` or an earlier call left behind was rejected, with the error of this ErrorRecord. */
  | { readonly kind: 'left-behind'; readonly call: string; readonly where: string; readonly value: Packed }
  /** The worker has ended; `how`, unless the pool has ended it. */
  | { readonly kind: 'ended'; readonly how?: string | undefined }

/**
 * Encodes a message between threads. A call and its result are arrays: V8 makes the hidden class of each object that
 * it deserialises in the old generation, which may start a collection while the thread has a large buffer.
 */
export function toWire(message: ToWorker | FromWorker): unknown {
  if (message.kind === 'call') {
    const { id, fn, reference, args, how, credit, isTimed, ticket } = message
    return [id, fn, reference, args.value, args.standIns, how, credit, isTimed, ticket] satisfies WireCall
  }
  if (message.kind === 'result') return [message.id, message.value.value, message.value.standIns] satisfies WireResult
  return message
}

export function fromWire<Message extends ToWorker | FromWorker>(wire: unknown): Message {
  if (!Array.isArray(wire)) return wire as Message
  if (wire.length === RESULT_LENGTH) {
    const [id, value, standIns] = wire as unknown as WireResult
    return { kind: 'result', id, value: { value, standIns } } as Message
  }
  const [id, fn, reference, value, standIns, how, credit, isTimed, ticket] = wire as unknown as WireCall
  return { kind: 'call', id, fn, reference, args: { value, standIns }, how, credit, isTimed, ticket } as Message
}

type WireResult = readonly [id: number, value: unknown, standIns: Packed['standIns']]
const RESULT_LENGTH: WireResult['length'] = 3
type WireCall = readonly [
  id: number,
  fn: number,
  reference: FunctionReference | undefined,
  args: unknown,
  standIns: Packed['standIns'],
  how: Call['how'],
  credit: number,
  isTimed: boolean,
  ticket: number,
]

/** A function is named to a worker once, and called by this number from then on: its text may be long. */
export function numberOf(fn: AnyFunction): number {
  let number = numbers.get(fn)
  if (number === undefined) {
    number = ++count
    numbers.set(fn, number)
  }
  return number
}

const numbers = new WeakMap<AnyFunction, number>()
let count = 0

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
  if (kind === 'ill') return hasId && typeof how === 'string'
  if (kind === 'ended') return typeof how === 'string'
  return kind === 'ready' || (kind === 'refused' && hasBytes)
}

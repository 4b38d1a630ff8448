// The messages between an executor and its workers: over a port to a thread, over a pipe to a process.

import type { ErrorRecord } from '../transport/error-record.ts'
import type { FunctionReference } from '../transport/function-reference.ts'
import type { Packed } from '../transport/serialize.ts'

/** A function as it is named to a worker: by a number, whose meaning is sent once. */
export interface FunctionNumber {
  readonly number: number
  readonly reference: FunctionReference | undefined
}

/** A call, for a worker. */
export interface Call {
  readonly kind: 'call'
  readonly id: number
  /** Index of its claim; see `claim.ts`. */
  readonly slot: number
  /** The turn that it has to wait for, if it is sent ahead; see `calls-ahead.ts`. 0: it may begin at once. */
  readonly ticket: number
  readonly fn: FunctionNumber
  readonly args: Packed
  /** For `many`, `args` is a list of arguments for many calls, whose results come back as a list. */
  readonly how: 'one' | 'many' | 'stream'
  /** How many items of a stream may be sent. */
  readonly credit: number
  /** Whether the worker reports when it begins. */
  readonly isTimed: boolean
}

export type ToWorker =
  | Call
  /** So many more items of a stream may be sent. */
  | { readonly kind: 'credit'; readonly id: number; readonly count: number }
  /** The running call is asked to stop. */
  | { readonly kind: 'stop'; readonly id: number }
  /** The next call that was sent ahead may begin. */
  | { readonly kind: 'turn' }
  /** The last message. */
  | { readonly kind: 'end' }

export type FromWorker =
  /** The initializer is done. */
  | { readonly kind: 'ready' }
  /** A call that is timed has begun. */
  | { readonly kind: 'begun'; readonly id: number }
  /** The module of a function was loaded, which is called next. */
  | { readonly kind: 'loaded'; readonly number: number }
  /** An item of a stream, or an argument of `reportProgress`. */
  | { readonly kind: 'item' | 'progress'; readonly id: number; readonly value: Packed }
  | { readonly kind: 'result'; readonly id: number; readonly value: Packed }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorRecord }
  /** The initializer has thrown: there will be no calls. */
  | { readonly kind: 'refused'; readonly error: ErrorRecord }
  /** A promise that `call`, or one before it, left behind was rejected. */
  | { readonly kind: 'left-behind'; readonly call: string; readonly where: string; readonly error: ErrorRecord }
  /** The worker has ended. `how`, if it was not asked to. */
  | { readonly kind: 'ended'; readonly how?: string | undefined }

/**
 * A message between threads. What comes with each call is a list: the shape of an object that has crossed is forgotten
 * with it, and has to be made again, in the old generation, where that may start a collection while the thread has a
 * large buffer.
 */
export function toWire(message: ToWorker | FromWorker): unknown {
  if (message.kind === 'call') {
    const { id, slot, fn, args, how, credit, isTimed, ticket } = message
    return [
      id,
      slot,
      fn.number,
      fn.reference,
      args.value,
      args.standIns,
      how,
      credit,
      isTimed,
      ticket,
    ] satisfies WireCall
  }
  if (message.kind === 'result') return [message.id, message.value.value, message.value.standIns] satisfies WireResult
  return message
}

/** Restores the message that was passed to `toWire`. */
export function fromWire<Message extends ToWorker | FromWorker>(wire: unknown): Message {
  if (!Array.isArray(wire)) return wire as Message
  if (wire.length === RESULT_LENGTH) {
    const [id, value, standIns] = wire as unknown as WireResult
    return { kind: 'result', id, value: { value, standIns } } as Message
  }
  const [id, slot, number, reference, value, standIns, how, credit, isTimed, ticket] = wire as unknown as WireCall
  return {
    kind: 'call',
    id,
    slot,
    fn: { number, reference },
    args: { value, standIns },
    how,
    credit,
    isTimed,
    ticket,
  } as Message
}

type WireResult = readonly [id: number, value: unknown, standIns: Packed['standIns']]
const RESULT_LENGTH: WireResult['length'] = 3
type WireCall = readonly [
  id: number,
  slot: number,
  fn: number,
  reference: FunctionReference | undefined,
  args: unknown,
  standIns: Packed['standIns'],
  how: Call['how'],
  credit: number,
  isTimed: boolean,
  ticket: number,
]

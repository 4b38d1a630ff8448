import { printable } from '@spindle/loop/internal'
import { type ErrorRecord, unpackError } from '../transport/error-record.ts'
import { isError } from '../transport/is-error.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { type Packed, unpack } from '../transport/serialize.ts'
import { leftBehindMessage } from '../transport/uncaught.ts'
import type { CallEnd, PoolCall } from './pool-call.ts'
import type { PoolOptions } from './pool-options.ts'
import type { FromWorker } from './protocol.ts'

type Kind = 'result' | 'error' | 'item' | 'progress'

/** The error for a value of a call that this thread can't read. */
export function unreadableError(call: PoolCall, kind: Kind, cause: unknown): TypeError {
  const reason =
    isError(cause) && cause.name === 'RangeError' ? `${reasonOf(cause)}. It may be nested too deep` : reasonOf(cause)
  return new TypeError(`${NAMES[kind]} of ${call.name}() can't be read: ${reason}`, { cause })
}

const NAMES: Readonly<Record<Kind, string>> = {
  result: 'the result',
  error: 'the exception',
  item: 'an item',
  progress: 'the progress',
}

/** How a call has ended, with its value. */
export function outcomeOf(call: PoolCall, end: CallEnd): { readonly threw: boolean; readonly outcome: unknown } {
  if (end.kind === 'failure') return { threw: true, outcome: end.error }
  try {
    const value = unpack(end.value)
    return end.kind === 'error'
      ? { threw: true, outcome: unpackError(value as ErrorRecord) }
      : { threw: false, outcome: value }
  } catch (cause) {
    return { threw: true, outcome: unreadableError(call, end.kind, cause) }
  }
}

/** Passes an item or progress to the program. Returns an error if the call can't continue. */
export function deliver(call: PoolCall, kind: 'item' | 'progress', read: () => unknown): TypeError | undefined {
  try {
    let value: unknown
    try {
      value = read()
    } catch (cause) {
      const error = unreadableError(call, kind, cause)
      if (kind === 'item') return error
      throw error
    }
    if (kind === 'item') call.onItem?.(value)
    else call.options.onProgress?.(value)
  } catch (error) {
    console.error(`Exception while a value that ${printable(call.name)}() has sent was received\n`, error)
  }
  return undefined
}

/** Passes a rejection that a call left behind to the exception handler of the pool. */
export function passToHandler(
  { call, where, value }: FromWorker & { kind: 'left-behind' },
  handler: PoolOptions['exceptionHandler'],
): void {
  const message = leftBehindMessage(call, where)
  try {
    handler?.({ message, exception: readError(value), call, worker: where })
  } catch (thrown) {
    console.error(`The exceptionHandler of a pool has thrown. It received: ${printable(message)}\n`, thrown)
  }
}

/** The exception of a worker, or the error that prevented reading it. */
export function readError(value: Packed): unknown {
  try {
    return unpackError(unpack(value) as ErrorRecord)
  } catch (error) {
    return error
  }
}

import { unpackError } from '../transport/error-record.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { unpack } from '../transport/serialize.ts'
import { leftBehindMessage } from './left-behind.ts'
import type { PoolCall } from './pool-call.ts'
import type { PoolOptions } from './pool-options.ts'
import type { FromWorker } from './protocol.ts'

type Kind = 'result' | 'error' | 'item' | 'progress'

/** The error for a value of a call that this thread can't read. */
export function unreadableError(call: PoolCall, kind: Kind, cause: unknown): TypeError {
  return new TypeError(`${NAMES[kind]} of ${call.name}() can't be read: ${reasonOf(cause)}`, { cause })
}

const NAMES: Readonly<Record<Kind, string>> = {
  result: 'the result',
  error: 'the exception',
  item: 'an item',
  progress: 'the progress',
}

/** Passes what a running call has sent to the program. Returns an error if the call can't go on. */
export function deliver(
  call: PoolCall,
  { kind, value: packed }: FromWorker & { kind: 'item' | 'progress' },
): TypeError | undefined {
  let value: unknown
  try {
    value = unpack(packed)
  } catch (cause) {
    const error = unreadableError(call, kind, cause)
    if (kind === 'item') return error
    reportProgressError(call, error)
    return undefined
  }
  try {
    if (kind === 'item') call.onItem?.(value)
    else call.options.onProgress?.(value)
  } catch (error) {
    reportProgressError(call, error)
  }
  return undefined
}

/** Reports an error that no caller waits for. */
export function reportProgressError({ name }: PoolCall, error: unknown): void {
  console.error(`Exception while a value that ${name}() has sent was received\n`, error)
}

/** Passes a rejection that a call left behind to the exception handler of the pool. */
export function passToHandler(
  { call, where, error }: FromWorker & { kind: 'left-behind' },
  handler: PoolOptions['exceptionHandler'],
): void {
  const message = leftBehindMessage(call, where)
  try {
    handler?.({ message, exception: unpackError(error), call, worker: where })
  } catch (thrown) {
    console.error(`The exceptionHandler of a pool has thrown. It received: ${message}\n`, thrown)
  }
}

import { serialize } from 'node:v8'
import { MessagePort } from 'node:worker_threads'
import { repr } from '@spindle/loop/internal'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { type Movable, type Parcel, pack } from '../transport/serialize.ts'

/** How many workers a pool may have. */
export function checkedWorkers(maxWorkers: number | undefined, otherwise: number): number {
  if (maxWorkers === undefined) return otherwise
  if (!Number.isInteger(maxWorkers)) throw new TypeError(`maxWorkers must be an integer, got ${repr(maxWorkers)}`)
  if (maxWorkers <= 0) throw new RangeError(`maxWorkers must be greater than 0, got ${maxWorkers}`)
  return maxWorkers
}

export function checkedInitializer(initializer: AnyFunction | undefined, initargs: readonly unknown[]): void {
  if (!Array.isArray(initargs)) throw new TypeError(`initargs must be an array, got ${repr(initargs)}`)
  if (initializer === undefined) return
  if (typeof initializer !== 'function') throw new TypeError('initializer must be a callable')
  toReference(initializer) // throws, if another thread could not find it
}

/** Processes get them from a thread of ours, to which more can be sent. @throws TypeError if they can't be sent to a process */
export function checkForProcesses(initargs: readonly unknown[]): void {
  const transfer: Movable[] = []
  try {
    refuseShared(pack(initargs, transfer), transfer)
    serialize(initargs)
  } catch (cause) {
    throw new TypeError(`initargs can't be sent to another process: ${(cause as Error).message}`, { cause })
  }
}

/** @throws TypeError if there is something in a parcel for another process that only threads can share */
export function refuseShared(parcel: Parcel, transfer: readonly Movable[]): void {
  if (parcel.mark === undefined && !transfer.some((moved) => moved instanceof MessagePort)) return
  throw new TypeError('what lies in shared memory (an Event, a Lock, a Queue, …) is of use within one process only')
}

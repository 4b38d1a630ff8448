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

export function checkedExceptionHandler(handler: unknown): void {
  if (handler !== undefined && typeof handler !== 'function')
    throw new TypeError(`exceptionHandler must be a function, got ${repr(handler)}`)
}

export function checkedInitializer(initializer: AnyFunction | undefined, initArgs: readonly unknown[]): void {
  if (!Array.isArray(initArgs)) throw new TypeError(`initArgs must be an array, got ${repr(initArgs)}`)
  if (initializer === undefined) return
  if (typeof initializer !== 'function') throw new TypeError('initializer must be a callable')
  toReference(initializer) // throws, if another thread could not find it
}

/** Processes get them from the manager thread, to which more can be sent. @throws TypeError if they can't be sent to a process */
export function checkForProcesses(initArgs: readonly unknown[]): void {
  const transfer: Movable[] = []
  try {
    refuseShared(pack(initArgs, transfer), transfer)
    serialize(initArgs)
  } catch (cause) {
    throw new TypeError(`initArgs can't be sent to another process: ${(cause as Error).message}`, { cause })
  }
}

/** @throws TypeError if there is something in a parcel for another process that only threads can share */
export function refuseShared(parcel: Parcel, transfer: readonly Movable[]): void {
  if (parcel.mark === undefined && !transfer.some((moved) => moved instanceof MessagePort)) return
  throw new TypeError('what lies in shared memory (an Event, a Lock, a Queue, …) is of use within one process only')
}

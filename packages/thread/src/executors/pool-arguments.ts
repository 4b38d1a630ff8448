import { serialize } from 'node:v8'
import { MessagePort } from 'node:worker_threads'
import { repr } from '@spindle/loop/internal'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { type Packed, pack, type Transferable } from '../transport/serialize.ts'
import type { PoolLimits, PoolOptions } from './pool-options.ts'

/** A number of things, at least one. */
export function checkedSize(size: number, name: string): number {
  if (!Number.isInteger(size)) throw new TypeError(`${name} must be an integer, got ${repr(size)}`)
  if (size < 1) throw new RangeError(`${name} must be > 0, got ${size}`)
  return size
}

export const POOL_LIMITS: readonly string[] = [
  'idleTimeout',
  'maxQueue',
  'callsPerWorker',
  'maxTasksPerChild',
  'graceTime',
  'exceptionHandler',
]

/** @throws TypeError or RangeError for an invalid option */
export function checkedPoolOptions(limits: PoolLimits, maxWorkers: number, minWorkers: number = 0): PoolOptions {
  const { maxQueue = Number.POSITIVE_INFINITY, maxTasksPerChild, exceptionHandler } = limits
  if (!Number.isInteger(minWorkers)) throw new TypeError(`minThreads must be an integer, got ${repr(minWorkers)}`)
  if (minWorkers < 0) throw new RangeError(`minThreads must be >= 0, got ${minWorkers}`)
  if (minWorkers > maxWorkers)
    throw new RangeError(`minThreads must not be greater than maxWorkers, ${maxWorkers}, got ${minWorkers}`)
  if (maxQueue !== Number.POSITIVE_INFINITY && !Number.isInteger(maxQueue))
    throw new TypeError(`maxQueue must be an integer, got ${repr(maxQueue)}`)
  if (maxQueue < 0) throw new RangeError(`maxQueue must be >= 0, got ${maxQueue}`)
  checkedExceptionHandler(exceptionHandler)
  return {
    maxWorkers,
    minWorkers,
    idleTimeout: checkedTimeout(limits.idleTimeout, 'idleTimeout'),
    maxQueue,
    callsPerWorker: checkedSize(limits.callsPerWorker ?? 1, 'callsPerWorker'),
    maxTasksPerChild: checkedMaxTasks(maxTasksPerChild),
    graceTime: checkedTimeout(limits.graceTime, 'graceTime'),
    exceptionHandler,
  }
}

function checkedMaxTasks(count: number | undefined): number {
  if (count === undefined) return Number.POSITIVE_INFINITY
  if (!Number.isInteger(count)) throw new TypeError(`maxTasksPerChild must be an integer, got ${repr(count)}`)
  if (count < 1) throw new RangeError(`maxTasksPerChild must be >= 1, got ${count}`)
  return count
}

/** How many workers a pool may have. */
export function checkedWorkers(maxWorkers: number | undefined, otherwise: number): number {
  if (maxWorkers === undefined) return otherwise
  if (!Number.isInteger(maxWorkers)) throw new TypeError(`maxWorkers must be an integer, got ${repr(maxWorkers)}`)
  if (maxWorkers <= 0) throw new RangeError(`maxWorkers must be greater than 0, got ${maxWorkers}`)
  return maxWorkers
}

function checkedExceptionHandler(handler: unknown): void {
  if (handler !== undefined && typeof handler !== 'function')
    throw new TypeError(`exceptionHandler must be a function, got ${repr(handler)}`)
}

export function checkedInitializer(initializer: AnyFunction | undefined, initArgs: readonly unknown[]): void {
  if (!Array.isArray(initArgs)) throw new TypeError(`initArgs must be an array, got ${repr(initArgs)}`)
  if (initializer === undefined) return
  if (typeof initializer !== 'function') throw new TypeError('initializer must be a callable')
  toReference(initializer) // throws, if another thread could not find it
}

/**
 * Processes get them from the manager thread, to which more can be sent. @throws TypeError if they can't be sent to a
 * process
 */
export function checkForProcesses(initArgs: readonly unknown[]): void {
  const transfer: Transferable[] = []
  try {
    refuseShared(pack(initArgs, transfer), transfer)
    serialize(initArgs)
  } catch (cause) {
    throw new TypeError(`initArgs can't be sent to another process: ${(cause as Error).message}`, { cause })
  }
}

/** @throws TypeError if there is something in a packed for another process that only threads can share */
export function refuseShared(packed: Packed, transfer: readonly Transferable[]): void {
  if (packed.standIns === undefined && !transfer.some((moved) => moved instanceof MessagePort)) return
  throw new TypeError('what lies in shared memory (an Event, a Lock, a Queue, …) is of use within one process only')
}

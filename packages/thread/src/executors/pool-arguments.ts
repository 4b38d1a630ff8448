import { repr } from '@spindle/loop/internal'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import { type AnyFunction, type FunctionReference, toReference } from '../transport/function-reference.ts'
import type { PoolLimits, PoolOptions } from './pool-options.ts'

/** A number of things, at least one. */
export function checkedSize(size: number, name: string): number {
  if (!Number.isInteger(size)) throw new TypeError(`${name} must be an integer, got ${repr(size)}`)
  if (size < 1) throw new RangeError(`${name} must be > 0, got ${size}`)
  return size
}

export const POOL_LIMITS: readonly string[] = [
  'initializer',
  'initArgs',
  'idleTimeout',
  'maxQueue',
  'callsPerWorker',
  'maxTasksPerChild',
  'graceTime',
  'exceptionHandler',
]

/** @throws TypeError or RangeError for an invalid option */
export function checkedPoolOptions(
  limits: Omit<PoolLimits, 'initializer' | 'initArgs'>,
  maxWorkers: number,
  minWorkers: number = 0,
): PoolOptions {
  const { maxQueue = Number.POSITIVE_INFINITY, maxTasksPerChild, exceptionHandler } = limits
  if (!Number.isInteger(minWorkers)) throw new TypeError(`minThreads must be an integer, got ${repr(minWorkers)}`)
  if (minWorkers < 0) throw new RangeError(`minThreads must be >= 0, got ${minWorkers}`)
  if (minWorkers > maxWorkers)
    throw new RangeError(`minThreads must not be greater than maxWorkers, ${maxWorkers}, got ${minWorkers}`)
  if (maxQueue !== Number.POSITIVE_INFINITY && !Number.isInteger(maxQueue))
    throw new TypeError(`maxQueue must be an integer, got ${repr(maxQueue)}`)
  if (maxQueue < 0) throw new RangeError(`maxQueue must be >= 0, got ${maxQueue}`)
  if (exceptionHandler !== undefined && typeof exceptionHandler !== 'function')
    throw new TypeError(`exceptionHandler must be a function, got ${repr(exceptionHandler)}`)
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

/** The first steps of each worker of a pool. */
export interface WorkerSetup {
  readonly initializer: FunctionReference | undefined
  readonly initArgs: readonly unknown[]
  /** Whether the pool has an exception handler. */
  readonly isHandled: boolean
}

/** @throws TypeError for an invalid option, or an initializer that another thread could not find */
export function checkedSetup(options: {
  readonly initializer?: AnyFunction | undefined
  readonly initArgs?: readonly unknown[] | undefined
  readonly exceptionHandler?: unknown
}): WorkerSetup {
  const { initializer, initArgs = [] } = options
  if (!Array.isArray(initArgs)) throw new TypeError(`initArgs must be an array, got ${repr(initArgs)}`)
  if (initializer !== undefined && typeof initializer !== 'function')
    throw new TypeError('initializer must be a callable')
  const isHandled = options.exceptionHandler !== undefined
  return { initializer: initializer && toReference(initializer), initArgs, isHandled }
}

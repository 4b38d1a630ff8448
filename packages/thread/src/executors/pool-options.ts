import type { ExceptionContext } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import { checkedInteger } from '../shared-memory/checked-integer.ts'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import type { SentFor } from '../threads/thread.ts'
import { type AnyFunction, type FunctionReference, toReference } from '../transport/function-reference.ts'

/** The options of both kinds of pools. */
export interface PoolLimits<I extends AnyFunction = () => void> {
  /** Called in each worker before its first call: an exported function. If it throws, the pool is broken. */
  readonly initializer?: I | undefined
  /** The arguments of `initializer`. @default [] */
  readonly initArgs?: SentFor<Parameters<I>> | undefined
  /** After how many ms without a call a worker ends. @default never */
  readonly idleTimeout?: number | undefined
  /** The maximum number of calls that wait for a worker; a further call fails with QueueFull. @default no limit */
  readonly maxQueue?: number | undefined
  /** How many calls a worker has at once: for functions that wait, as `async` ones do. @default 1 */
  readonly callsPerWorker?: number | undefined
  /** After how many calls a worker ends, and another takes its place. @default never */
  readonly maxTasksPerChild?: number | undefined
  /**
   * How many ms a call has to end after it was asked to stop; then it is ended with its worker and fails with
   * BrokenExecutor, and another worker takes the place. An addition. @default no limit
   */
  readonly graceTime?: number | undefined
  /**
   * Receives an exception in a promise that a call left behind, with the name of the `call`. An addition.
   * @default it is printed
   */
  readonly exceptionHandler?: ((context: ExceptionContext) => void) | undefined
}

/** The checked options of a pool. */
export interface PoolOptions
  extends Readonly<Record<'idleTimeout' | 'maxQueue' | 'callsPerWorker' | 'maxTasksPerChild' | 'graceTime', number>> {
  readonly maxWorkers: number
  /** Idle workers do not end if there are no more than this. */
  readonly minWorkers: number
  readonly exceptionHandler: PoolLimits['exceptionHandler']
}

/** A number of things, at least one. */
export function checkedSize(size: number, name: string): number {
  return checkedInteger(size, name, 1, '> 0')
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
  const { maxQueue = Number.POSITIVE_INFINITY, maxTasksPerChild = Number.POSITIVE_INFINITY, exceptionHandler } = limits
  if (checkedInteger(minWorkers, 'minThreads', 0) > maxWorkers)
    throw new RangeError(`minThreads must not be greater than maxWorkers, ${maxWorkers}, got ${minWorkers}`)
  if (maxQueue !== Number.POSITIVE_INFINITY) checkedInteger(maxQueue, 'maxQueue', 0)
  if (maxTasksPerChild !== Number.POSITIVE_INFINITY) checkedInteger(maxTasksPerChild, 'maxTasksPerChild', 1)
  if (exceptionHandler !== undefined && typeof exceptionHandler !== 'function')
    throw new TypeError(`exceptionHandler must be a function, got ${repr(exceptionHandler)}`)
  return {
    maxWorkers,
    minWorkers,
    idleTimeout: checkedTimeout(limits.idleTimeout, 'idleTimeout'),
    maxQueue,
    callsPerWorker: checkedSize(limits.callsPerWorker ?? 1, 'callsPerWorker'),
    maxTasksPerChild,
    graceTime: checkedTimeout(limits.graceTime, 'graceTime'),
    exceptionHandler,
  }
}

/** Checks the arguments for a pool of this class. Returns how many workers it may have. */
export function checkedWorkers(
  name: string,
  maxWorkers: number,
  options: object | undefined,
  known: readonly string[],
): number {
  const write = `Write: new ${name}(2, options)`
  if (typeof maxWorkers !== 'number')
    throw new TypeError(`maxWorkers must be an integer, got ${repr(maxWorkers)}. ${write}`)
  if ('maxWorkers' in Object(options)) throw new TypeError(`maxWorkers is no option but the first argument. ${write}`)
  checkOptions(name, options, known)
  return checkedInteger(maxWorkers, 'maxWorkers', 1, 'greater than 0')
}

/** The first steps of each worker of a pool. */
export interface WorkerSetup {
  readonly initializer: FunctionReference | undefined
  readonly initArgs: readonly unknown[]
  readonly callsPerWorker: number
  /** Whether the pool has an exception handler. */
  readonly isHandled: boolean
}

/** @throws TypeError for an invalid option, or an initializer that another thread could not find */
export function checkedSetup(options: PoolLimits<AnyFunction>): WorkerSetup {
  const { initializer, initArgs = [], callsPerWorker = 1 } = options
  if (!Array.isArray(initArgs)) throw new TypeError(`initArgs must be an array, got ${repr(initArgs)}`)
  if (initializer !== undefined && typeof initializer !== 'function')
    throw new TypeError(`initializer must be a callable, got ${repr(initializer)}`)
  const isHandled = options.exceptionHandler !== undefined
  return { initializer: initializer && toReference(initializer), initArgs, callsPerWorker, isHandled }
}

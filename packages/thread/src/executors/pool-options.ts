import type { ExceptionContext } from '@spindle/loop'
import type { SentFor } from '../threads/thread.ts'
import type { AnyFunction } from '../transport/function-reference.ts'

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

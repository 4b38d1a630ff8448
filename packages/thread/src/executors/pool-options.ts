import type { ExceptionContext } from '@spindle/loop'

/** The options of both kinds of pools. */
export interface PoolLimits {
  /** After how many ms without a call a worker ends. @default never */
  readonly idleTimeout?: number | undefined
  /** The maximum number of calls that wait for a worker; a further call fails with QueueFull. @default no limit */
  readonly maxQueue?: number | undefined
  /** How many calls a worker has at once: for functions that wait, as `async` ones do. @default 1 */
  readonly callsPerWorker?: number | undefined
  /** After how many calls a worker ends, and another takes its place. @default never */
  readonly maxTasksPerChild?: number | undefined
  /**
   * How many ms after it was asked to stop a call is ended together with its worker, if it runs still; it fails with
   * BrokenExecutor, and another worker takes the place. An addition.
   * @default never
   */
  readonly graceTime?: number | undefined
  /**
   * Receives an exception in a promise that a call left behind, with the name of the `call`. An addition. @default it
   * is printed
   */
  readonly exceptionHandler?: ((context: ExceptionContext) => void) | undefined
}

/** How a pool is to work. */
export interface PoolOptions {
  readonly maxWorkers: number
  /** How many workers there are at least. */
  readonly minWorkers: number
  /** After how many ms without a call a worker ends, if there are more than `minWorkers`. */
  readonly idleTimeout: number
  /** How many calls may wait. */
  readonly maxQueue: number
  /** How many calls a worker has at once. */
  readonly callsPerWorker: number
  /** After how many calls a worker is replaced. */
  readonly maxTasksPerChild: number
  /** How many ms after it was asked to stop a worker is killed. */
  readonly graceTime: number
  /** Receives exceptions in promises that calls left behind. */
  readonly exceptionHandler: ((context: ExceptionContext) => void) | undefined
}

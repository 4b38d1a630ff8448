import type { ExceptionContext } from '@spindle/loop'

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
  /** Told of exceptions in promises that calls left behind. */
  readonly exceptionHandler: ((context: ExceptionContext) => void) | undefined
}

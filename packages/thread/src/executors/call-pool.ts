import type { Future } from '../futures/future.ts'
import type { ExecutorCallOptions } from './call-options.ts'
import type { CallParts } from './pool-call.ts'
import type { PoolEvents } from './pool-events.ts'
import type { PoolStats } from './pool-stats.ts'

/**
 * The part of a pool that an Executor uses. The calls run in threads and processes here, on other machines in
 * `@spindle/distributed`.
 */
export interface CallPool {
  readonly events: PoolEvents
  /** How many calls run at once at most, and how many may wait. */
  readonly maxWorkers: number
  readonly maxQueue: number
  checkOptions(options: ExecutorCallOptions): void
  submit(parts: CallParts): SubmittedCall
  /** Lets a stream send `count` more items. */
  grant(call: SubmittedCall, count: number): void
  /** @throws RuntimeError if no call can be taken any more */
  check(): void
  ready(): Future<void>
  stats(): PoolStats
  shutdown(cancelFutures: boolean, wait: boolean): void
  terminate(signal: 'SIGTERM' | 'SIGKILL'): void
  terminateAfter(timeout: number): void
  join(): void
  ended(): Future<void>
}

export interface SubmittedCall {
  readonly future: Future
}

import { checkOptions, repr } from '@spindle/loop/internal'
import type { PlatformAbortSignal } from '@spindle/task'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import { checkedSize } from './pool-options.ts'

/** The options that `with` of every executor sets for the calls made through it. */
export interface ExecutorCallOptions {
  /**
   * Ends the call when it aborts: the Future fails at once with the reason of the signal. A call that runs receives a
   * stop request.
   */
  readonly signal?: PlatformAbortSignal | undefined
  /**
   * How many ms the call may take at most from its start on; the time in the queue does not count. Then its Future
   * fails with a TimeoutError, and the call is asked to stop. @default no limit
   */
  readonly timeout?: number | undefined
  /** Waiting calls with a higher number begin first. @default 0 */
  readonly priority?: number | undefined
  /** Called here with each value that the function passes to `reportProgress`. */
  readonly onProgress?: ((value: unknown) => void) | undefined
}

/** The options that `with` of a `ThreadPoolExecutor` or `ProcessPoolExecutor` sets for the calls made through it. */
export interface PoolCallOptions extends ExecutorCallOptions {
  /**
   * How many ms the call has to end after `signal` or `timeout`; then it is ended with its worker. @default that of
   * the pool, or 1000
   */
  readonly graceTime?: number | undefined
  /**
   * Whether a coroutine that is cancelled while it awaits the call abandons a running function. Otherwise it waits
   * until the function has stopped, or was ended with its worker after `graceTime`. @default false
   */
  readonly abandonOnCancel?: boolean | undefined
  /** How many items a `stream` may be ahead of its consumer. @default 16 */
  readonly bufferSize?: number | undefined
}

/** How many items of a stream may be ahead of its consumer. */
export function bufferSizeOf({ bufferSize = 16 }: PoolCallOptions): number {
  return bufferSize
}

/** @throws TypeError or RangeError for an unknown option or an invalid value */
export function checkPoolCallOptions(options: PoolCallOptions): void {
  checkCallOptions(options, ['graceTime', 'abandonOnCancel', 'bufferSize'])
  checkedTimeout(options.graceTime, 'graceTime')
  checkedSize(options.bufferSize ?? 1, 'bufferSize')
}

/**
 * @param others the options of one kind of executor
 * @throws TypeError or RangeError for an unknown option or an invalid value of those that every executor has
 */
export function checkCallOptions(options: ExecutorCallOptions, others: readonly string[]): void {
  if (options === undefined) throw new TypeError('with() takes the options of the calls, got undefined')
  checkOptions('with()', options, ['signal', 'timeout', 'priority', 'onProgress', ...others])
  const { signal, priority, onProgress } = options
  checkedTimeout(options.timeout)
  if (signal !== undefined && typeof (signal as { addEventListener?: unknown } | null)?.addEventListener !== 'function')
    throw new TypeError(`signal must be an AbortSignal, got ${repr(signal)}`)
  if (priority !== undefined && !(typeof priority === 'number' && !Number.isNaN(priority)))
    throw new TypeError(`priority must be a number, got ${repr(priority)}`)
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new TypeError(`onProgress must be a function, got ${repr(onProgress)}`)
}

import { currentCall as callOfThread } from 'spindle/internal/thread'

/** Information about a call, for the function that runs it on a worker. */
export interface CallInfo {
  readonly id: string
  /**
   * 1 for the first attempt. A call that was returned to the queue, or whose worker was lost, runs again with the same
   * number.
   */
  readonly attempt: number
  readonly queue: string
}

/** The running call, as seen by the calls that it makes. */
export interface RunningCall {
  readonly info: CallInfo
  /** The ids of the calls that wait for it, from the outermost. */
  readonly parents: readonly string[]
  /** Its deadline. */
  readonly deadline: number | undefined
  /** Reports that it began or stopped waiting for a call that it submitted. */
  nested(change: 1 | -1): void
}

/** The call of a worker that the current function runs for. */
export function running(): RunningCall | undefined {
  return callOfThread()?.detail as RunningCall | undefined // only workers set it
}

/**
 * Returns the call that the current function runs for, on a worker. Undefined elsewhere.
 *
 * @example
 * ```ts no-run
 * import { currentCall } from 'spindle/distributed'
 *
 * export function charge(order: string): string {
 *   return `${order}, attempt ${currentCall()?.attempt}`
 * }
 * ```
 */
export function currentCall(): CallInfo | undefined {
  return running()?.info
}

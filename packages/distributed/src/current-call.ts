import { AsyncLocalStorage } from 'node:async_hooks'
import { ContextVar, type Coroutine } from '@spindle/loop'

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

/** The call, and the function by which it reports progress. */
export interface RunningCall {
  readonly info: CallInfo
  report(value: unknown): void
}

const inTask = new ContextVar<RunningCall | undefined>('spindle.distributed.call', { defaultValue: undefined })
let inAsync: AsyncLocalStorage<RunningCall> | undefined
let onThread: RunningCall | undefined // a thread of a worker runs one call at a time

/** Marks the current Task, and the Tasks that it creates, as belonging to `call`. */
export function enterTask(call: RunningCall): void {
  inTask.set(call)
}

export function runAsync<T>(call: RunningCall, fn: () => T): T {
  inAsync ??= new AsyncLocalStorage()
  return inAsync.run(call, fn)
}

export function enterThread(call: RunningCall | undefined): void {
  onThread = call
}

function running(): RunningCall | undefined {
  return inTask.get() ?? inAsync?.getStore() ?? onThread
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

/**
 * Sends a value to `onProgress` of the call, from a coroutine that a worker runs. No-op outside a call, or if nothing
 * listens. A plain or `async` function uses the `reportProgress` of `spindle/thread`.
 *
 * @throws TypeError if `value` can't be sent
 *
 * @example
 * ```ts no-run
 * import { type Coroutine, sleep } from 'spindle'
 * import { reportProgress } from 'spindle/distributed'
 *
 * export function* work(steps: number): Coroutine<void> {
 *   for (let step = 1; step <= steps; step++) {
 *     yield* sleep(100)
 *     yield* reportProgress(step / steps)
 *   }
 * }
 * ```
 */
export function* reportProgress(value: unknown): Coroutine<void> {
  running()?.report(value)
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { ContextVar, type Coroutine } from '@spindle/loop'

/** What a function that runs on a worker can ask about its call. */
export interface CallInfo {
  readonly id: string
  /** 1 the first time. A call that was given back, or whose worker was lost, runs again with the same number. */
  readonly attempt: number
  readonly queue: string
}

/** The call, and how it reports progress. */
export interface RunningCall {
  readonly info: CallInfo
  report(value: unknown): void
}

const inTask = new ContextVar<RunningCall | undefined>('spindle.distributed.call', { defaultValue: undefined })
let inAsync: AsyncLocalStorage<RunningCall> | undefined
let onThread: RunningCall | undefined // a thread of a worker runs one call at a time

/** The Task that runs now, and those it makes, belong to `call`. */
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
 * In a function that a worker runs: which call it is. Undefined elsewhere.
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
 * In a coroutine that a worker runs: sends a value to `onProgress` of the call. Nothing happens where no call is, or
 * nothing listens.
 * A plain or `async` function calls the `reportProgress` of `spindle/thread`.
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

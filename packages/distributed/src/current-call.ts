import { AsyncLocalStorage } from 'node:async_hooks'
import { ContextVar } from 'spindle'

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
  /** The ids of the calls that wait for it, from the outermost. */
  readonly parents: readonly string[]
  /** The time by which it must have ended. */
  readonly deadline: number | undefined
  progress(value: unknown): void
  /** It has submitted a call of its own, and waits for the call; or that has ended. */
  nested(change: 1 | -1): void
}

interface Holder {
  readonly inTask: ContextVar<RunningCall | undefined>
  readonly inAsync: AsyncLocalStorage<RunningCall>
  onThread: RunningCall | undefined // a thread of a worker runs one call at a time
}

// The worker and the functions that it runs may have loaded two copies of this package.
const HOLDER = Symbol.for('spindle.distributed.running-call')

function holder(): Holder {
  const known = Reflect.get(globalThis, HOLDER) as Holder | undefined
  if (known !== undefined) return known
  const made: Holder = {
    inTask: new ContextVar<RunningCall | undefined>('spindle.distributed.call', { defaultValue: undefined }),
    inAsync: new AsyncLocalStorage(),
    onThread: undefined,
  }
  Reflect.set(globalThis, HOLDER, made)
  return made
}

/** Marks the current Task, and the Tasks that it creates, as belonging to `call`. */
export function enterTask(call: RunningCall): void {
  holder().inTask.set(call)
}

export function runAsync<T>(call: RunningCall, fn: () => T): T {
  return holder().inAsync.run(call, fn)
}

export function enterThread(call: RunningCall | undefined): void {
  holder().onThread = call
}

/** The call of a worker that the current function runs for. */
export function running(): RunningCall | undefined {
  const known = Reflect.get(globalThis, HOLDER) as Holder | undefined
  return known && (known.inTask.get() ?? known.inAsync.getStore() ?? known.onThread)
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

// A call can't be cancelled once it runs, but it can be asked to stop. Its function looks at the flag, or listens to
// the signal; if it does neither, it runs on.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { PlatformAbortSignal } from '@spindle/task'

/** The parts of a worker that its running calls need. Each call has an id. */
export interface CallHost {
  isStopRequested(id: number): boolean
  /** The call waits for messages: to be asked to stop, or to send more items. */
  keepAliveForMessages(): void
  sendProgress(value: unknown, id: number): void
}

export class CurrentCall {
  readonly #host: CallHost
  readonly #id: number
  #controller: AbortController | undefined
  #credit: number
  #wake: (() => void) | undefined // of a stream that may not send more
  /** Of the caller of a function that is run by another package. */
  detail: unknown

  /** @param credit how many items of a stream may be sent */
  constructor(host: CallHost, id = 0, credit = 0) {
    this.#host = host
    this.#id = id
    this.#credit = credit
  }

  get stopRequested(): boolean {
    const requested = this.#host.isStopRequested(this.#id)
    if (requested) this.stop()
    return requested
  }

  get signal(): PlatformAbortSignal {
    if (this.#controller === undefined) this.#host.keepAliveForMessages()
    this.#controller ??= new AbortController()
    void this.stopRequested // it may have been asked before
    return this.#controller.signal
  }

  stop(): void {
    if (this.#controller?.signal.aborted === false) this.#controller.abort()
    this.#wake?.()
  }

  /** So many more items may be sent. */
  grant(count: number): void {
    this.#credit += count
    this.#wake?.()
  }

  /** Waits until one more item may be sent. Returns false if the call is asked to stop. */
  async mayContinue(): Promise<boolean> {
    while (this.#credit <= 0 && !this.stopRequested) {
      this.#host.keepAliveForMessages()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    this.#credit--
    return !this.stopRequested
  }

  progress(value: unknown): void {
    this.#host.sendProgress(value, this.#id)
  }
}

interface CallState {
  current: CurrentCall | undefined
  calls: AsyncLocalStorage<CurrentCall> | undefined // where several run at once
}

/** That of the thread, also for a module that was bundled with another copy of this one. */
function callState(): CallState {
  const state = Reflect.get(globalThis, CALL_STATE) as CallState | undefined
  if (state !== undefined) return state
  Reflect.set(globalThis, CALL_STATE, { current: undefined, calls: undefined } satisfies CallState)
  return callState()
}

const CALL_STATE = Symbol.for('spindle.callState')

/** Runs a function as a part of a call. Its declaration names no type of Node, which a user's compiler may not know. */
export interface CallScope {
  run<T>(call: CurrentCall, fn: () => T): T
}

/** From now on several calls may run at once on this thread, each in the scope that is returned. */
export function runSeveral(): CallScope {
  const state = callState()
  state.calls ??= new AsyncLocalStorage()
  return state.calls
}

/** Begins a call. If only one runs at once, it ends with `leaveCall`. */
export function runAs<T>(call: CurrentCall, fn: () => T): T {
  const state = callState()
  if (state.calls !== undefined) return state.calls.run(call, fn)
  state.current = call
  return fn()
}

export function leaveCall(): void {
  callState().current = undefined
}

/** The call that runs here, on a thread of a worker. */
export function currentCall(): CurrentCall | undefined {
  const { calls, current } = callState()
  return calls === undefined ? current : calls.getStore()
}

/**
 * In a function that an executor runs: whether the function should stop, because its Future or the Task that waits for
 * it was cancelled, its time limit expired, or its signal aborted. A long loop should check it occasionally. A request
 * is visible at once on a thread, and within milliseconds in a process (on Windows at the next wait of the function).
 * False outside of executors. An addition: Python has no counterpart.
 *
 * @example
 * ```ts no-run
 * import { stopRequested } from 'spindle/thread'
 *
 * export function search(limit: number): number {
 *   for (let n = 0; n < limit; n++) if (stopRequested()) return n
 *   return limit
 * }
 * ```
 */
export function stopRequested(): boolean {
  return currentCall()?.stopRequested ?? false
}

/**
 * In a function that an executor runs: a signal that aborts when the function should stop, for `fetch` and other APIs
 * that take one. It aborts during a wait of the function; a function that computes calls `stopRequested()`. An
 * addition: Python has no counterpart.
 *
 * @example
 * ```ts no-run
 * import { stopSignal } from 'spindle/thread'
 *
 * export async function download(url: string): Promise<string> {
 *   const response = await fetch(url, { signal: stopSignal() })
 *   return response.text()
 * }
 * ```
 */
export function stopSignal(): PlatformAbortSignal {
  return currentCall()?.signal ?? NEVER.signal
}

/**
 * In a function that an executor runs: sends a value to `onProgress` of the call, at once. No-op without `onProgress`.
 * An addition to Python.
 *
 * @param value is cloned
 * @throws TypeError if `value` can't be cloned
 *
 * @example
 * ```ts no-run
 * import { isMain, reportProgress, ThreadPoolExecutor } from 'spindle/thread'
 *
 * export function work(steps: number): string {
 *   for (let step = 1; step <= steps; step++) reportProgress(step / steps)
 *   return 'done'
 * }
 *
 * if (isMain(import.meta)) {
 *   using executor = new ThreadPoolExecutor(1)
 *   const onProgress = (share: unknown): void => console.log(`${share}`)
 *   console.log(executor.with({ onProgress }).submit(work, 4).result())
 * }
 * ```
 */
export function reportProgress(value: unknown): void {
  currentCall()?.progress(value)
}

const NEVER = new AbortController()

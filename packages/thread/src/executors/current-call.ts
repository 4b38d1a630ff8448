// A call can't be cancelled once it runs, but it can be asked to stop. Its function looks at the flag, or listens to the
// signal; if it does neither, it runs on.

import type { PlatformAbortSignal } from '@spindle/task'

/** The call that runs on this thread. */
export class CurrentCall {
  readonly #isStopRequested: () => boolean
  readonly #onSignal: (() => void) | undefined
  #controller: AbortController | undefined

  /** @param onSignal the function has taken the signal, and may wait for nothing else */
  constructor(isStopRequested: () => boolean, onSignal?: () => void) {
    this.#isStopRequested = isStopRequested
    this.#onSignal = onSignal
  }

  get stopRequested(): boolean {
    const requested = this.#isStopRequested()
    if (requested) this.stop()
    return requested
  }

  get signal(): PlatformAbortSignal {
    if (this.#controller === undefined) this.#onSignal?.()
    this.#controller ??= new AbortController()
    void this.stopRequested // it may have been asked before
    return this.#controller.signal
  }

  stop(): void {
    if (this.#controller?.signal.aborted === false) this.#controller.abort()
  }
}

let current: CurrentCall | undefined

export function enterCall(call: CurrentCall): void {
  current = call
}

export function leaveCall(): void {
  current = undefined
}

/**
 * In a function that an executor runs: whether it is asked to stop, because its Future, or the Task that waits for it, was
 * cancelled. A loop that takes long looks at it now and then. Between threads it is a flag in shared memory, seen at once; in a
 * process it is a message, which arrives when the function waits for something. False where no executor is.
 * An addition: Python has nothing of the kind.
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
  return current?.stopRequested ?? false
}

/**
 * In a function that an executor runs: a signal that is aborted when it is asked to stop, for `fetch` and all that takes one.
 * It is aborted while the function waits for something; one that computes asks `stopRequested()`.
 * An addition: Python has nothing of the kind.
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
  return current?.signal ?? never.signal
}

const never = new AbortController()

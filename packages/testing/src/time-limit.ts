// Ends a test that times out: cancels its main Task, which cleans up, and names the awaited object in the error.

import type { CoroutineTest } from './coroutine-test.ts'

// Stored when this module loads, before a test installs fake timers.
const { setTimeout, clearTimeout, AbortController, AbortSignal } = globalThis
const now = performance.now.bind(performance)

/** How long a test may take. */
export interface TimeLimit {
  /** In ms, from `start`; undefined: there is no limit. */
  readonly timeout: number | undefined
  /** When the test began, as `startOfTest()` says. */
  readonly start: number
  /** A signal that also ends the test. */
  readonly signal: AbortSignal | undefined
  /** How long the test may clean up after it was cancelled, in ms. */
  readonly cleanup: number
  /** The error of a test that takes too long. */
  readonly error: (timeout: number, waiting: string) => Error
}

/** The current time, for `TimeLimit.start`. */
export function startOfTest(): number {
  return now()
}

/**
 * Runs a test within its time limit. A test that takes longer is cancelled; the error names its awaitables.
 * @throws the error of the test; the timeout error, or the reason of the signal; an array of both errors if the test
 * also failed while it cleaned up
 */
export async function runWithin<T>(test: CoroutineTest<T>, limit: TimeLimit): Promise<T> {
  const { timeout, signal, cleanup } = limit
  const late = new AbortController()
  const ending = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
  const timers: unknown[] = []
  const after = (ms: number, call: () => void): void => void timers.push(setTimeout(call, ms))
  if (timeout !== undefined) {
    after(timeout - (now() - limit.start), () => late.abort(limit.error(timeout, test.waiting())))
  }
  const stuck = new Promise<never>((_, reject) => {
    ending.addEventListener('abort', () => after(cleanup, () => reject(ending.reason)))
  })
  try {
    const result = await Promise.race([test.run(ending), stuck])
    ending.throwIfAborted() // it refused to be cancelled
    return result
  } catch (error) {
    if (!ending.aborted || error === ending.reason) throw error
    throw [ending.reason, error]
  } finally {
    for (const timer of timers) clearTimeout(timer as undefined)
  }
}

/** Waits for a promise, at most until the limit. */
export async function settleWithin<T>(promise: PromiseLike<T>, { timeout, start, error }: TimeLimit): Promise<T> {
  if (timeout === undefined) return promise
  let timer: unknown
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error(timeout, ' for its promise')), timeout - (now() - start))
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer as undefined)
  }
}

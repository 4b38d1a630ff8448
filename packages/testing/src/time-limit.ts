// Stored when this module loads, before a test installs fake timers.
const { setTimeout, clearTimeout, AbortController, AbortSignal } = globalThis

/** How long a test may take. */
export interface TimeLimit {
  /** In ms; undefined: there is no limit. */
  readonly timeout: number | undefined
  /** A signal that also ends the test. */
  readonly signal: AbortSignal | undefined
  /** For how many more ms the test may clean up; asked when it is cancelled. */
  cleanUp(): number
  /** The error of a test that takes too long. */
  error(timeout: number): Error
}

/**
 * Runs a test within its time limit. If it takes longer, its signal aborts, and it may clean up.
 * @throws the error of the test; the timeout error, or the reason of the signal. If the test also fails while it cleans
 * up, that error is its cause
 */
export async function runWithin<T>(test: (ending: AbortSignal) => Promise<T>, limit: TimeLimit): Promise<T> {
  const { timeout, signal } = limit
  const late = new AbortController()
  const ending = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
  const timers: unknown[] = []
  const after = (ms: number, call: () => void): void => void timers.push(setTimeout(call, ms))
  if (timeout !== undefined) after(timeout, () => late.abort(limit.error(timeout)))
  const stuck = new Promise<never>((_, reject) => {
    ending.addEventListener('abort', () => after(limit.cleanUp(), () => reject(ending.reason)))
  })
  try {
    const result = await Promise.race([test(ending), stuck])
    ending.throwIfAborted() // it refused to be cancelled
    return result
  } catch (error) {
    const reason: unknown = ending.reason
    if (!ending.aborted || error === reason) throw error
    if (reason instanceof Error && reason.cause === undefined) reason.cause = error
    throw reason
  } finally {
    for (const timer of timers) clearTimeout(timer as undefined)
  }
}

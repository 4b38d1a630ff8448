import type { AbortSignalLike } from './link-to-signal.ts'

const NAMES = /^(?:Abort|Cancell?ed|APIUserAbort)(?:Error|Exception)?$/
const CODES: readonly unknown[] = ['ABORT_ERR', 'ERR_CANCELED', 'ERR_STREAM_PREMATURE_CLOSE']

/**
 * Whether an error is the result of aborting a signal: its reason, an AbortError, or an error with such a cause, like
 * the errors of a `fetch` body.
 */
export function isAbort(error: unknown, signal: AbortSignalLike | undefined): boolean {
  const seen = new Set<unknown>() // a chain of causes may be circular
  for (let one = error; one !== undefined && !seen.has(one); one = causeOf(one)) {
    seen.add(one)
    if (signal?.aborted === true && one === signal.reason) return true
    if (isAbortError(one)) return true
  }
  return false
}

function isAbortError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown }
  // By the name of its class as well: some SDKs do not set the name of their errors.
  return NAMES.test(String(name)) || CODES.includes(code) || NAMES.test(error.constructor?.name)
}

function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? (error as { cause?: unknown }).cause : undefined
}

import type { Task } from '@spindle/loop'
import { isError, repr } from '@spindle/loop/internal'
import { onAbort } from './on-abort.ts'

/** The members of an AbortSignal that Spindle uses. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Cancels a Task when a signal aborts, until the returned function is called. */
export function linkToSignal(task: Task, signal: AbortSignalLike): () => void {
  checkSignal(signal)
  return onAbort(signal, () => task.requestCancel({ by: 'AbortSignal', message: describeReason(signal) }))
}

export function checkSignal(signal: unknown): void {
  const given = signal as AbortSignalLike | null | undefined
  if (typeof given?.aborted === 'boolean' && typeof given.addEventListener === 'function') return
  throw new TypeError(`an AbortSignal was expected, got ${repr(signal)}`)
}

export function describeReason(signal: AbortSignalLike): string {
  const reason = isError(signal.reason) ? signal.reason.message : signal.reason
  return typeof reason === 'string' ? reason : repr(reason)
}

import { formatError } from '../errors/format-error.ts'
import { repr } from '../inspect/repr.ts'
import type { Handle } from '../scheduling/handle.ts'

/**
 * What an exception handler is told. asyncio: the `context` dict.
 */
export interface ExceptionContext {
  /** What happened. */
  readonly message: string
  /** What was thrown. Absent if nothing was; it may be anything, even undefined. */
  readonly exception?: unknown
  /** The Future or Task concerned; its printed form where it is gone already. */
  readonly future?: { toString(): string } | undefined
  /** The Task concerned. */
  readonly task?: { toString(): string } | undefined
  /** The Handle whose callback threw. */
  readonly handle?: Handle | undefined
  /** Where the object was created, if debug mode was on. */
  readonly sourceTraceback?: string | undefined
  /** Whatever else the caller wants to tell. */
  readonly [key: string]: unknown
}

/**
 * The report as text, as asyncio's default handler prints it: the message, a line for each further entry, the stack.
 */
export function formatExceptionContext(context: ExceptionContext): string {
  const { message, exception, sourceTraceback, ...rest } = context
  const lines = [message || 'Unhandled exception in event loop']
  for (const key of Object.keys(rest).sort()) {
    const value = rest[key]
    if (value !== undefined) lines.push(`${key}: ${key === 'context' ? describeContext(value) : describeEntry(value)}`)
  }
  if (sourceTraceback !== undefined) lines.push('Object created at (most recent call first):', sourceTraceback)
  if ('exception' in context) lines.push(formatError(exception))
  return lines.join('\n')
}

/** What a handler was told that failed, which nobody has seen yet: all of it. */
function describeContext(value: unknown): string {
  const isContext = typeof value === 'object' && value !== null && 'message' in value
  return isContext ? formatExceptionContext(value as ExceptionContext).replaceAll('\n', '\n  ') : describeEntry(value)
}

/** Tasks, Futures and Handles in full, as they are what the report is about. */
function describeEntry(value: unknown): string {
  const printsItself =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof value.toString === 'function' &&
    value.toString !== Object.prototype.toString
  return printsItself ? String(value) : repr(value)
}

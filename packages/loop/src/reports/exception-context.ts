import { formatError } from '../errors/format-error.ts'
import { printable, printableLines } from '../inspect/printable.ts'
import { describeObject, repr } from '../inspect/repr.ts'
import type { Handle } from '../scheduling/handle.ts'

/**
 * What an exception handler receives. asyncio: the `context` dict.
 */
export interface ExceptionContext {
  /** What happened. */
  readonly message: string
  /** The thrown value, which may be anything, even undefined. Absent if nothing was thrown. */
  readonly exception?: unknown
  /** The Future or Task concerned; its printed form where it is gone already. */
  readonly future?: { toString(): string } | undefined
  /** The Task concerned. */
  readonly task?: { toString(): string } | undefined
  /** The Handle whose callback threw. */
  readonly handle?: Handle | undefined
  /** Where the object was created, if debug mode was on. */
  readonly sourceTraceback?: string | undefined
  /** Any other details. */
  readonly [key: string]: unknown
}

// More entries than any of Spindle's reports has, and how deep a handler's report may lie in that of the handler before
// it.
const MAX_ENTRIES = 50
const MAX_DEPTH = 3
const MAX_LENGTH = 8_000

/**
 * The report as text, as asyncio's default handler prints it: the message, a line for each further entry, the stack. It
 * is limited in length, and whatever cannot be printed does not keep the rest from being printed.
 */
export function formatExceptionContext(context: ExceptionContext, depth = 0): string {
  const { message, exception, sourceTraceback, ...rest } = context
  const lines = [printableLines(describeText(message) || 'Unhandled exception in event loop', MAX_LENGTH)]
  const keys = Object.keys(rest).sort()
  for (const key of keys.slice(0, MAX_ENTRIES)) {
    const value = rest[key]
    if (value === undefined) continue
    const shown = key === 'context' ? describeContext(value, depth + 1) : describeEntry(value)
    lines.push(`${printable(key)}: ${shown}`)
  }
  if (keys.length > MAX_ENTRIES) lines.push(`… and ${keys.length - MAX_ENTRIES} more entries`)
  if (sourceTraceback !== undefined) {
    lines.push('Object created at (most recent call first):', printableLines(describeText(sourceTraceback), MAX_LENGTH))
  }
  if ('exception' in context) lines.push(formatError(exception))
  return lines.join('\n')
}

/** The context for which the handler itself failed, in full. */
function describeContext(value: unknown, depth: number): string {
  const isContext = depth <= MAX_DEPTH && typeof value === 'object' && value !== null && 'message' in value
  return isContext
    ? formatExceptionContext(value as ExceptionContext, depth).replaceAll('\n', '\n  ')
    : describeEntry(value)
}

/** Tasks, Futures and Handles in full, as they are what the report is about. */
export function describeEntry(value: unknown): string {
  try {
    const printsItself =
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      typeof value.toString === 'function' &&
      value.toString !== Object.prototype.toString
    if (printsItself) return describeObject(value as { toString(): string })
  } catch {
    // repr() says what it is
  }
  return repr(value)
}

/** In plain JavaScript a message may be anything. */
function describeText(text: unknown): string {
  if (text === undefined || text === null) return ''
  return typeof text === 'string' ? text : repr(text)
}

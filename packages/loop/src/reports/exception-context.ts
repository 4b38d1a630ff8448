import { formatError } from '../errors/format-error.ts'
import { printable, printableLines } from '../inspect/printable.ts'
import { describeObject, repr } from '../inspect/repr.ts'
import type { Handle } from '../scheduling/handle.ts'

/** The argument of an exception handler. asyncio: the `context` dict. */
export interface ExceptionContext {
  /** A description of the event. */
  readonly message: string
  /** The thrown value, which may be anything, even undefined. Absent if nothing was thrown. */
  readonly exception?: unknown
  /** The Future or Task concerned; its printed form if it was collected. */
  readonly future?: { toString(): string } | undefined
  /** The Task concerned. */
  readonly task?: { toString(): string } | undefined
  /** The Handle whose callback threw. */
  readonly handle?: Handle | undefined
  /** The stack at the creation of the object, if debug mode was on. */
  readonly sourceTraceback?: string | undefined
  /** Any other details. */
  readonly [key: string]: unknown
}

// More entries than any report of Spindle has, and how deeply reports of failed handlers may nest.
const MAX_ENTRIES = 50
const MAX_NESTED_REPORTS = 3
const MAX_LENGTH = 8_000

/**
 * The report as text, in the form of asyncio's default handler: the message, a line for each further entry, the stack.
 * It is limited in length, and one unprintable entry does not affect the others.
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

/** The context of a handler that failed, in full. */
function describeContext(value: unknown, depth: number): string {
  const isContext = depth <= MAX_NESTED_REPORTS && typeof value === 'object' && value !== null && 'message' in value
  return isContext
    ? formatExceptionContext(value as ExceptionContext, depth).replaceAll('\n', '\n  ')
    : describeEntry(value)
}

/** Tasks, Futures and Handles in full, because the report is about them. */
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
    // repr() describes it
  }
  return repr(value)
}

function describeText(text: unknown): string {
  if (text === undefined || text === null) return ''
  return typeof text === 'string' ? text : repr(text)
}

// Replaces format-error.ts in a bundle for browsers, whose consoles show errors better than text does.

import { isError, repr } from '../inspect/repr.ts'
import type * as node from './format-error.ts'

const MAX_CAUSES = 10

export const formatError: typeof node.formatError = (error) => format(error, 0)

function format(error: unknown, depth: number): string {
  if (!isError(error)) return `thrown: ${repr(error)}`
  const lines = [error.stack || String(error)]
  if (depth === MAX_CAUSES) return `${lines[0]}\n…`
  if (error.cause !== undefined) lines.push(`Caused by: ${format(error.cause, depth + 1)}`)
  if (error instanceof AggregateError)
    for (const one of error.errors.slice(0, 15)) lines.push(`+ ${format(one, depth + 1)}`.replaceAll('\n', '\n  '))
  return lines.join('\n')
}

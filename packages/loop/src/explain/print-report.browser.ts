// Replaces print-report.ts in a bundle for browsers. Consoles show an error with its causes, its members, mapped stacks
// and a count of equal errors, so they receive the error itself after the same lines.

import { hostConsole } from '../inspect/host-globals.ts'
import { describeEntry } from '../reports/exception-context.ts'
import type * as node from './print-report.ts'

export const printReport: typeof node.printReport = (_loop, context) => {
  const { message, exception, sourceTraceback, ...rest } = context
  const lines = [message || 'Unhandled exception in event loop']
  for (const key of Object.keys(rest).sort())
    if (rest[key] !== undefined) lines.push(`${key}: ${describeEntry(rest[key])}`)
  if (sourceTraceback !== undefined) lines.push('Object created at (most recent call first):', sourceTraceback)
  // With a format, because the text may contain a %.
  hostConsole().error('%s', lines.join('\n'), ...('exception' in context ? [exception] : []))
}

import { formatError } from '../errors/format-error.ts'
import type { EventLoop } from '../event-loop.ts'
import { hostConsole } from '../inspect/host-globals.ts'
import { type ExceptionContext, formatExceptionContext } from '../reports/exception-context.ts'
import { isRepeated } from './equal-reports.ts'

export function printReport(loop: EventLoop, context: ExceptionContext): void {
  if (!isRepeated(loop, context)) hostConsole().error(formatExceptionContext(context))
}

/** Prints a report whose default handler, which may be overridden, has failed. */
export function printFailedReport(error: unknown, context: ExceptionContext): void {
  hostConsole().error(
    `Exception in default exception handler\n${formatError(error)}\nwhile reporting:\n${whatRemains(context)}`,
  )
}

function whatRemains(context: ExceptionContext): string {
  try {
    return formatExceptionContext(context)
  } catch {
    return '<report that cannot be printed>' // the context itself refuses to be read
  }
}

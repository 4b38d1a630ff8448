import type { EventLoop } from '../face/event-loop.ts'
import { hostConsole } from '../inspect/host-globals.ts'
import { type ExceptionContext, formatExceptionContext } from '../reports/exception-context.ts'
import { isRepeated } from './equal-reports.ts'

export function printReport(loop: EventLoop, context: ExceptionContext): void {
  if (!isRepeated(loop, context)) hostConsole().error(formatExceptionContext(context))
}

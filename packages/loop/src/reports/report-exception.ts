import { type Context, currentContext, swapContext } from '../context/context.ts'
import { KeyboardInterrupt } from '../errors/errors.ts'
import type { EventLoop, ExceptionHandler } from '../face/event-loop.ts'
import { hostConsole } from '../inspect/host-globals.ts'
import type { ExceptionContext } from './exception-context.ts'

/**
 * Calls the handler, or the loop's default one. A failure of the handler is reported as well; only a KeyboardInterrupt
 * passes through and ends the run.
 */
export function reportException(
  loop: EventLoop,
  handler: ExceptionHandler | undefined,
  context: ExceptionContext,
): void {
  if (handler === undefined) return reportByDefault(loop, context)
  const previous = swapContext(contextOf(context) ?? currentContext())
  try {
    handler(loop, context)
  } catch (error) {
    if (error instanceof KeyboardInterrupt) throw error
    reportByDefault(loop, { message: 'Unhandled error in exception handler', exception: error, context })
  } finally {
    swapContext(previous)
  }
}

function reportByDefault(loop: EventLoop, context: ExceptionContext): void {
  try {
    loop.defaultExceptionHandler(context) // may be overridden
  } catch (error) {
    if (error instanceof KeyboardInterrupt) throw error
    printReport(loop, { message: 'Exception in default exception handler', exception: error })
    try {
      printReport(loop, context)
    } catch {
      hostConsole().error('<report that cannot be printed>') // the context itself refuses to be read
    }
  }
}

export function printReport(loop: EventLoop, context: ExceptionContext): void {
  const { tools } = loop.parts
  if (tools !== undefined) tools.printReport(loop, context)
  else hostConsole().error(context.message, context)
}

function contextOf(context: ExceptionContext): Context | undefined {
  const thing = context.task ?? context.future ?? context.handle
  const getContext: unknown = typeof thing === 'object' ? Reflect.get(thing, 'getContext') : undefined
  return typeof getContext === 'function' ? getContext.call(thing) : undefined
}

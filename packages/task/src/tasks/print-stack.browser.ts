// Replaces print-stack.ts in a bundle for browsers, where the stack of a Task is unknown.

import { checkOptions, formatError, hostConsole } from '@spindle/loop/internal'
import type * as node from './print-stack.ts'

export const printStack: typeof node.printStack = (task, options) => {
  checkOptions('printStack()', options, ['limit', 'print'])
  const { print = (text: string): void => hostConsole().error(text) } = options
  print(
    task.hasException()
      ? `Traceback for ${task} (most recent call first):\n${formatError(task.peekException())}`
      : `No stack for ${task}`,
  )
}

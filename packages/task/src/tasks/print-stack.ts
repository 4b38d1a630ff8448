import type { SourceLocation, Task } from '@spindle/loop'
import { checkOptions, formatError, formatLocation, hostConsole, printable } from '@spindle/loop/internal'

export interface PrintStackOptions {
  /** The maximum number of places, counted from the innermost. @default all */
  readonly limit?: number | undefined
  /** Called with the text. @default `console.error` */
  readonly print?: (text: string) => void
}

export function printStack(task: Task, options: PrintStackOptions): void {
  checkOptions('printStack()', options, ['limit', 'print'])
  const { limit, print = (text: string): void => hostConsole().error(text) } = options
  const stack = task.getStack({ limit })
  if (task.hasException())
    print(`Traceback for ${task} (most recent call first):\n${formatError(task.peekException())}`)
  else if (stack.length === 0) print(`No stack for ${task}`)
  else print([`Stack for ${task} (most recent call last):`, ...stack.map(formatFrame)].join('\n'))
}

function formatFrame(location: SourceLocation): string {
  return `  at ${printable(location.name) || '<anonymous>'} (${formatLocation(location)}:${location.column})`
}

import type { SourceLocation, Task } from '@spindle/loop'
import { checkOptions, formatError, formatLocation, hostConsole, printable } from '@spindle/loop/internal'

export function printStack(task: Task, options: Parameters<Task['printStack']>[0] = {}): void {
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

// When one cause fails 2,000 Tasks, the first report says it all, and the others would push it off the screen. For one
// second, equal reports of a loop are counted instead of printed. The count is printed at the end of the second, or of
// the process.

import { startIdleTimer } from '../drivers/idle-timer.ts'
import type { EventLoop } from '../face/event-loop.ts'
import { hostConsole, hostProcess } from '../inspect/host-globals.ts'
import { type ExceptionContext, formatExceptionContext } from '../reports/exception-context.ts'

const SECOND_MS = 1000
// Bounds what the texts of different reports take: with more of them the second ends early.
const MAX_TEXTS = 100

// By loop and text: how many reports have followed the one that was printed. Emptied at the end of the second, which is
// undefined while there are none.
const repeats = new Map<EventLoop, Map<string, number>>()
let second: { end(): void; texts: number } | undefined

/** Whether an equal report was printed within the last second: then this one is counted. */
export function isRepeated(loop: EventLoop, context: ExceptionContext): boolean {
  const text = textOf(context)
  const count = repeats.get(loop)?.get(text)
  if (count === undefined) {
    if (second?.texts === MAX_TEXTS) second.end()
    second ??= beginSecond()
    second.texts++
    if (!repeats.has(loop)) repeats.set(loop, new Map())
  }
  repeats.get(loop)?.set(text, count === undefined ? 0 : count + 1)
  return count !== undefined
}

/** Reports are equal if message, error, stack and causes are the same, whichever Task or Future the error ended. */
function textOf(context: ExceptionContext): string {
  const { task, future, sourceTraceback, ...rest } = context
  return formatExceptionContext('exception' in context ? rest : context).replaceAll(/\bTask-\d+/g, 'Task')
}

function beginSecond(): NonNullable<typeof second> {
  const end = (): void => {
    timer.cancel()
    hostProcess()?.off('exit', end)
    const counts = [...repeats.values()].flatMap((ofLoop) => [...ofLoop])
    repeats.clear()
    second = undefined
    for (const [text, count] of counts) if (count > 0) printCount(text, count)
  }
  const timer = startIdleTimer(SECOND_MS, end)
  hostProcess()?.once('exit', end)
  return { end, texts: 0 }
}

function printCount(text: string, count: number): void {
  const [message] = text.split('\n', 1)
  hostConsole().error(`${message}: ${count === 1 ? 'one more report' : `${count} more reports`} equal to one above`)
}

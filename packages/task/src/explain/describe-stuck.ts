import type { SourceLocation, Task } from '@spindle/loop'
import { formatLocation, isOurs, printable } from '@spindle/loop/internal'
import { coroutineName } from '../coroutines/coroutine-stack.ts'

// With the two spaces before it, a line of a log has 100 characters.
const MAX_STUCK_LENGTH = 98

/** `Task-2: load() at src/main.ts:31 waits for Queue.get()`, with a shorter path if that would be too long. */
export function describeStuck(task: Task): string {
  const innermost = innermostOfUser(task)
  const name = printable(innermost?.name || coroutineName(task.getCoro()) || '<anonymous>')
  const place = innermost === undefined ? '' : ` at ${formatLocation(innermost)}`
  const wait = printable(task.waitedFor?.label ?? 'a step')
  const text = (at: string): string => `${printable(task.getName())}: ${name}()${at} waits for ${wait}`
  const whole = text(place)
  if (whole.length <= MAX_STUCK_LENGTH) return whole
  const short = text(place.replace(/^ at .*[\\/]/, ' at …/'))
  return short.length <= MAX_STUCK_LENGTH ? short : `${short.slice(0, MAX_STUCK_LENGTH - 1)}…`
}

/** The place of the innermost coroutine of the user. */
export function innermostOfUser(task: Task): SourceLocation | undefined {
  return task.getStack().findLast(({ url }) => !isOurs(`    at ${url}:1:1`))
}

// A cancellation that comes while a `finally` waits ends it, as in asyncio: what follows in it does not run. Debug mode
// names the place. It is on the stack of the error that the cancelled wait makes, or on that of a coroutine which the
// error passes.

import type { CancelledError } from '@spindle/loop'
import { ambient, formatLocation, isInFinally, parseFrame, repr } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'
import { usersFrames } from './place-in-stack.ts'

const reported = new WeakSet<CancelledError>()

/** Reports the error if it ends a `finally` of the running Task. Does nothing outside of debug mode. */
export function reportCutShort(error: CancelledError, getStack: () => string | undefined): void {
  const loop = ambient.runningLoop
  const task = loop?.currentTask as Task | undefined // Tasks alone put themselves there
  if (loop?.getDebug() !== true || task === undefined || reported.has(error)) return
  if (task.uncancellableDepth > 0) return // its own limit ends it
  const place = usersFrames(getStack())
    .map(parseFrame)
    .find((frame) => frame !== undefined && isInFinally(frame))
  if (place === undefined) return
  reported.add(error)
  const message =
    `Task ${repr(task.getName())} was cancelled while a \`finally\` waited at ${formatLocation(place)}: the rest of it ` +
    'is skipped. Protect clean-up that waits: `uncancellable(function* () { … })`, `resource` or `exitStack`'
  loop.callExceptionHandler({ message, task })
}

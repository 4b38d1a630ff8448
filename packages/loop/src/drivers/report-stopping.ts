import type { EventLoop } from '../event-loop.ts'
import { hostConsole } from '../inspect/host-globals.ts'
import { listOf } from './deadlock-error.ts'
import { startIdleTimer } from './idle-timer.ts'

const STOP_REPORT_MS = 1000

/**
 * A second after a signal has cancelled a run, prints the Tasks that have not ended, each with the place where it waits
 * and what for: whoever sits at the terminal sees what the program still does.
 */
export function reportStopping(loop: EventLoop): void {
  const timer = startIdleTimer(STOP_REPORT_MS, () => {
    const tasks = [...loop.tasks]
    if (tasks.length === 0) return
    const have = tasks.length === 1 ? 'One task has' : `${tasks.length} tasks have`
    hostConsole().error(
      `The program was asked to stop 1 s ago. ${have} not ended:${listOf(tasks)}\nOne more signal (Ctrl-C) ends it at once`,
    )
  })
  loop.closeCallbacks.add(() => timer.cancel())
}

import type { EventLoop } from '../face/event-loop.ts'
import { hostConsole } from '../inspect/host-globals.ts'
import { listOf } from './deadlock-error.ts'
import { startIdleTimer } from './idle-timer.ts'

const STOP_REPORT_MS = 1000

/**
 * A second after a signal has cancelled a run, prints what is still awaited, each with its place: whoever sits at the
 * terminal sees what the program still does.
 */
export function reportStopping(loop: EventLoop): void {
  const timer = startIdleTimer(STOP_REPORT_MS, () => {
    const tasks = [...loop.tasks]
    if (tasks.length === 0) return
    const waits = loop.explainer?.describeWaits(tasks) ?? tasks
    const awaited = waits.map((wait) => `${wait} has not settled since ${(STOP_REPORT_MS / 1000).toFixed(1)} s`)
    hostConsole().error(
      `The program was asked to stop, and waits:${listOf(awaited)}\nA second signal (Ctrl-C) abandons this, a third ends the process`,
    )
  })
  loop.closeCallbacks.add(() => timer.cancel())
}

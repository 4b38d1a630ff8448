import type { EventLoop, Future } from '@spindle/loop'
import { repr, startIdleTimer } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'

// After this time, a run prints the Tasks it waits for, to explain why the program does not end.
const QUIET_MS = 10_000

/**
 * Cancels all Tasks that are left at the end of a run. Returns a Future that is done when they have ended or timed out.
 * @param limit how long they may clean up, in ms; undefined for no limit
 */
export function cancelLeftOver(loop: EventLoop, limit: number | undefined): { left: Task[]; ended: Future<unknown> } {
  const left = [...loop.tasks] as Task[] // the cast: the set contains only Tasks
  const ended = loop.createFuture<undefined>()
  for (const task of left) task.requestCancel({ by: 'the end of the run' })
  if (left.length === 0) {
    ended.setResult(undefined)
    return { left, ended }
  }
  loop.explainer?.awaitsEnd(left)
  const timer =
    limit === undefined
      ? startIdleTimer(QUIET_MS, () => reportRunning(left, QUIET_MS, 'The run waits for it'))
      : loop.callLater(limit, () => {
          reportRunning(left, limit, 'The run ends without it')
          if (!ended.done()) ended.setResult(undefined)
        })
  // Like gather(), reduced to the needs of a page that only calls run(). Its Future ends the run by itself:
  // one in between would let an iteration more run than in asyncio.
  let running = left.length
  const onChildDone = (): void => {
    if (--running > 0) return
    timer.cancel()
    for (const task of left) if (task.hasException()) task.exception() // reported with the run
    if (!ended.done()) ended.setResult(undefined)
  }
  for (const task of left) task.addDoneCallback(onChildDone)
  return { left, ended }
}

function reportRunning(tasks: readonly Task[], duration: number, consequence: string): void {
  for (const task of tasks) {
    if (task.done()) continue
    const message = `Task ${repr(task.getName())} was cancelled at the end of the run, and has not ended for ${duration} ms. ${consequence}`
    task.getLoop().callExceptionHandler({ message, task })
  }
}

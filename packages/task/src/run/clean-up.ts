import type { EventLoop, Future } from '@spindle/loop'
import { repr, startIdleTimer } from '@spindle/loop/internal'
import type { Task } from '../tasks/task.ts'

// After so many ms a run prints what it waits for, for whoever watches a program that does not end.
const QUIET_MS = 10_000

/**
 * Cancels all Tasks that are left at the end of a run, and returns a Future that is done when they have ended, or when
 * they time out.
 * @param limit how long they may clean up, in ms; undefined: forever
 */
export function cancelLeftOver(loop: EventLoop, limit: number | undefined): { left: Task[]; ended: Future<unknown> } {
  const left = [...loop.tasks] as Task[] // the cast: the set contains only Tasks
  for (const task of left) task.requestCancel({ by: 'the end of the run' })
  if (left.length === 0) return { left, ended: nothing(loop) }
  loop.explainer?.mustEnd(left)
  const all = allEnded(loop, left)
  const ended = loop.createFuture<undefined>()
  const end = (): void => {
    if (!ended.done()) ended.setResult(undefined)
  }
  const timer =
    limit === undefined
      ? startIdleTimer(QUIET_MS, () => reportRunning(left, QUIET_MS, 'The run waits for it'))
      : loop.callLater(limit, () => {
          reportRunning(left, limit, 'The run ends without it')
          end()
        })
  all.addDoneCallback(() => {
    timer.cancel()
    end()
  })
  return { left, ended }
}

function reportRunning(tasks: readonly Task[], duration: number, consequence: string): void {
  for (const task of tasks) {
    if (task.done()) continue
    const message = `Task ${repr(task.getName())} was cancelled at the end of the run, and has not ended for ${duration} ms. ${consequence}`
    task.getLoop().callExceptionHandler({ message, task })
  }
}

/** Like gather(), of which a page that only runs something needs no more than this. */
function allEnded(loop: EventLoop, tasks: readonly Task[]): Future<undefined> {
  const all = loop.createFuture<undefined>()
  let running = tasks.length
  const onChildDone = (): void => {
    if (--running > 0) return
    for (const task of tasks) if (task.hasException()) task.exception() // reported with the run
    all.setResult(undefined)
  }
  for (const task of tasks) task.addDoneCallback(onChildDone)
  return all
}

function nothing(loop: EventLoop): Future<undefined> {
  const future = loop.createFuture<undefined>()
  future.setResult(undefined)
  return future
}

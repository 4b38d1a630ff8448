import type { HostRun } from '../face/loop-parts.ts'
import { deadlockError } from './deadlock-error.ts'

/** Whether nothing but the host, or a promise, could wake it. */
export function isDrained(run: HostRun): boolean {
  return run.parked && !hasTimerToCome(run) && (run.permanent === undefined || run.loop.tasks.size > 0)
}

/** Whether a timer can wake it. In virtual time a timer at Infinity cannot: the clock never jumps there. */
export function hasTimerToCome({ loop, virtualTime }: HostRun): boolean {
  return loop.hasTimers && (virtualTime === undefined || loop.nextTime < Number.POSITIVE_INFINITY)
}

/** Whether it waits for something that may still settle: a promise, or a Future of another loop. */
export function awaitsPromise(run: HostRun): boolean {
  return run.loop.wakeSources.pending > 0
}

export function endDrained(run: HostRun): void {
  if (!isDrained(run)) return
  const error = deadlockError(run.loop)
  if (run.permanent === undefined) return run.end(error)
  run.stopWatching()
  run.permanent.onDeadlock(error)
}

// Node emits `beforeExit` when its own loop has run empty: no socket, timer, child process, thread or file operation is
// left that could call back. A run that is parked then waits forever. Other listeners of `beforeExit` may start work:
// this listener checks again after them. Browsers have no such event, so a deadlock looks like waiting there.

import type { HostRun } from '../face/loop-parts.ts'
import { hostProcess } from '../inspect/host-globals.ts'
import { activeRuns } from './active-runs.ts'
import { awaitsPromise, endDrained, isDrained } from './drained.ts'

declare function queueMicrotask(callback: () => void): void
declare function setImmediate(callback: () => void): void

// Each run, with its turns when the host last ran empty. A deadlock is certain only the second time in a row: work that
// other listeners of beforeExit start does not show at once.
const runs = new Map<HostRun, number | undefined>()

/** Ends the run with a DeadlockError when the host has nothing left to do. Returns a function that stops watching. */
export function watchForDeadlock(run: HostRun): () => void {
  const process = hostProcess()
  if (process === undefined) return () => {}
  // Before all other listeners, so that the work they start shows as an increase.
  if (runs.size === 0) process.prependListener('beforeExit', onBeforeExit)
  runs.set(run, undefined)
  requestBeforeExit() // beforeExit may be being emitted right now
  return () => {
    runs.delete(run)
    if (runs.size === 0) process.off('beforeExit', onBeforeExit)
  }
}

function onBeforeExit(): void {
  const process = hostProcess()
  const before = countResources()
  process?.nextTick(() =>
    queueMicrotask(() =>
      process?.nextTick(() => {
        if (countResources() > before) return // another listener has started something
        const still: HostRun[] = []
        for (const [run, turns] of runs) {
          if (run.turns === turns) {
            if (isDrained(run)) still.push(run)
          } else {
            runs.set(run, run.turns)
            requestBeforeExit()
          }
        }
        endDeadlocked(still)
      }),
    ),
  )
}

/**
 * A run may wait for the promise of another run, whose deadlock will reject it. Runs that wait for no promise end
 * first, otherwise the youngest run.
 */
function endDeadlocked(drained: readonly HostRun[]): void {
  const sure = drained.filter((run) => !awaitsPromise(run))
  const youngest = [...activeRuns].filter((run) => drained.includes(run)).slice(-1)
  for (const run of sure.length > 0 ? sure : youngest) endDrained(run)
  if (drained.length > 0 && runs.size > 0) requestBeforeExit()
}

/** Makes Node emit beforeExit again: it exits if no listener has started anything. */
function requestBeforeExit(): void {
  setImmediate(() => {})
}

function countResources(): number {
  return hostProcess()?.getActiveResourcesInfo?.().length ?? 0
}

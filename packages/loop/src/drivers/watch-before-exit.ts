// Node emits `beforeExit` when its own loop has run empty: no socket, timer, child, thread or file operation is left
// that could ever call back. A run that is parked then waits forever. Other listeners of `beforeExit` may start work,
// so this one checks again after them. Where there is no such event (browsers), a deadlock cannot be told from waiting.

import { hostProcess } from '../inspect/host-globals.ts'
import { activeRuns } from './active-runs.ts'
import { deadlockError } from './deadlock-error.ts'
import { endDrained, holdsPromise, isDrained } from './drained.ts'
import type { HostDriver } from './host.ts'

declare function queueMicrotask(callback: () => void): void
declare function setImmediate(callback: () => void): void

// With the turns each had when the host had run empty before. Only the second time in a row is final: what other
// listeners of beforeExit start does not show at once.
const runs = new Map<HostDriver, number | undefined>()

/**
 * Ends the run with a DeadlockError when the host has nothing left to do. Returns a function that ends this.
 */
export function watchForDeadlock(run: HostDriver): () => void {
  const process = hostProcess()
  if (process === undefined) return () => {}
  // Before all others, so that what they start is seen to be more than there was.
  if (runs.size === 0) process.prependListener('beforeExit', onBeforeExit)
  runs.set(run, undefined)
  requestBeforeExit() // if beforeExit is being emitted right now
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
        if (countResources() > before) return // another listener has started something: this was not the end
        const still: HostDriver[] = []
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
 * A run that waits for a promise may wait for another run, which is deadlocked and will reject it: runs that wait for
 * no promise end first, else the youngest.
 */
function endDeadlocked(drained: readonly HostDriver[]): void {
  const sure = drained.filter((run) => !holdsPromise(run))
  const youngest = [...activeRuns].filter((run) => drained.includes(run)).slice(-1)
  for (const run of sure.length > 0 ? sure : youngest) endDrained(run, deadlockError(run.loop))
  if (drained.length > 0 && runs.size > 0) requestBeforeExit()
}

/** Has beforeExit come again: Node ends without it if a listener has started nothing. */
function requestBeforeExit(): void {
  setImmediate(() => {})
}

function countResources(): number {
  return hostProcess()?.getActiveResourcesInfo?.().length ?? 0
}

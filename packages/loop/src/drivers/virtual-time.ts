// How a run waits in virtual time. Once the host has had a turn, in which promises may settle, time jumps to the next
// timer of all runs that share the clock.

import type { EventLoop } from '../face/event-loop.ts'
import type { HostRun, VirtualTimeRun } from '../face/loop-parts.ts'
import { activeRuns, stuckRuns } from './active-runs.ts'
import { deadlockError } from './deadlock-error.ts'
import { awaitsPromise, hasTimerToCome, isDrained } from './drained.ts'

const NO_OTHERS: HostRun[] = []

// The runs that only another loop could wake.
const stuck = new Set<VirtualTime>()

function endStuckRuns(): void {
  for (const run of activeRuns) if (!run.parked || hasTimerToCome(run)) return // it may wake the others
  for (const run of [...stuck]) run.endStuck()
}

export class VirtualTime implements VirtualTimeRun {
  hostHadTurn = false
  readonly #run: HostRun
  readonly #loop: EventLoop

  constructor(run: HostRun) {
    this.#run = run
    this.#loop = run.loop
  }

  park(): void {
    if (!this.hostHadTurn) {
      this.hostHadTurn = true
      this.#run.later()
    } else {
      this.#run.parked = true
      if (!awaitsPromise(this.#run)) {
        stuck.add(this)
        stuckRuns.check = endStuckRuns
      }
      stuckRuns.check?.()
    }
  }

  endStuck(): void {
    if (this.#leave() && isDrained(this.#run) && !awaitsPromise(this.#run)) this.#run.end(deadlockError(this.#loop))
  }

  #leave(): boolean {
    const wasStuck = stuck.delete(this)
    if (stuck.size === 0) stuckRuns.check = undefined
    return wasStuck
  }

  jump(): boolean {
    const others = this.#othersOnClock()
    const own = this.#loop.nextTime
    const earliest = others.reduce((when, { loop }) => Math.min(when, loop.nextTime), own)
    if (earliest === Number.POSITIVE_INFINITY) return false
    // The effects of one run may still be on their way to another through promises.
    if ((this.#loop.wakeSources.pending > 0 || others.length > 0) && !this.hostHadTurn) return false
    let now = this.#loop.time() // later than `earliest` if a timer was set for a time in the past
    if (earliest > now) {
      if (others.some((other) => !other.parked)) return false // the last run to park makes time jump for all
      if (!this.#mayJump(others, earliest)) return false
      this.#loop.probe?.slept?.(earliest - now)
      this.#loop.advanceTo(earliest)
      now = earliest
    }
    for (const other of others) if (other.loop.nextTime <= now) other.wake()
    return own <= now
  }

  /** A run may await a run that was started inside it, so only the youngest knows whether its awaitable is real. */
  #mayJump(others: readonly HostRun[], when: number): boolean {
    const youngest = [...activeRuns].findLast((run) => run === this.#run || others.includes(run)) ?? this.#run
    return !awaitsPromise(youngest) || this.#loop.clock.mayJumpOver?.(youngest.loop, when) !== false
  }

  #othersOnClock(): HostRun[] {
    if (activeRuns.size === 1) return NO_OTHERS
    const { clock } = this.#loop
    return [...activeRuns].filter((other) => other !== this.#run && other.loop.clock === clock)
  }

  /** Wakes a run on this clock, if there is one: the end of this run may have been the last obstacle to a jump. */
  end(): void {
    this.#leave()
    const next = this.#othersOnClock().find((other) => other.parked)
    if (next === undefined) return
    if (next.virtualTime !== undefined) next.virtualTime.hostHadTurn = false
    next.wake()
  }
}

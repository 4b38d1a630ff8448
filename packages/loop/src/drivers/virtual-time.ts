// How a run waits in virtual time: there is nothing to sleep for, so time jumps to the next timer of all runs that
// share the clock, once the host has had a turn, in which promises may bring something.

import type { EventLoop } from '../event-loop.ts'
import { activeRuns, stuckRuns } from './active-runs.ts'
import { deadlockError } from './deadlock-error.ts'
import { hasTimerToCome, holdsPromise, isDrained } from './drained.ts'
import type { HostDriver } from './host.ts'

const NO_OTHERS: HostDriver[] = []

// The runs that wait for what only another loop could bring.
const stuck = new Set<VirtualTime>()

/** Ends them where no other loop of this thread can wake them any more. */
function endStuckRuns(): void {
  for (const run of activeRuns) if (!run.parked || hasTimerToCome(run)) return // it may wake the others
  for (const run of [...stuck]) run.endStuck()
}

/** The part of a run that knows of virtual time. */
export class VirtualTime {
  /** Whether the host had a turn since nothing was ready: time does not jump before. */
  hostHadTurn = false
  readonly #run: HostDriver
  readonly #loop: EventLoop

  constructor(run: HostDriver) {
    this.#run = run
    this.#loop = run.loop
  }

  park(): void {
    if (!this.hostHadTurn) {
      this.hostHadTurn = true
      this.#run.later()
    } else {
      this.#run.parked = true
      if (!holdsPromise(this.#run)) {
        stuck.add(this)
        stuckRuns.check = endStuckRuns
      }
      stuckRuns.check?.()
    }
  }

  /** No loop of this thread can wake us. */
  endStuck(): void {
    if (this.#leave() && isDrained(this.#run) && !holdsPromise(this.#run)) this.#run.end(deadlockError(this.#loop))
  }

  /** It is stuck no more. Returns whether it was. */
  #leave(): boolean {
    const wasStuck = stuck.delete(this)
    if (stuck.size === 0) stuckRuns.check = undefined
    return wasStuck
  }

  /** Has time jump to the next timer, if it may. Returns whether that made something ready here. */
  jump(): boolean {
    const others = this.#othersOnClock()
    const own = this.#loop.nextTime
    const earliest = others.reduce((when, { loop }) => Math.min(when, loop.nextTime), own)
    if (earliest === Number.POSITIVE_INFINITY) return false
    // What one run has done may still be on its way to another by promises.
    if ((this.#loop.wakeSources.pending > 0 || others.length > 0) && !this.hostHadTurn) return false
    let now = this.#loop.time() // later than `earliest` if a timer was set for a time that is past
    if (earliest > now) {
      if (others.some((other) => !other.parked)) return false // the last that comes to wait has time jump for all
      if (!this.#mayJump(others, earliest)) return false
      this.#loop.probe?.slept?.(earliest - now)
      this.#loop.advanceTo(earliest)
      now = earliest
    }
    for (const other of others) if (other.loop.nextTime <= now) other.wake()
    return own <= now
  }

  /** What a run awaits may be one that was called in it, so that the youngest alone knows whether it is real. */
  #mayJump(others: readonly HostDriver[], when: number): boolean {
    const youngest = [...activeRuns].findLast((run) => run === this.#run || others.includes(run)) ?? this.#run
    return !holdsPromise(youngest) || this.#loop.clock.mayJumpOver?.(youngest.loop, when) !== false
  }

  /** The other runs whose virtual time is the same. */
  #othersOnClock(): HostDriver[] {
    if (activeRuns.size === 1) return NO_OTHERS
    const { clock } = this.#loop
    return [...activeRuns].filter((other) => other !== this.#run && other.loop.clock === clock)
  }

  /**
   * The run is over. Others may have waited for it only before time jumps: one of them sees to that, after what they
   * await of it.
   */
  end(): void {
    this.#leave()
    const next = this.#othersOnClock().find((other) => other.parked)
    if (next === undefined) return
    if (next.virtualTime !== undefined) next.virtualTime.hostHadTurn = false
    next.wake()
  }
}

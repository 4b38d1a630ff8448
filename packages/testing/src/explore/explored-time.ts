// Time in an explored run. A schedule decides how late its clock is, and how much longer each timer takes.

import { type Clock, type LinkedTimer, type Timer, TimerHeap } from 'spindle/internal'
import type { Choices, SetTimer } from './choices.ts'
import type { Plan } from './explored-run.ts'

/** The clock of the simulated host. It may be late: when time jumps, it may jump further than requested. */
export class LateClock implements Clock {
  /** The times it was set to. */
  readonly jumps: number[] = []
  readonly #choices: Choices
  #now = 0

  constructor(choices: Choices) {
    this.#choices = choices
  }

  time(): number {
    return this.#now
  }

  jumpTo(when: number): void {
    this.jumps.push(when)
    this.#now = when + this.#choices.late(when)
  }

  /** A step takes CPU time. */
  spend(ms: number): void {
    this.#now += ms
  }
}

/** The timers of the loop. */
export class ExploredTimers extends TimerHeap {
  readonly #plan: Pick<Plan, 'clock' | 'choices'>
  readonly #set = new Map<Timer, SetTimer>()

  constructor(plan: Pick<Plan, 'clock' | 'choices'>) {
    super()
    this.#plan = plan
  }

  override add(deadline: number, timer: Timer): void {
    const { clock, choices } = this.#plan
    const now = clock.time()
    if (deadline <= now) return super.add(deadline, timer)
    const set = choices.setTimer(deadline - now, now, true)
    this.#set.set(timer, set)
    super.add(set.deadline, timer)
  }

  override addLinked(timer: LinkedTimer): void {
    this.add(timer.when(), timer)
  }

  override pop(): Timer {
    const timer = super.pop()
    const set = this.#set.get(timer)
    this.#set.delete(timer)
    if (set !== undefined && !timer.cancelled()) this.#plan.choices.fired.push(set)
    return timer
  }
}

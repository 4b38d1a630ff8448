import type { Clock } from 'spindle/internal'
import type { Choices } from '../schedule/choices.ts'

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

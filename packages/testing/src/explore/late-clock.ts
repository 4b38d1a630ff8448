import { VirtualClock } from 'spindle'
import type { Choices } from './choices.ts'

/** A clock that may be late: when time jumps, it may jump further than requested. */
export class LateClock extends VirtualClock {
  /** The times it was set to. */
  readonly jumps: number[] = []
  readonly #choices: Choices

  constructor(choices: Choices) {
    super()
    this.#choices = choices
  }

  override advanceTo(when: number): void {
    this.jumps.push(when)
    super.advanceTo(when + this.#choices.late(when))
  }

  /** A step takes CPU time. */
  spend(ms: number): void {
    super.advanceTo(this.time() + ms)
  }
}

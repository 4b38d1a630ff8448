// The timers of an explored loop: each may take longer than it says; a schedule decides.

import { type LinkedTimer, type Timer, TimerHeap } from 'spindle/internal'
import type { Choices } from './choices.ts'
import type { LateClock } from './late-clock.ts'

export class ExploredTimers extends TimerHeap {
  readonly #clock: LateClock
  readonly #choices: Choices

  constructor(clock: LateClock, choices: Choices) {
    super()
    this.#clock = clock
    this.#choices = choices
  }

  override add(deadline: number, timer: Timer): void {
    const now = this.#clock.time()
    super.add(deadline > now ? now + this.#choices.delay(deadline - now, now) : deadline, timer)
  }

  override addLinked(timer: LinkedTimer): void {
    this.add(timer.when(), timer)
  }
}

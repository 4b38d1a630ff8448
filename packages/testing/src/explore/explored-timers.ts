// The timers of an explored loop: each may take longer than it says; a schedule decides.

import { type LinkedTimer, type Timer, TimerHeap } from 'spindle/internal'
import type { LateClock } from './late-clock.ts'
import type { RunEntropy } from './run-entropy.ts'

export class ExploredTimers extends TimerHeap {
  readonly #clock: LateClock
  readonly #entropy: RunEntropy

  constructor(clock: LateClock, entropy: RunEntropy) {
    super()
    this.#clock = clock
    this.#entropy = entropy
  }

  override add(deadline: number, timer: Timer): void {
    const now = this.#clock.time()
    super.add(deadline > now ? now + this.#entropy.delay(deadline - now, now) : deadline, timer)
  }

  override addLinked(timer: LinkedTimer): void {
    this.add(timer.when(), timer)
  }
}

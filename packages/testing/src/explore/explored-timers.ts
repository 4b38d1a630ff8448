// The timers of an explored loop: each may take longer than it says; a schedule decides.

import { type LinkedTimer, type Timer, TimerHeap } from 'spindle/internal'
import type { Choices } from './choices.ts'
import type { ExploredQueue } from './explored-queue.ts'
import type { Plan } from './explored-run.ts'
import type { LateClock } from './late-clock.ts'

export class ExploredTimers extends TimerHeap {
  readonly #clock: LateClock
  readonly #choices: Choices
  readonly #queue: ExploredQueue

  constructor({ clock, choices, queue }: Pick<Plan, 'clock' | 'choices' | 'queue'>) {
    super()
    this.#clock = clock
    this.#choices = choices
    this.#queue = queue
  }

  override add(deadline: number, timer: Timer): void {
    const now = this.#clock.time()
    this.#queue.noteTimer(timer, deadline <= now)
    super.add(deadline > now ? now + this.#choices.delay(deadline - now, now) : deadline, timer)
  }

  override addLinked(timer: LinkedTimer): void {
    this.add(timer.when(), timer)
  }
}

// The timers of an explored loop: each may take longer than it says; a schedule decides.

import { type LinkedTimer, type Timer, TimerHeap } from 'spindle/internal'
import type { Choices, SetTimer } from './choices.ts'
import type { ExploredQueue } from './explored-queue.ts'
import type { Plan } from './explored-run.ts'
import type { LateClock } from './late-clock.ts'

export class ExploredTimers extends TimerHeap {
  readonly #clock: LateClock
  readonly #choices: Choices
  readonly #queue: ExploredQueue
  readonly #set = new Map<Timer, SetTimer>()

  constructor({ clock, choices, queue }: Pick<Plan, 'clock' | 'choices' | 'queue'>) {
    super()
    this.#clock = clock
    this.#choices = choices
    this.#queue = queue
  }

  override add(deadline: number, timer: Timer): void {
    const now = this.#clock.time()
    this.#queue.noteTimer(timer, deadline <= now)
    if (deadline <= now) return super.add(deadline, timer)
    const set = this.#choices.setTimer(deadline - now, now, true)
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
    if (set !== undefined && !timer.cancelled()) this.#choices.fired.push(set)
    return timer
  }
}

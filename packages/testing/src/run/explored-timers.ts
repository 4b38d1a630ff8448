import { type LinkedTimer, type Timer, TimerHeap } from 'spindle/internal'
import type { LateClock } from '../host/late-clock.ts'
import type { Choices, SetTimer } from '../schedule/choices.ts'

interface TimeOfRun {
  readonly clock: LateClock
  readonly choices: Choices
}

/** The timers of the loop. A schedule decides how much longer each takes. */
export class ExploredTimers extends TimerHeap {
  readonly #run: TimeOfRun
  readonly #set = new Map<Timer, SetTimer>()

  constructor(run: TimeOfRun) {
    super()
    this.#run = run
  }

  override add(deadline: number, timer: Timer): void {
    const { clock, choices } = this.#run
    const now = clock.time()
    if (deadline <= now) return super.add(deadline, timer)
    const set = choices.setTimer(deadline - now, now)
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
    if (set !== undefined && !timer.cancelled()) this.#run.choices.fired.push(set)
    return timer
  }
}

import type { Entropy } from './entropy.ts'
import type { ScheduleItem } from './schedule.ts'
import type { WatchedQueue } from './watched-queue.ts'

/** The chance of one run: as the schedule says, else by `random`, else the least there is. What it says is noted. */
export class RunEntropy implements Entropy {
  /** What it has said that was not the least. */
  readonly items: ScheduleItem[] = []
  readonly #queue: WatchedQueue
  readonly #fixed: Map<string, ScheduleItem & { readonly kind: 'duration' }>
  readonly #applied: Set<ScheduleItem>
  readonly #random: (() => number) | undefined
  readonly #asked = new Map<string, number>()

  constructor(
    queue: WatchedQueue,
    items: readonly ScheduleItem[],
    applied: Set<ScheduleItem>,
    random: (() => number) | undefined,
  ) {
    this.#queue = queue
    const durations = items.filter((item) => item.kind === 'duration')
    this.#fixed = new Map(durations.map((item) => [item.step, item]))
    this.#applied = applied
    this.#random = random
  }

  /** Whether the program has asked at all. */
  get asked(): boolean {
    return this.#asked.size > 0
  }

  duration(low: number, high: number): number {
    const lane = this.#queue.trace.at(-1)
    const step = lane === undefined ? 'setup#1' : `${lane.path}#${lane.steps}`
    const count = (this.#asked.get(step) ?? 0) + 1
    this.#asked.set(step, count)
    const name = count === 1 ? step : `${step}.${count}`
    const fixed = this.#fixed.get(name)
    if (fixed !== undefined) this.#applied.add(fixed)
    const ms = Math.min(high, Math.max(low, fixed?.ms ?? this.#pick(low, high)))
    if (ms !== low) this.items.push({ kind: 'duration', step: name, ms })
    return ms
  }

  /** The limits are where most goes wrong. */
  #pick(low: number, high: number): number {
    if (this.#random === undefined) return low
    const dice = this.#random()
    if (dice < 0.25) return low
    if (dice < 0.5) return high
    return Math.round(low + this.#random() * (high - low))
  }
}

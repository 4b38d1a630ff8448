import type { Entropy } from './entropy.ts'
import type { ScheduleItem } from './schedule.ts'
import type { WatchedQueue } from './watched-queue.ts'

type Said = ScheduleItem & { readonly kind: 'duration' | 'choice' }

/**
 * The choices of one run: as the schedule says, otherwise from `random`, otherwise the lowest. The choices are
 * recorded.
 */
export class RunEntropy implements Entropy {
  /** The choices that were not the lowest. */
  readonly items: ScheduleItem[] = []
  readonly #queue: WatchedQueue
  readonly #fixed: Map<string, Said>
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
    const said = items.filter((item) => item.kind === 'duration' || item.kind === 'choice')
    this.#fixed = new Map(said.map((item) => [`${item.kind} ${item.step}`, item]))
    this.#applied = applied
    this.#random = random
  }

  /** Whether the program has asked for any choice. */
  get asked(): boolean {
    return this.#asked.size > 0
  }

  duration(low: number, high: number): number {
    const { step, fixed } = this.#ask('duration')
    const ms = Math.min(high, Math.max(low, fixed?.ms ?? this.#pick(low, high)))
    if (ms !== low) this.items.push({ kind: 'duration', step, ms })
    return ms
  }

  choose(count: number): number {
    const { step, fixed } = this.#ask('choice')
    const chance = this.#random === undefined ? 0 : Math.floor(this.#random() * count)
    const picked = Math.min(count - 1, fixed?.picked ?? chance)
    if (picked !== 0) this.items.push({ kind: 'choice', step, picked })
    return picked
  }

  /** The name under which a step asks, and the schedule's answer. */
  #ask<Kind extends Said['kind']>(kind: Kind): { step: string; fixed: (Said & { readonly kind: Kind }) | undefined } {
    const lane = this.#queue.trace.at(-1)
    const step = lane === undefined ? 'setup#1' : `${lane.path}#${lane.steps}`
    const count = (this.#asked.get(`${kind} ${step}`) ?? 0) + 1
    this.#asked.set(`${kind} ${step}`, count)
    const name = count === 1 ? step : `${step}.${count}`
    const fixed = this.#fixed.get(`${kind} ${name}`)
    if (fixed !== undefined) this.#applied.add(fixed)
    return { step: name, fixed: fixed as (Said & { readonly kind: Kind }) | undefined }
  }

  /** Most bugs show at the limits. */
  #pick(low: number, high: number): number {
    if (this.#random === undefined) return low
    const dice = this.#random()
    if (dice < 0.25) return low
    if (dice < 0.5) return high
    return Math.round(low + this.#random() * (high - low))
  }
}

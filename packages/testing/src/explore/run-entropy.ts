import type { Entropy } from './entropy.ts'
import { type ScheduleItem, toMicroseconds } from './schedule.ts'

type Said = ScheduleItem & { readonly kind: 'duration' | 'choice' }

/** A timer that was set: its step, the time, and the deadline. */
export interface SetTimer {
  readonly step: string
  readonly at: number
  readonly deadline: number
}

/** The source of the choices of a run. */
export interface Choices {
  /** The items of the schedule, which come first. */
  readonly items: readonly ScheduleItem[]
  /** The items that have had their effect. */
  readonly applied: Set<ScheduleItem>
  /** Random numbers; 0 is the ordinary choice. undefined: everything else is ordinary. */
  readonly random: (() => number) | undefined
  /** Whether random choices make timers take longer: the deadlines they may be moved behind. */
  readonly deadlines: readonly number[] | undefined
}

// Later timers keep their time: a Task that sleeps in a loop would never end.
const MAX_VARIED = 200
const VARIED_SHARES = [0, 0.1, 0.3, 0.6]
const BUSY_SHARES = [0, 0, 0.02, 0.1]

/**
 * The choices of one run: as the schedule says, otherwise from `random`, otherwise the lowest. The choices are
 * recorded.
 */
export class RunEntropy implements Entropy {
  /** The choices that were not the lowest. */
  readonly items: ScheduleItem[] = []
  /** The timers that were set. */
  readonly timers: SetTimer[] = []
  readonly #currentStep: () => string
  readonly #choices: Choices
  readonly #fixed: Map<string, Said>
  readonly #asked = new Map<string, number>()
  // The share of timers that take longer in this run.
  #share: number | undefined
  // The share of steps that keep the CPU for a while.
  #busyShare: number | undefined
  #askedByProgram = false

  /** @param currentStep the name of the step that is running */
  constructor(currentStep: () => string, choices: Choices) {
    this.#currentStep = currentStep
    this.#choices = choices
    const said = choices.items.filter((item) => item.kind === 'duration' || item.kind === 'choice')
    this.#fixed = new Map(said.map((item) => [`${item.kind} ${item.step}`, item]))
  }

  /** Whether the program has asked for any choice. */
  get asked(): boolean {
    return this.#askedByProgram
  }

  duration(low: number, high: number): number {
    this.#askedByProgram = true
    const { step, fixed } = this.#ask('duration')
    const ms = Math.min(high, Math.max(low, fixed?.ms ?? this.#pick(low, high)))
    if (ms !== low) this.items.push({ kind: 'duration', step, ms })
    return ms
  }

  /** The time that a timer takes: at least `ms`. */
  delay(ms: number, now: number): number {
    if (this.#askedByProgram || ms === Number.POSITIVE_INFINITY) return ms // the program says itself what varies
    const { step, fixed } = this.#ask('duration')
    const longer = fixed === undefined ? this.#prolong(ms, now) : Math.max(ms, fixed.ms)
    this.timers.push({ step, at: now, deadline: now + longer })
    if (longer !== ms) this.items.push({ kind: 'duration', step, ms: longer })
    return longer
  }

  choose(count: number): number {
    this.#askedByProgram = true
    return this.pick(count)
  }

  /** For how long the step that is about to run keeps the CPU: until a timer is due, at most `limit` ms. */
  busy(now: number, limit: number): number {
    const { random, deadlines } = this.#choices
    if (random === undefined || deadlines === undefined || limit <= 0) return 0
    this.#busyShare ??= BUSY_SHARES[Math.floor(random() * BUSY_SHARES.length)] ?? 0
    if (this.#busyShare === 0 || random() < 1 - this.#busyShare) return 0
    let least = Number.POSITIVE_INFINITY
    for (const { deadline } of this.timers) if (deadline > now) least = Math.min(least, deadline - now)
    return least <= limit ? least : 0
  }

  /** The same for a choice of the host, such as the order of two events. */
  pick(count: number): number {
    const { step, fixed } = this.#ask('choice')
    const { random } = this.#choices
    const chance = random === undefined ? 0 : Math.floor(random() * count)
    const picked = Math.min(count - 1, fixed?.picked ?? chance)
    if (picked !== 0) this.items.push({ kind: 'choice', step, picked })
    return picked
  }

  /** The name under which a step asks, and the schedule's answer. */
  #ask<Kind extends Said['kind']>(kind: Kind): { step: string; fixed: (Said & { readonly kind: Kind }) | undefined } {
    const step = this.#currentStep()
    const key = `${kind} ${step}`
    const count = (this.#asked.get(key) ?? 0) + 1
    this.#asked.set(key, count)
    const name = count === 1 ? step : `${step}.${count}`
    const fixed = this.#fixed.size === 0 ? undefined : this.#fixed.get(`${kind} ${name}`)
    if (fixed !== undefined) this.#choices.applied.add(fixed)
    return { step: name, fixed: fixed as (Said & { readonly kind: Kind }) | undefined }
  }

  /** Orders of arrival matter, so a timer that takes longer ends just before, with or just after another one. */
  #prolong(ms: number, now: number): number {
    const { random, deadlines } = this.#choices
    if (random === undefined || deadlines === undefined || this.timers.length > MAX_VARIED) return ms
    this.#share ??= VARIED_SHARES[Math.floor(random() * VARIED_SHARES.length)] ?? 0
    if (this.#share === 0 || random() < 1 - this.#share) return ms
    const own = now + ms
    const later = deadlines.filter((deadline) => deadline >= own)
    for (const { deadline } of this.timers.slice(-10)) if (deadline >= own) later.push(deadline)
    const target = later[Math.floor(random() * later.length)] ?? own
    return Math.max(ms, toMicroseconds(target - now + Math.floor(random() * 3) - 1))
  }

  /** Most bugs show at the limits. */
  #pick(low: number, high: number): number {
    const { random } = this.#choices
    if (random === undefined) return low
    const dice = random()
    if (dice < 0.25) return low
    if (dice < 0.5) return high
    return Math.round(low + random() * (high - low))
  }
}

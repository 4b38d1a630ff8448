import { capturedStack } from '../own-frames.ts'
import type { Entropy } from './entropy.ts'
import { type NumberItem, type NumberKind, type ScheduleItem, toMicroseconds } from './schedule.ts'

/** A timer that was set. */
export interface SetTimer {
  /** The name under which the step has set it. */
  readonly step: string
  /** When it was set. */
  readonly at: number
  /** The deadline that the program has written. */
  readonly written: number
  /** The deadline that it got. */
  readonly deadline: number
  /** When it was cleared, if the host saw that. */
  clearedAt: number
}

/** The source of the choices of a run. */
export interface Source {
  /** The items of the schedule, which come first. */
  readonly items: readonly ScheduleItem[]
  /** Random numbers; 0 is the ordinary choice. undefined: everything else is ordinary. */
  readonly random: (() => number) | undefined
  /** Whether random choices make timers take longer: the deadlines they may be moved behind. */
  readonly deadlines: readonly number[] | undefined
  /** By how many ms the loop may be late, and a step may keep the CPU. */
  readonly late: number
  /** Whether to note where timers are set, promises awaited and Tasks cancelled, which is slow. */
  readonly looksClosely: boolean
}

// How many times as long as written a timer likely takes at most.
const LIKELY = 10
// Later timers keep their time: a Task that sleeps in a loop would never end.
const MAX_VARIED = 200
const VARIED_SHARES = [0, 0.1, 0.3, 0.6]
const BUSY_SHARES = [0, 0, 0.02, 0.1]
const LATE_SHARES = [0, 0.3, 0.6]
// A step that takes longer is an error of the program.
const MAX_BUSY_MS = 10
// How often a timer that is almost due comes before the immediates.
const TIMER_FIRST = 0.3

/** Whether a timer may well take until this time. */
export function isLikely({ at, written }: Pick<SetTimer, 'at' | 'written'>, until: number): boolean {
  return until - at <= (written - at) * LIKELY
}

/** The choices of one run: as the schedule says, otherwise random, otherwise ordinary. They are recorded. */
export class Choices implements Entropy {
  /** The differences from the ordinary run, in order. */
  readonly made: ScheduleItem[] = []
  /** The first timer that takes longer than is likely. */
  unlikely: SetTimer | undefined
  /** The items of the schedule that have had their effect. */
  readonly applied: Set<ScheduleItem> = new Set()
  /** The timers that were set, and the ones of them that have fired, in that order. */
  readonly timers: SetTimer[] = []
  readonly fired: SetTimer[] = []
  /** For each duration and choice, `duration main#1`, the line that asked for it, if that is noted. */
  readonly places: Map<string, Error> = new Map()
  /** What the choices mean, if that is noted. */
  readonly meanings: Map<string, string> = new Map()
  /** Whether the program has asked for any choice. */
  asked = false
  readonly #source: Source
  readonly #step: () => string
  readonly #said: ReadonlyMap<string, NumberItem>
  readonly #asked = new Map<string, number>()
  // The share of timers that take longer in this run.
  #share: number | undefined
  // The share of steps that keep the CPU for a while, and of times at which the loop wakes late.
  #busyShare: number | undefined
  #lateShare: number | undefined

  /** @param step returns the name of the step that is running */
  constructor(source: Source, step: () => string) {
    this.#source = source
    this.#step = step
    const said = source.items.filter((item) => 'value' in item)
    this.#said = new Map(said.map((item) => [`${item.kind} ${item.step}`, item]))
  }

  /** The items of one kind. */
  items<Kind extends ScheduleItem['kind']>(kind: Kind): (ScheduleItem & { readonly kind: Kind })[] {
    return this.#source.items.filter((item) => item.kind === kind) as (ScheduleItem & { readonly kind: Kind })[]
  }

  /** An item of the schedule has its effect. */
  note(item: ScheduleItem): void {
    this.applied.add(item)
    this.made.push(item)
  }

  duration(low: number, high: number): number {
    this.asked = true
    return this.#choose('duration', this.#nth('duration'), low, high, (random) => {
      const dice = random() // most bugs show at the limits
      if (dice < 0.25) return low
      return dice < 0.5 ? high : Math.round(low + random() * (high - low))
    })
  }

  choose(count: number, meaning: (chosen: number) => string): number {
    this.asked = true
    return this.pick(count, meaning, true)
  }

  /** Makes a choice of the host, such as the order of two events. */
  pick(count: number, meaning: (chosen: number) => string, isOpen = false): number {
    const step = this.#nth('choice')
    const chosen = this.#choose('choice', step, 0, count - 1, (random) =>
      isOpen || random() < TIMER_FIRST ? Math.floor(random() * count) : 0,
    )
    if (this.#source.looksClosely) this.meanings.set(`choice ${step}`, meaning(chosen))
    return chosen
  }

  /** A timer is set, which takes at least `ms`. */
  setTimer(ms: number, now: number): SetTimer {
    const asWritten = { at: now, written: now + ms, clearedAt: Number.POSITIVE_INFINITY }
    // If the program asks for choices, it says itself what varies.
    if (this.asked || ms === Number.POSITIVE_INFINITY) return { ...asWritten, step: '', deadline: asWritten.written }
    const step = this.#nth('duration')
    const longer = this.#choose('duration', step, ms, Number.POSITIVE_INFINITY, (random) =>
      this.#prolong(ms, now, random),
    )
    const timer = { ...asWritten, step, deadline: now + longer }
    this.timers.push(timer)
    if (!isLikely(timer, timer.deadline)) this.unlikely ??= timer
    return timer
  }

  /** By how many ms the loop wakes up late. */
  late(when: number): number {
    return this.#choose('late', String(when), 0, Number.POSITIVE_INFINITY, (random) => {
      const { late } = this.#source
      this.#lateShare ??= shareOf(LATE_SHARES, random)
      if (late <= 0 || random() >= this.#lateShare) return 0
      const gaps = this.#gapsFrom(when).filter((gap) => gap <= late)
      const gap = gaps[Math.floor(random() * gaps.length * 1.2)] // the timers that are due by then come with it
      return gap ?? Math.round(late ** random() * 10) / 10
    })
  }

  /** For how many ms the CPU is busy before a step: until a timer is due. */
  busy(step: string, now: number): number {
    return this.#choose('busy', step, 0, Number.POSITIVE_INFINITY, (random) => {
      const { deadlines, late } = this.#source
      if (deadlines === undefined || late <= 0) return 0
      this.#busyShare ??= shareOf(BUSY_SHARES, random)
      if (random() >= this.#busyShare) return 0
      const least = Math.min(...this.#gapsFrom(now))
      return least <= Math.min(late, MAX_BUSY_MS) ? least : 0
    })
  }

  /** How long it is until the timers that are set are due. */
  #gapsFrom(now: number): number[] {
    return this.timers.slice(-MAX_VARIED).flatMap(({ deadline }) => (deadline > now ? deadline - now : []))
  }

  /** The number that the schedule says, or a random one. `low` is the ordinary one. */
  #choose(
    kind: NumberKind,
    step: string,
    low: number,
    high: number,
    byChance: (random: () => number) => number,
  ): number {
    const { random } = this.#source
    const said = this.#said.size === 0 ? undefined : this.#said.get(`${kind} ${step}`)
    if (said !== undefined) this.applied.add(said)
    const wanted = said?.value ?? (random === undefined ? low : byChance(random))
    const value = Math.min(high, Math.max(low, wanted))
    if (value !== low) this.made.push({ kind, step, value })
    return value
  }

  /** The name under which a step asks: `main#1`, the next time `main#1.2`. */
  #nth(kind: NumberKind): string {
    const step = this.#step()
    const key = `${kind} ${step}`
    const count = (this.#asked.get(key) ?? 0) + 1
    this.#asked.set(key, count)
    const name = count === 1 ? step : `${step}.${count}`
    if (this.#source.looksClosely) this.places.set(`${kind} ${name}`, capturedStack())
    return name
  }

  /** Orders of arrival matter, so a timer that takes longer ends just before, with or just after another one. */
  #prolong(ms: number, now: number, random: () => number): number {
    const { deadlines } = this.#source
    if (deadlines === undefined || this.timers.length > MAX_VARIED) return ms
    this.#share ??= shareOf(VARIED_SHARES, random)
    if (random() >= this.#share) return ms
    const own = now + ms
    const recent = this.timers.slice(-10).map(({ deadline }) => deadline)
    const timer = { at: now, written: own }
    const later = [...deadlines, ...recent].filter((one) => one >= own && isLikely(timer, one + 1))
    const target = later[Math.floor(random() * later.length)] ?? own
    return toMicroseconds(target - now + Math.floor(random() * 3) - 1)
  }
}

function shareOf(shares: readonly number[], random: () => number): number {
  return shares[Math.floor(random() * shares.length)] ?? 0
}

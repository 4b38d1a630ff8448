import { VirtualClock } from 'spindle'
import type { ScheduleItem } from './schedule.ts'

/** A clock that may be late: when time jumps, it may jump further than requested. */
export class LateClock extends VirtualClock {
  /** The times it was set to, and the times it showed. */
  readonly jumps: { readonly at: number; readonly by: number }[] = []
  readonly #lateBy: ((at: number) => number) | undefined

  constructor(lateBy: ((at: number) => number) | undefined) {
    super()
    this.#lateBy = lateBy
  }

  override advanceTo(when: number): void {
    const by = this.#lateBy?.(when) ?? 0
    this.jumps.push({ at: when, by })
    super.advanceTo(when + by)
  }

  /** A step takes CPU time. */
  spend(ms: number): void {
    super.advanceTo(this.time() + ms)
  }

  /** The late wake-ups, as items of a schedule. */
  get items(): ScheduleItem[] {
    return this.jumps.filter(({ by }) => by > 0).map(({ at, by }) => ({ kind: 'late', by, at }))
  }
}

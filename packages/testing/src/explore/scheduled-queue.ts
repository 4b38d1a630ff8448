// A ready queue that runs the steps in an order other than first in, first out: as a schedule says, or as an algorithm
// picks. It records the steps that were held back, so that the order can be reproduced from a schedule.
//
// Order that stays: a callback or timer may not overtake another one, and the waiters of a Future may not overtake
// each other.

import { isFuture, Task } from 'spindle'
import { Handle, type Ready } from 'spindle/internal'
import { type Lane, stepName } from './lanes.ts'
import type { ScheduleItem } from './schedule.ts'
import { type CancelAt, WatchedQueue } from './watched-queue.ts'

/** An entry of the queue. */
export interface Entry {
  readonly ready: Ready
  /** The Future that made it ready, if any. */
  readonly by: unknown
  /** The last step that overtook it. */
  overtakenBy: string | undefined
}

/** Picks the entry that runs next. */
export interface Order {
  /** @returns the index in `candidates` of the entry that runs; 0 is the entry that became ready first */
  pick(candidates: readonly Entry[], queue: WatchedQueue): number
}

export class ScheduledQueue extends WatchedQueue {
  /** The steps that were held back, and the steps that kept the CPU, in order. */
  readonly held: ScheduleItem[] = []
  readonly #entries: Entry[] = []
  readonly #order: Order | undefined
  readonly #holds = new Map<string, { readonly after: string; readonly item: ScheduleItem }[]>()
  readonly #cancels: { readonly item: ScheduleItem & { readonly kind: 'cancel' }; done: boolean }[]
  readonly #busy: ReadonlyMap<string, ScheduleItem & { readonly kind: 'busy' }>
  readonly #busyFor: ((now: number) => number) | undefined
  /** The items that have had their effect. */
  readonly applied: Set<ScheduleItem>
  readonly #ended = new Set<string>()
  #last: string | undefined
  #picked = -1

  constructor(
    items: readonly ScheduleItem[],
    applied: Set<ScheduleItem>,
    order: Order | undefined,
    cancels: readonly CancelAt[],
    maxSteps: number,
    busyFor?: (now: number) => number,
  ) {
    super(cancels, maxSteps)
    this.#busyFor = busyFor
    this.#busy = new Map(items.filter((item) => item.kind === 'busy').map((item) => [item.step, item]))
    this.#order = order
    this.applied = applied
    this.#cancels = items.filter((item) => item.kind === 'cancel').map((item) => ({ item, done: false }))
    for (const item of items) {
      if (item.kind !== 'hold') continue
      const holds = this.#holds.get(item.step)
      if (holds === undefined) this.#holds.set(item.step, [{ after: item.after, item }])
      else holds.push({ after: item.after, item })
    }
  }

  override clear(): void {
    this.#entries.length = 0
    this.#picked = -1
  }

  protected override get waiting(): number {
    return this.#entries.length
  }

  protected override add(ready: Ready): void {
    this.#entries.push({ ready, by: awaited(ready), overtakenBy: undefined })
  }

  protected override peek(): Ready | undefined {
    if (this.#picked === -1) this.#picked = this.#pick()
    return this.#entries[this.#picked]?.ready
  }

  protected override take(): Ready {
    const index = this.#picked === -1 ? this.#pick() : this.#picked
    this.#picked = -1
    const [entry] = this.#entries.splice(index, 1) as [Entry]
    if (!this.isWatching) return entry.ready // of the check, or of the end
    const name = this.#nameOf(entry, index)
    if (entry.overtakenBy !== undefined) {
      this.held.push({ kind: 'hold', step: name, after: entry.overtakenBy })
    }
    for (let n = 0; n < index; n++) (this.#entries[n] as Entry).overtakenBy = name
    if (this.#last !== undefined) this.#ended.add(this.#last)
    this.#last = name
    this.#spendBefore(name)
    return entry.ready
  }

  #spendBefore(step: string): void {
    const item = this.#busy.get(step)
    const ms = item?.ms ?? this.#busyFor?.(this.clock.time()) ?? 0
    if (item !== undefined) this.applied.add(item)
    if (ms <= 0) return
    this.held.push({ kind: 'busy', step, ms })
    this.spend(ms)
  }

  protected override atPoint(next: Lane | undefined): void {
    for (const cancel of this.#cancels) {
      const { path, where, step } = cancel.item
      const isHere = where === 'before' ? next?.nextStep === step : this.#last === step
      if (cancel.done || !isHere) continue
      cancel.done = true
      if (this.cancel(path)) this.applied.add(cancel.item)
    }
  }

  #pick(): number {
    if (this.#entries.length === 1 || !this.isWatching) return 0
    const order = this.#order
    if (order === undefined && this.#holds.size === 0) return 0
    const indexes = this.#eligible()
    if (order === undefined) {
      const free = indexes.find((index) => !this.#isHeld(this.#entries[index] as Entry, index))
      return free ?? 0 // all are held back by each other: run them in order of arrival
    }
    const candidates = indexes.map((index) => this.#entries[index] as Entry)
    return indexes[order.pick(candidates, this)] as number
  }

  /** The entries that may run next. */
  #eligible(): number[] {
    const indexes: number[] = []
    const seen = new Set<unknown>()
    let callbacks = 0
    for (const [index, { ready, by }] of this.#entries.entries()) {
      const isCallback = !(ready instanceof Task)
      if (!(isCallback && callbacks > 0) && !(by !== undefined && seen.has(by))) indexes.push(index)
      if (isCallback) callbacks++
      seen.add(by)
    }
    return indexes
  }

  #isHeld(entry: Entry, index: number): boolean {
    const holds = this.#holds.get(this.#nameOf(entry, index))
    const hold = holds?.find(({ after }) => after !== this.#last && !this.#ended.has(after))
    if (hold !== undefined) this.applied.add(hold.item)
    return hold !== undefined
  }

  /** A callback is numbered by its place among callbacks, since callbacks do not overtake each other. */
  #nameOf(entry: Entry, index: number): string {
    const lane = this.lanes.of(entry.ready)
    if (lane !== this.lanes.callbacks) return lane.nextStep
    let before = 0
    for (let n = 0; n < index; n++) {
      if (!((this.#entries[n] as Entry).ready instanceof Task)) before++
    }
    return stepName(lane.path, lane.steps + before + 1)
  }
}

/** The Future whose completion made this ready. */
function awaited(ready: Ready): unknown {
  if (ready instanceof Task) return ready.waitedFor
  return ready instanceof Handle && isFuture(ready.args) ? ready.args : undefined
}

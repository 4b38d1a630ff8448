// Hot path: bench/timers. A heap in which each node has four children: half as deep as a binary one, and the deadlines of
// four siblings lie side by side in a typed array. Timers of equal deadline come out in the order they were set.
//
//   0 ─┬─ 1 ─┬─ 5 …        parent of i:        (i - 1) >> 2
//      ├─ 2  ├─ 6 …        first child of i:   4 * i + 1
//      ├─ 3  ├─ 7 …
//      └─ 4  └─ 8 …
//
// A cancelled timer stays where it is until it comes to the top, or until more than half of the heap is cancelled: then
// all of them are swept out at once, so that setting and cancelling a million timers needs no more room than a few.

import type { Ready } from './ready-queue.ts'

/**
 * What runs later.
 */
export interface Timer extends Ready {
  /** Whether it will do nothing when it runs. */
  cancelled(): boolean
}

const SWEEP_FROM = 64

export class TimerHeap {
  #deadlines = new Float64Array(64)
  // When each was set, as a count that wraps: half the bytes, and what is compared was never set 2 ** 31 timers apart.
  #orders = new Int32Array(64)
  #timers: (Timer | undefined)[] = []
  #length = 0
  #nextOrder = 0
  #cancelled = 0

  /** How many timers are in the heap, the cancelled ones that were not swept yet included. */
  get length(): number {
    return this.#length
  }

  /** The earliest deadline; Infinity if there is none. */
  get earliest(): number {
    while (this.#length > 0 && (this.#timers[0] as Timer).cancelled()) this.pop()
    return this.#length > 0 ? (this.#deadlines[0] as number) : Number.POSITIVE_INFINITY
  }

  add(deadline: number, timer: Timer): void {
    if (this.#length === this.#deadlines.length) this.#grow()
    this.#timers.push(timer)
    this.#rise(this.#length++, deadline, this.#nextOrder, timer)
    this.#nextOrder = (this.#nextOrder + 1) | 0
  }

  /** Takes out the earliest timer. The caller has made sure that there is one. */
  pop(): Timer {
    const timer = this.#timers[0] as Timer
    const last = --this.#length
    const moved = this.#timers.pop() as Timer
    if (last > 0) this.#sink(0, this.#deadlines[last] as number, this.#orders[last] as number, moved)
    if (this.#cancelled > 0 && timer.cancelled()) this.#cancelled--
    return timer
  }

  /** Tells that one of the timers in here was cancelled. */
  noteCancelled(): void {
    if (++this.#cancelled > SWEEP_FROM && this.#cancelled * 2 > this.#length) this.#sweep()
  }

  clear(): void {
    this.#timers = []
    this.#length = 0
    this.#cancelled = 0
  }

  #rise(hole: number, deadline: number, order: number, timer: Timer): void {
    while (hole > 0) {
      const parent = (hole - 1) >> 2
      const above = this.#deadlines[parent] as number
      // What rises was set last, or comes from #sweep, which keeps the order: an equal deadline above goes first.
      if (above < deadline || (above === deadline && isBefore(this.#orders[parent] as number, order))) break
      this.#place(hole, above, this.#orders[parent] as number, this.#timers[parent] as Timer)
      hole = parent
    }
    this.#place(hole, deadline, order, timer)
  }

  #sink(hole: number, deadline: number, order: number, timer: Timer): void {
    const deadlines = this.#deadlines
    const orders = this.#orders
    for (let child = 4 * hole + 1; child < this.#length; child = 4 * hole + 1) {
      let least = child
      const end = Math.min(child + 4, this.#length)
      for (let other = child + 1; other < end; other++) {
        const difference = (deadlines[other] as number) - (deadlines[least] as number)
        if (difference < 0 || (difference === 0 && isBefore(orders[other] as number, orders[least] as number)))
          least = other
      }
      const below = deadlines[least] as number
      if (deadline < below || (deadline === below && isBefore(order, orders[least] as number))) break
      this.#place(hole, below, orders[least] as number, this.#timers[least] as Timer)
      hole = least
    }
    this.#place(hole, deadline, order, timer)
  }

  #place(index: number, deadline: number, order: number, timer: Timer): void {
    this.#deadlines[index] = deadline
    this.#orders[index] = order
    this.#timers[index] = timer
  }

  #sweep(): void {
    const length = this.#length
    let kept = 0
    for (let index = 0; index < length; index++) {
      const timer = this.#timers[index] as Timer
      if (timer.cancelled()) continue
      this.#place(kept++, this.#deadlines[index] as number, this.#orders[index] as number, timer)
    }
    this.#timers.length = kept
    this.#length = kept
    this.#cancelled = 0
    for (let index = (kept - 2) >> 2; index >= 0; index--) {
      this.#sink(index, this.#deadlines[index] as number, this.#orders[index] as number, this.#timers[index] as Timer)
    }
  }

  #grow(): void {
    const deadlines = new Float64Array(this.#deadlines.length * 2)
    const orders = new Int32Array(deadlines.length)
    deadlines.set(this.#deadlines)
    orders.set(this.#orders)
    this.#deadlines = deadlines
    this.#orders = orders
  }
}

function isBefore(order: number, other: number): boolean {
  return ((order - other) | 0) < 0
}

// Hot path: bench/timers. A heap in which each node has four children: half as deep as a binary heap, and the deadlines
// of four siblings lie side by side in a typed array. Timers with equal deadlines come out in the order they were set.
//
//   0 ─┬─ 1 ─┬─ 5 …        parent of i:        (i - 1) >> 2
//      ├─ 2  ├─ 6 …        first child of i:   4 * i + 1
//      ├─ 3  ├─ 7 …
//      └─ 4  └─ 8 …
//
// Only numbers move. A timer keeps its slot in a list for as long as the heap holds it, and the heap stores the number
// of that slot. Moving an object would cost the collector's book-keeping each time, a fifth of setting and firing a
// timer.
//
// A cancelled timer stays until it reaches the top, or until more than half of the heap is cancelled: then all
// cancelled timers are swept out at once, so that setting and cancelling a million timers needs little memory.
//
// A linked timer waits in a list of new timers until the heap is asked for the earliest. Many, such as time-outs, are
// cancelled before, and never enter the heap. The links go from new to old: no old object is written to.
//
//   #newest ──▶ c ──older──▶ b ──older──▶ a

import type { Ready } from './ready.ts'

/** An entry that runs at a set time. */
export interface Timer extends Ready {
  /** Whether it will do nothing when it runs. */
  cancelled(): boolean
}

/** A timer that can wait outside the heap. */
export interface LinkedTimer extends Timer {
  when(): number
  /** The timer set before it that also waits outside. @internal */
  older: LinkedTimer | undefined
}

const SWEEP_FROM = 64

export class TimerHeap {
  #deadlines = new Float64Array(64)
  // When each was set, as a count that wraps: half the bytes, and compared timers are never 2 ** 31 apart.
  #orders = new Int32Array(64)
  // The slot of each timer in #timers. Beyond the end of the heap: the free slots.
  #slots = slotsFrom(0, 64)
  #timers: (Timer | undefined)[] = []
  #length = 0
  #nextOrder = 0
  #cancelled = 0
  #newest: LinkedTimer | undefined = undefined
  #newLength = 0

  /** How many timers the heap holds, including cancelled ones that were not swept yet. */
  get length(): number {
    return this.#length + this.#newLength
  }

  /** The earliest deadline; Infinity if the heap is empty. */
  get earliest(): number {
    if (this.#newest !== undefined) this.#insertNew()
    // Reading the timer an iteration before it runs also makes the processor fetch it; without this, sleeping takes 9 %
    // longer.
    while (this.#length > 0 && this.#at(0).cancelled()) this.pop()
    return this.#length > 0 ? (this.#deadlines[0] as number) : Number.POSITIVE_INFINITY
  }

  addLinked(timer: LinkedTimer): void {
    timer.older = this.#newest
    this.#newest = timer
    this.#newLength++
  }

  add(deadline: number, timer: Timer): void {
    if (this.#newest !== undefined) this.#insertNew() // they precede timers with an equal deadline
    this.#insert(deadline, timer)
  }

  #insert(deadline: number, timer: Timer): void {
    if (this.#length === this.#deadlines.length) this.#grow()
    const slot = this.#slots[this.#length] as number
    this.#timers[slot] = timer
    this.#rise(this.#length++, deadline, this.#nextOrder, slot)
    this.#nextOrder = (this.#nextOrder + 1) | 0
  }

  /** Removes the earliest timer. Requires a heap that is not empty. */
  pop(): Timer {
    const slot = this.#slots[0] as number
    const timer = this.#timers[slot] as Timer
    this.#timers[slot] = undefined
    const last = --this.#length
    if (last > 0) this.#sinkFrom(last, 0)
    this.#slots[last] = slot
    if (this.#cancelled > 0 && timer.cancelled()) this.#cancelled--
    return timer
  }

  noteCancelled(): void {
    if (++this.#cancelled > SWEEP_FROM && this.#cancelled * 2 > this.length) this.#sweep()
  }

  clear(): void {
    this.#insertNew() // to unlink them
    this.#timers = [] // every slot is free again, in any order
    this.#length = 0
    this.#cancelled = 0
  }

  #at(index: number): Timer {
    return this.#timers[this.#slots[index] as number] as Timer
  }

  #rise(hole: number, deadline: number, order: number, slot: number): void {
    while (hole > 0) {
      const parent = (hole - 1) >> 2
      const above = this.#deadlines[parent] as number
      // The rising entry was set last, or #sweep keeps the order: an equal deadline above goes first.
      if (above < deadline || (above === deadline && isBefore(this.#orders[parent] as number, order))) break
      this.#set(hole, above, this.#orders[parent] as number, this.#slots[parent] as number)
      hole = parent
    }
    this.#set(hole, deadline, order, slot)
  }

  /** Lets the entry at `index` sink, beginning at `hole`. */
  #sinkFrom(index: number, start: number): void {
    const deadlines = this.#deadlines
    const orders = this.#orders
    const deadline = deadlines[index] as number
    const order = orders[index] as number
    const slot = this.#slots[index] as number
    let hole = start
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
      this.#set(hole, below, orders[least] as number, this.#slots[least] as number)
      hole = least
    }
    this.#set(hole, deadline, order, slot)
  }

  #set(index: number, deadline: number, order: number, slot: number): void {
    this.#deadlines[index] = deadline
    this.#orders[index] = order
    this.#slots[index] = slot
  }

  /** Moves the new timers into the heap, in the order they were set. */
  #insertNew(): void {
    let oldest: LinkedTimer | undefined
    for (let timer = this.#newest; timer !== undefined; ) {
      const next = timer.older
      timer.older = oldest
      oldest = timer
      timer = next
    }
    this.#newest = undefined
    this.#newLength = 0
    for (let timer = oldest; timer !== undefined; ) {
      const next = timer.older
      timer.older = undefined
      if (timer.cancelled()) this.#cancelled--
      else this.#insert(timer.when(), timer)
      timer = next
    }
  }

  #sweepNew(): void {
    let timer = this.#newest
    let kept: LinkedTimer | undefined
    this.#newest = undefined
    this.#newLength = 0
    while (timer !== undefined) {
      const next: LinkedTimer | undefined = timer.older
      if (timer.cancelled()) {
        timer.older = undefined // a timer that the program keeps would keep all older ones alive
      } else {
        if (kept === undefined) this.#newest = timer
        else if (kept.older !== timer) kept.older = timer
        kept = timer
        this.#newLength++
      }
      timer = next
    }
    if (kept !== undefined) kept.older = undefined
  }

  #sweep(): void {
    this.#sweepNew()
    const length = this.#length
    let kept = 0
    for (let index = 0; index < length; index++) {
      const slot = this.#slots[index] as number
      if (this.#at(index).cancelled()) {
        this.#timers[slot] = undefined
        continue
      }
      this.#slots[index] = this.#slots[kept] as number // may be the slot of a timer that was swept out
      this.#set(kept++, this.#deadlines[index] as number, this.#orders[index] as number, slot)
    }
    this.#length = kept
    this.#cancelled = 0
    for (let index = (kept - 2) >> 2; index >= 0; index--) this.#sinkFrom(index, index)
  }

  #grow(): void {
    const size = this.#deadlines.length
    const deadlines = new Float64Array(size * 2)
    const orders = new Int32Array(size * 2)
    const slots = slotsFrom(size, size * 2)
    deadlines.set(this.#deadlines)
    orders.set(this.#orders)
    slots.set(this.#slots)
    this.#deadlines = deadlines
    this.#orders = orders
    this.#slots = slots
  }
}

function slotsFrom(start: number, end: number): Int32Array {
  const slots = new Int32Array(end)
  for (let slot = start; slot < end; slot++) slots[slot] = slot
  return slots
}

function isBefore(order: number, other: number): boolean {
  return ((order - other) | 0) < 0
}

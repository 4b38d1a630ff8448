// A generation is the set of waiters until the barrier is passed, or fails. Each generation has a slot for its outcome,
// and for the number of waiters that have not read it yet. The next generation takes a slot without such waiters.

import { repr } from '@spindle/loop/internal'
import { BrokenBarrierError } from '@spindle/task'
import { blockWhile } from '../shared-memory/block.ts'
import { checkedTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { registerCodec } from '../transport/serialize.ts'
import { lock, unlock } from './mutex.ts'
import { SharedObject } from './shared-object.ts'

const MUTEX = 1
const PARTIES = 2
const COUNT = 3 // how many wait
const GENERATION = 4 // incremented when the waiters may continue, or must
const BROKEN = 5
const SLOT = 6 // of the present generation
const OUTCOMES = 7
const SLOTS = 256
const READERS = OUTCOMES + SLOTS

const PASSED = 0
const FAILED = 1

interface BarrierRecord {
  readonly cell: Int32Array
  readonly timeout: number | undefined
}

/**
 * Makes threads wait until all of them have arrived. It can be used again and again. Python: `threading.Barrier`.
 *
 * @example
 * ```ts
 * const barrier = new threading.Barrier(1)
 * console.log(barrier.wait(), `${barrier}`.slice(-12)) // prints: 0 waiters=0/1>
 * ```
 */
export class Barrier extends SharedObject {
  static {
    registerCodec<Barrier, BarrierRecord>(Barrier, {
      name: 'Barrier',
      pack: (barrier) => ({ cell: barrier.cell, timeout: barrier.#timeout }),
      unpack: ({ cell, timeout }) => {
        const barrier = new Barrier(1, { timeout })
        barrier.cell = cell
        return barrier
      },
    })
  }

  readonly #timeout: number | undefined

  /**
   * @param parties how many threads have to come
   * @param options `timeout`: the default limit of `wait`, in ms
   * @throws RangeError if `parties` is below 1
   */
  constructor(parties: number, options: TimeoutOptions = {}) {
    super(READERS + SLOTS)
    if (!Number.isInteger(parties)) throw new TypeError(`parties must be an integer, got ${repr(parties)}`)
    if (parties < 1) throw new RangeError('parties must be >= 1')
    this.#timeout = timeoutOf('Barrier', options)
    checkedTimeout(this.#timeout)
    this.cell[PARTIES] = parties
  }

  /**
   * Blocks until the required number of threads has arrived, for `timeout` ms at most; when it times out it breaks the
   * barrier. Returns a different number to each thread, from 0 on, so that one of them can do any work that is needed
   * once. Python: `Barrier.wait`.
   *
   * @throws BrokenBarrierError if it is broken, or is broken or reset during the wait
   */
  wait(options?: TimeoutOptions): number {
    const cell = this.cell
    const limit = checkedTimeout(timeoutOf('Barrier.wait()', options) ?? this.#timeout)
    lock(cell, MUTEX)
    if (this.broken) {
      unlock(cell, MUTEX)
      throw new BrokenBarrierError()
    }
    const generation = Atomics.load(cell, GENERATION)
    const index = Atomics.add(cell, COUNT, 1)
    const isLast = index + 1 === this.parties
    const slot = Atomics.load(cell, SLOT)
    if (isLast) this.#end(PASSED)
    else Atomics.add(cell, READERS + slot, 1)
    unlock(cell, MUTEX)
    if (isLast) return index
    let isOver = false
    let outcome: number
    try {
      isOver = blockWhile(cell, GENERATION, generation, limit)
    } finally {
      if (!isOver) this.#giveUp(generation)
      outcome = Atomics.load(cell, OUTCOMES + slot)
      Atomics.sub(cell, READERS + slot, 1)
    }
    if (outcome === FAILED) throw new BrokenBarrierError()
    return index
  }

  /** Resets the barrier; its waiters receive a BrokenBarrierError. Python: `Barrier.reset`. */
  reset(): void {
    lock(this.cell, MUTEX)
    if (this.nWaiting > 0) this.#end(FAILED)
    Atomics.store(this.cell, BROKEN, 0)
    unlock(this.cell, MUTEX)
  }

  /**
   * Breaks the barrier: threads that wait, now or later, receive a BrokenBarrierError until it is reset. Python:
   * `Barrier.abort`.
   */
  abort(): void {
    lock(this.cell, MUTEX)
    this.#break()
    unlock(this.cell, MUTEX)
  }

  /** How many threads have to come. Python: `Barrier.parties`. */
  get parties(): number {
    return Atomics.load(this.cell, PARTIES)
  }

  /** How many wait now. Python: `Barrier.n_waiting`. */
  get nWaiting(): number {
    return Atomics.load(this.cell, COUNT)
  }

  /** Whether the barrier is broken. Python: `Barrier.broken`. */
  get broken(): boolean {
    return Atomics.load(this.cell, BROKEN) === 1
  }

  /** `<Barrier at 0x7f0000000010: waiters=1/2>` */
  override toString(): string {
    const state = this.broken ? 'broken' : `waiters=${this.nWaiting}/${this.parties}`
    return `<${this.constructor.name} at ${this.address}: ${state}>`
  }

  /** The wait of this thread timed out or failed, so the other waiters would wait forever. */
  #giveUp(generation: number): void {
    lock(this.cell, MUTEX)
    if (Atomics.load(this.cell, GENERATION) === generation) this.#break() // else the last thread has just arrived
    unlock(this.cell, MUTEX)
  }

  #break(): void {
    Atomics.store(this.cell, BROKEN, 1)
    if (this.nWaiting > 0) this.#end(FAILED)
  }

  #end(outcome: typeof PASSED | typeof FAILED): void {
    const slot = Atomics.load(this.cell, SLOT)
    Atomics.store(this.cell, OUTCOMES + slot, outcome)
    Atomics.store(this.cell, SLOT, this.#freeSlot(slot))
    Atomics.store(this.cell, COUNT, 0)
    Atomics.add(this.cell, GENERATION, 1)
    Atomics.notify(this.cell, GENERATION)
  }

  #freeSlot(present: number): number {
    for (let n = 1; n < SLOTS; n++) {
      const slot = (present + n) % SLOTS
      if (Atomics.load(this.cell, READERS + slot) === 0) return slot
    }
    return (present + 1) % SLOTS // all have waiters that are late, or were killed
  }
}

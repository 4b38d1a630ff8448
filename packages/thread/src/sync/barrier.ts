import { className } from '@spindle/loop/internal'
import { BrokenBarrierError } from '@spindle/task'
import { checkedInteger } from '../shared-memory/checked-integer.ts'
import { checkedTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { lock, unlock } from './mutex.ts'
import { SharedObject } from './shared-object.ts'
import { AFTER_WAITERS, arrive, end, leave, untilEnd, waiting } from './waiters.ts'

const MUTEX = AFTER_WAITERS
const PARTIES = MUTEX + 1
const BROKEN = MUTEX + 2

const PASSED = -1
const FAILED = -2

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
    const make = (_: Int32Array, timeout: number | undefined): Barrier => new Barrier(1, { timeout })
    SharedObject.share(Barrier, 'Barrier', make, (barrier) => barrier.#timeout)
  }

  readonly #timeout: number | undefined

  /**
   * @param parties how many threads have to come
   * @param options `timeout`: the default limit of `wait`, in ms
   * @throws RangeError if `parties` is below 1
   */
  constructor(parties: number, options: TimeoutOptions = {}) {
    super(BROKEN)
    checkedInteger(parties, 'parties', 1)
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
    let index: number
    let slot: number | undefined
    lock(cell, MUTEX)
    try {
      if (this.broken) throw new BrokenBarrierError()
      index = this.nWaiting
      if (index + 1 === this.parties) this.#end(PASSED)
      else slot = arrive(cell, this)
    } finally {
      unlock(cell, MUTEX)
    }
    if (slot === undefined) return index
    let outcome: number
    try {
      untilEnd(cell, slot, limit)
    } finally {
      lock(cell, MUTEX)
      outcome = leave(cell, slot)
      if (outcome > 0) this.#break() // without this thread the others would wait forever
      unlock(cell, MUTEX)
    }
    if (outcome !== PASSED) throw new BrokenBarrierError()
    return index
  }

  /** Resets the barrier; its waiters receive a BrokenBarrierError. Python: `Barrier.reset`. */
  reset(): void {
    lock(this.cell, MUTEX)
    this.#end(FAILED)
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
    return waiting(this.cell).length
  }

  /** Whether the barrier is broken. Python: `Barrier.broken`. */
  get broken(): boolean {
    return Atomics.load(this.cell, BROKEN) === 1
  }

  /** `<Barrier at 0x7f0000000010: waiters=1/2>` */
  override toString(): string {
    const state = this.broken ? 'broken' : `waiters=${this.nWaiting}/${this.parties}`
    return `<${className(this)} at ${this.address}: ${state}>`
  }

  #break(): void {
    Atomics.store(this.cell, BROKEN, 1)
    this.#end(FAILED)
  }

  #end(outcome: typeof PASSED | typeof FAILED): void {
    end(this.cell, waiting(this.cell), outcome)
  }
}

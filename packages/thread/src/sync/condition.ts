// Each waiting thread has a separate slot, and sleeps on it:
//
//   FREE ──wait()──▶ WAITING ──notify()──▶ NOTIFIED ──▶ FREE
//                       └────────timeout─────────────────▲
//
// Slots change only while the lock is held. So a notification reaches the thread that has waited longest, and is never
// lost on a waiter that has just timed out.

import { RuntimeError } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { blockWhile } from '../shared-memory/block.ts'
import { checkedTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { type Packed, pack, registerCodec, unpack } from '../transport/serialize.ts'
import { Lock } from './lock.ts'
import { RLock } from './r-lock.ts'
import { Holdable } from './shared-object.ts'

const SLOTS = 256
const FREE = 0
const WAITING = 1
const NOTIFIED = 2

// The cell: the slots from 1 on, a ticket for each, which records the order of arrival, and the next ticket.
const TICKETS = SLOTS
const NEXT_TICKET = 2 * SLOTS + 1

interface ConditionRecord {
  readonly lock: Packed
  readonly cell: Int32Array
}

/**
 * Lets threads wait for a notification about a change that a lock guards. Python: `threading.Condition`.
 *
 * @example
 * ```ts
 * const changed = new threading.Condition()
 * changed.acquire()
 * console.log(changed.wait({ timeout: 10 })) // prints: false
 * changed.notify()
 * changed.release()
 * ```
 */
export class Condition extends Holdable {
  static {
    registerCodec<Condition, ConditionRecord>(Condition, {
      name: 'Condition',
      pack: (condition, transfer) => ({ lock: pack(condition.#lock, transfer), cell: condition.cell }),
      unpack: ({ lock, cell }) => {
        const condition = new Condition(unpack(lock) as Lock)
        condition.cell = cell
        return condition
      },
    })
  }

  readonly #lock: Lock

  /**
   * @param lock a new RLock by default
   * @throws TypeError if it is neither a Lock nor an RLock of threads
   */
  constructor(lock: Lock = new RLock()) {
    super(2 * SLOTS + 1)
    if (!(lock instanceof Lock)) throw new TypeError(`lock must be a Lock or an RLock of threads, got ${repr(lock)}`)
    this.#lock = lock
  }

  /** Takes the lock; see `RLock.acquire`. */
  acquire(options?: TimeoutOptions): boolean {
    return this.#lock.acquire(options)
  }

  /** Frees the lock. */
  release(): void {
    this.#lock.release()
  }

  /** Whether a thread has the lock. Python: `Condition.locked`. */
  locked(): boolean {
    return this.#lock.locked()
  }

  /**
   * Frees the lock, blocks until it is notified, for `timeout` ms at most (default: forever), and takes the lock again.
   * Returns whether it was notified. Python: `Condition.wait`.
   *
   * @throws RuntimeError if this thread does not have the lock
   */
  wait(options?: TimeoutOptions): boolean {
    const limit = checkedTimeout(timeoutOf('Condition.wait()', options))
    if (!this.#lock.isOwned()) throw new RuntimeError('cannot wait on un-acquired lock')
    const slot = this.#takeSlot()
    const saved = this.#lock.releaseSave()
    let state: number
    try {
      blockWhile(this.cell, slot, WAITING, limit)
    } finally {
      this.#lock.acquireRestore(saved)
      state = Atomics.exchange(this.cell, slot, FREE) // a notification may come after the timeout
    }
    return state === NOTIFIED
  }

  /**
   * Waits until `predicate` returns a truthy value, and returns that value; after `timeout` ms it returns the current
   * value of the predicate. Python: `Condition.wait_for`.
   */
  waitFor<T>(predicate: () => T, options?: TimeoutOptions): T {
    const deadline = performance.now() + checkedTimeout(timeoutOf('Condition.waitFor()', options))
    for (let result = predicate(); ; result = predicate()) {
      const rest = deadline - performance.now()
      if (result || rest <= 0) return result
      this.wait({ timeout: rest })
    }
  }

  /**
   * Wakes up to `count` threads, starting with the longest wait. Python: `Condition.notify`.
   *
   * @throws RuntimeError without the lock
   */
  notify(count = 1): void {
    if (!this.#lock.isOwned()) throw new RuntimeError('cannot notify on un-acquired lock')
    for (const slot of this.#waiting().slice(0, count)) {
      Atomics.store(this.cell, slot, NOTIFIED)
      Atomics.notify(this.cell, slot)
    }
  }

  /** Wakes all waiting threads. Python: `Condition.notify_all`. @throws RuntimeError without the lock */
  notifyAll(): void {
    this.notify(SLOTS)
  }

  /** `<Condition(<unlocked RLock object owner=0 count=0 at 0x7f0000000010>, 0)>` */
  override toString(): string {
    return `<${this.constructor.name}(${this.#lock}, ${this.#waiting().length})>`
  }

  #takeSlot(): number {
    const slot = this.cell.subarray(0, SLOTS + 1).indexOf(FREE, 1)
    if (slot < 0) throw new RuntimeError(`more than ${SLOTS} threads wait for ${this}`)
    Atomics.store(this.cell, TICKETS + slot, Atomics.add(this.cell, NEXT_TICKET, 1))
    Atomics.store(this.cell, slot, WAITING)
    return slot
  }

  /** The slots of the waiting threads, in order of arrival. */
  #waiting(): number[] {
    const slots: number[] = []
    for (let slot = 1; slot <= SLOTS; slot++) if (Atomics.load(this.cell, slot) === WAITING) slots.push(slot)
    const ticket = (slot: number): number => Atomics.load(this.cell, TICKETS + slot)
    return slots.sort((a, b) => (ticket(a) - ticket(b)) | 0) // tickets begin again after 2 ** 32
  }
}

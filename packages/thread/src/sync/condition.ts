import { RuntimeError } from '@spindle/loop'
import { className, repr } from '@spindle/loop/internal'
import { checkedInteger } from '../shared-memory/checked-integer.ts'
import { realTime } from '../shared-memory/real-time.ts'
import { checkedTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { type Packed, pack, unpack } from '../transport/serialize.ts'
import { Lock } from './lock.ts'
import { RLock } from './r-lock.ts'
import { Holdable, SharedObject } from './shared-object.ts'
import { AFTER_WAITERS, arrive, end, leave, untilEnd, waiting } from './waiters.ts'

const NOTIFIED = -1

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
    const make = (_: Int32Array, lock: Packed): Condition => new Condition(unpack(lock) as Lock)
    SharedObject.share(Condition, 'Condition', make, (condition, transfer) => pack(condition.#lock, transfer))
  }

  readonly #lock: Lock

  /**
   * @param lock a new RLock by default
   * @throws TypeError if it is neither a Lock nor an RLock of threads
   */
  constructor(lock: Lock = new RLock()) {
    super(AFTER_WAITERS)
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
    const slot = arrive(this.cell, this)
    const saved = this.#lock.releaseSave()
    let outcome: number
    try {
      untilEnd(this.cell, slot, limit)
    } finally {
      this.#lock.acquireRestore(saved)
      outcome = leave(this.cell, slot) // a notification may come after the timeout
    }
    return outcome === NOTIFIED
  }

  /**
   * Waits until `predicate` returns a truthy value, and returns that value; after `timeout` ms it returns the current
   * value of the predicate. Python: `Condition.wait_for`.
   */
  waitFor<T>(predicate: () => T, options?: TimeoutOptions): T {
    let rest = checkedTimeout(timeoutOf('Condition.waitFor()', options))
    let result = predicate()
    const deadline = realTime() + rest // of the waits, as in Python, however long the first question takes
    while (!result) {
      this.wait({ timeout: rest })
      result = predicate()
      rest = deadline - realTime()
      if (rest <= 0) break
    }
    return result
  }

  /**
   * Wakes up to `count` threads, starting with the longest wait. Python: `Condition.notify`.
   *
   * @throws RuntimeError without the lock
   */
  notify(count = 1): void {
    if (!this.#lock.isOwned()) throw new RuntimeError('cannot notify on un-acquired lock')
    const most = Math.max(0, checkedInteger(count, 'n', Number.NEGATIVE_INFINITY))
    end(this.cell, waiting(this.cell).slice(0, most), NOTIFIED)
  }

  /** Wakes all waiting threads. Python: `Condition.notify_all`. @throws RuntimeError without the lock */
  notifyAll(): void {
    this.notify(waiting(this.cell).length)
  }

  /** `<Condition(<unlocked RLock object owner=0 count=0 at 0x7f0000000010>, 0)>` */
  override toString(): string {
    return `<${className(this)}(${this.#lock}, ${waiting(this.cell).length})>`
  }
}

import { threadId } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { lockTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { lock, unlock } from './mutex.ts'
import { Holdable, SharedObject } from './shared-object.ts'

const MUTEX = 1
const OWNER = 2 // the id of the owning thread, plus 1; 0 for none
const COUNT = 3 // how often the owner has taken it; only the owner changes it

/**
 * A lock in shared memory that its owner may take again, and has to release as often. Only the owner may release it.
 * Python: `threading.RLock`.
 *
 * @example
 * ```ts
 * const lock = new threading.RLock()
 * lock.acquire()
 * console.log(lock.acquire()) // prints: true
 * lock.release()
 * lock.release()
 * ```
 */
export class RLock extends Holdable {
  static {
    SharedObject.share(RLock, 'RLock', () => new RLock())
  }

  /** Makes a lock that is free. */
  constructor() {
    super(3)
  }

  /**
   * Blocks until the lock is free or this thread's own, and takes it; for `timeout` ms at most, 0 not at all (default:
   * forever). Returns whether this thread has the lock. Python: `RLock.acquire`.
   *
   * @throws RangeError if `timeout` is negative or NaN
   */
  acquire(options?: TimeoutOptions): boolean {
    const limit = lockTimeout(timeoutOf('RLock.acquire()', options))
    if (!this.isOwned() && !lock(this.cell, MUTEX, limit, () => `${this}`)) return false
    Atomics.store(this.cell, OWNER, threadId + 1)
    Atomics.add(this.cell, COUNT, 1)
    return true
  }

  /** Releases it once. @throws RuntimeError if this thread does not hold it. Python: `RLock.release`. */
  release(): void {
    if (!this.isOwned()) throw new RuntimeError('cannot release un-acquired lock')
    if (Atomics.sub(this.cell, COUNT, 1) > 1) return
    Atomics.store(this.cell, OWNER, 0)
    unlock(this.cell, MUTEX)
  }

  /** Whether a thread has it. Python: `RLock.locked`. */
  locked(): boolean {
    return Atomics.load(this.cell, OWNER) !== 0
  }

  /** `<locked RLock object owner=3 count=1 at 0x7f0000000010>` */
  override toString(): string {
    const state = this.locked() ? 'locked' : 'unlocked'
    const owner = Math.max(0, Atomics.load(this.cell, OWNER) - 1)
    const count = Atomics.load(this.cell, COUNT)
    return `<${state} ${this.constructor.name} object owner=${owner} count=${count} at ${this.address}>`
  }

  /** Whether this thread has the lock. @internal */
  isOwned(): boolean {
    return Atomics.load(this.cell, OWNER) === threadId + 1
  }

  /** Releases it as often as needed, and returns the argument of `acquireRestore`. @internal */
  releaseSave(): number {
    const count = Atomics.load(this.cell, COUNT)
    Atomics.store(this.cell, COUNT, 1)
    this.release()
    return count
  }

  /** @internal */
  acquireRestore(count: number): void {
    this.acquire()
    Atomics.store(this.cell, COUNT, count)
  }
}

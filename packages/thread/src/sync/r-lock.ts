import { threadId } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { lockTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { COUNT, Lock, OWNER } from './lock.ts'
import { SharedObject } from './shared-object.ts'

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
export class RLock extends Lock {
  static {
    SharedObject.share(RLock, 'RLock', () => new RLock())
  }

  /**
   * Blocks until the lock is free or this thread's own, and takes it; for `timeout` ms at most, 0 not at all (default:
   * forever). Returns whether this thread has the lock. Python: `RLock.acquire`.
   *
   * @throws RangeError if `timeout` is negative or NaN
   */
  override acquire(options?: TimeoutOptions): boolean {
    lockTimeout(timeoutOf('RLock.acquire()', options)) // also if the lock is this thread's own
    if (!this.isOwned() && !super.acquire(options)) return false
    Atomics.add(this.cell, COUNT, 1)
    return true
  }

  /** Releases it once. @throws RuntimeError if this thread does not hold it. Python: `RLock.release`. */
  override release(): void {
    if (!this.isOwned()) throw new RuntimeError('cannot release un-acquired lock')
    if (Atomics.sub(this.cell, COUNT, 1) > 1) return
    Atomics.store(this.cell, OWNER, 0)
    super.release()
  }

  /** `<locked RLock object owner=3 count=1 at 0x7f0000000010>` */
  override toString(): string {
    const owner = Math.max(0, Atomics.load(this.cell, OWNER) - 1)
    return super.toString().replace(' at ', ` owner=${owner} count=${Atomics.load(this.cell, COUNT)} at `)
  }

  /** @internal */
  override isOwned(): boolean {
    return Atomics.load(this.cell, OWNER) === threadId + 1
  }

  /** @internal */
  override releaseSave(): number {
    const count = Atomics.exchange(this.cell, COUNT, 1)
    this.release()
    return count
  }

  /** @internal */
  override acquireRestore(count: number): void {
    this.acquire()
    Atomics.store(this.cell, COUNT, count)
  }
}

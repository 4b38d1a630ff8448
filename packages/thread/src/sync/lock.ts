import { threadId } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { className } from '@spindle/loop/internal'
import { lockTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { isLocked, lock, unlock } from './mutex.ts'
import { Holdable, SharedObject } from './shared-object.ts'

const MUTEX = 1
export const OWNER = 2 // the id of the thread that took it last, plus 1
export const COUNT = 3 // of an RLock: how often its owner has taken it

/**
 * A lock in shared memory: one thread at a time has it. Pass it in the `args` of a Thread: both sides then have the
 * same lock. Any thread may release it. A thread that ends does not release its locks; an `acquire` without a time-out
 * that waits for 10 s prints which thread took the lock. Python: `threading.Lock`.
 *
 * @example
 * ```ts
 * const lock = new threading.Lock()
 * console.log(lock.acquire(), lock.acquire({ timeout: 10 })) // prints: true false
 * lock.release()
 * console.log(lock.locked()) // prints: false
 * ```
 */
export class Lock extends Holdable {
  static {
    SharedObject.share(Lock, 'Lock', () => new Lock())
  }

  /** Makes a lock that is free. */
  constructor() {
    super(COUNT)
  }

  /**
   * Blocks until the lock is free, and takes it; for `timeout` ms at most, 0 not at all (default: forever). Returns
   * whether this thread has the lock. Python: `Lock.acquire`.
   *
   * @throws RangeError if `timeout` is negative or NaN
   */
  acquire(options?: TimeoutOptions): boolean {
    const limit = lockTimeout(timeoutOf(`${className(this)}.acquire()`, options))
    const describe = (): string => `${this}, taken by thread ${Atomics.load(this.cell, OWNER) - 1}`
    const taken = lock(this.cell, MUTEX, limit, describe)
    if (taken) Atomics.store(this.cell, OWNER, threadId + 1)
    return taken
  }

  /** Releases the lock, and wakes one waiter. @throws RuntimeError if it is free. Python: `Lock.release`. */
  release(): void {
    if (!this.locked()) throw new RuntimeError('release unlocked lock')
    unlock(this.cell, MUTEX)
  }

  /** Whether a thread has it. Python: `Lock.locked`. */
  locked(): boolean {
    return isLocked(this.cell, MUTEX)
  }

  /** `<unlocked Lock object at 0x7f0000000010>` */
  override toString(): string {
    return `<${this.locked() ? 'locked' : 'unlocked'} ${className(this)} object at ${this.address}>`
  }

  /** Whether this thread may release it: any thread may. @internal */
  isOwned(): boolean {
    return this.locked()
  }

  /** Releases it, and returns the argument of `acquireRestore`. @internal */
  releaseSave(): number {
    this.release()
    return 1
  }

  /** @internal */
  acquireRestore(_count: number): void {
    this.acquire()
  }
}

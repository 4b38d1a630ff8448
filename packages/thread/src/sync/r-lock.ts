import { threadId } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'
import { formatIdentity, newIdentity } from '../shared-memory/identity.ts'
import { lockTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { registerCodec } from '../transport/serialize.ts'
import { lock, unlock } from './mutex.ts'

const MUTEX = 0
const OWNER = 1 // the thread that has it, plus 1; 0 for none
const COUNT = 2 // how often it has taken it; the owner alone changes it
const IDENTITY = 3

/**
 * A lock in shared memory that the thread which has it may take again; it is free when it was released as often. Only
 * that thread may release it. Python: `threading.RLock`.
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
export class RLock {
  static {
    registerCodec<RLock, Int32Array>(RLock, {
      name: 'RLock',
      pack: (lock) => lock.#cell,
      unpack: (cell) => {
        const lock = new RLock()
        lock.#cell = cell
        return lock
      },
    })
  }

  #cell: Int32Array = new Int32Array(new SharedArrayBuffer(16)) // MUTEX, OWNER, COUNT, IDENTITY

  /** Makes a lock that is free. */
  constructor() {
    this.#cell[IDENTITY] = newIdentity()
  }

  /**
   * Blocks until the lock is free or this thread's own, and takes it; for `timeout` ms at most, 0 not at all (default:
   * forever). Returns whether this thread has the lock. Python: `RLock.acquire`.
   *
   * @throws RangeError if `timeout` is negative or NaN
   */
  acquire(options?: TimeoutOptions): boolean {
    const limit = lockTimeout(timeoutOf('RLock.acquire()', options))
    if (!this.isOwned() && !lock(this.#cell, MUTEX, limit, { describe: () => `${this}` })) return false
    Atomics.store(this.#cell, OWNER, threadId + 1)
    Atomics.add(this.#cell, COUNT, 1)
    return true
  }

  /** Releases it once. @throws RuntimeError if this thread does not hold it. Python: `RLock.release`. */
  release(): void {
    if (!this.isOwned()) throw new RuntimeError('cannot release un-acquired lock')
    if (Atomics.sub(this.#cell, COUNT, 1) > 1) return
    Atomics.store(this.#cell, OWNER, 0)
    unlock(this.#cell, MUTEX)
  }

  /** Whether a thread has it. Python: `RLock.locked`. */
  locked(): boolean {
    return Atomics.load(this.#cell, OWNER) !== 0
  }

  /** Takes the lock, and releases it at the end of the block: `using _ = lock.hold()`. Python: `with lock`. */
  hold(): Disposable {
    this.acquire()
    return { [Symbol.dispose]: () => this.release() }
  }

  /** `<locked RLock object owner=3 count=1 at 0x7f0000000010>` */
  toString(): string {
    const state = this.locked() ? 'locked' : 'unlocked'
    const owner = Math.max(0, Atomics.load(this.#cell, OWNER) - 1)
    const address = formatIdentity(Atomics.load(this.#cell, IDENTITY))
    const count = Atomics.load(this.#cell, COUNT)
    return `<${state} ${this.constructor.name} object owner=${owner} count=${count} at ${address}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** Whether this thread has it. @internal */
  isOwned(): boolean {
    return Atomics.load(this.#cell, OWNER) === threadId + 1
  }

  /** Frees it altogether, and returns what `acquireRestore` needs. @internal */
  releaseSave(): number {
    const count = Atomics.load(this.#cell, COUNT)
    Atomics.store(this.#cell, COUNT, 1)
    this.release()
    return count
  }

  /** @internal */
  acquireRestore(count: number): void {
    this.acquire()
    Atomics.store(this.#cell, COUNT, count)
  }
}

import { threadId } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'
import { formatIdentity, newIdentity } from '../shared-memory/identity.ts'
import { lockTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { registerCodec } from '../transport/serialize.ts'
import { isLocked, lock, unlock } from './mutex.ts'

const MUTEX = 0
const IDENTITY = 1
const OWNER = 2 // the thread that took it last, plus 1, for messages: any thread may release it

/**
 * A lock in shared memory: one thread at a time has it. Pass it in the `args` of a Thread: both sides then have the
 * same. Any thread may release it. A thread that ends does not release its locks; an `acquire` without a time-out that
 * waits for 10 s prints which thread took the lock. Python: `threading.Lock`.
 *
 * @example
 * ```ts
 * const lock = new threading.Lock()
 * console.log(lock.acquire(), lock.acquire({ timeout: 10 })) // prints: true false
 * lock.release()
 * console.log(lock.locked()) // prints: false
 * ```
 */
export class Lock {
  static {
    registerCodec<Lock, Int32Array>(Lock, {
      name: 'Lock',
      pack: (lock) => lock.#cell,
      unpack: (cell) => {
        const lock = new Lock()
        lock.#cell = cell
        return lock
      },
    })
  }

  #cell: Int32Array = new Int32Array(new SharedArrayBuffer(12)) // MUTEX, IDENTITY, OWNER

  /** Makes a lock that is free. */
  constructor() {
    this.#cell[IDENTITY] = newIdentity()
  }

  /**
   * Blocks until the lock is free, and takes it; for `timeout` ms at most, 0 not at all (default: forever). Returns
   * whether this thread has the lock. Python: `Lock.acquire`.
   *
   * @throws RangeError if `timeout` is negative or NaN
   */
  acquire(options?: TimeoutOptions): boolean {
    const taken = lock(this.#cell, MUTEX, lockTimeout(timeoutOf('Lock.acquire()', options)), {
      describe: () => `${this}, taken by thread ${Atomics.load(this.#cell, OWNER) - 1}`,
    })
    if (taken) Atomics.store(this.#cell, OWNER, threadId + 1)
    return taken
  }

  /** Releases the lock, and wakes one waiter. @throws RuntimeError if it is free. Python: `Lock.release`. */
  release(): void {
    if (!this.locked()) throw new RuntimeError('release unlocked lock')
    unlock(this.#cell, MUTEX)
  }

  /** Whether a thread has it. Python: `Lock.locked`. */
  locked(): boolean {
    return isLocked(this.#cell, MUTEX)
  }

  /** Takes the lock, and releases it at the end of the block: `using _ = lock.hold()`. Python: `with lock`. */
  hold(): Disposable {
    this.acquire()
    return { [Symbol.dispose]: () => this.release() }
  }

  /** `<unlocked Lock object at 0x7f0000000010>` */
  toString(): string {
    const address = formatIdentity(Atomics.load(this.#cell, IDENTITY))
    return `<${this.locked() ? 'locked' : 'unlocked'} ${this.constructor.name} object at ${address}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** Whether this thread may count it as its own: the owner is not recorded. @internal */
  isOwned(): boolean {
    return this.locked()
  }

  /** Frees it altogether, and returns what `acquireRestore` needs. @internal */
  releaseSave(): number {
    this.release()
    return 1
  }

  /** @internal */
  acquireRestore(_count: number): void {
    this.acquire()
  }
}

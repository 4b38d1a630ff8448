import { className } from '@spindle/loop/internal'
import { blockWhile } from '../shared-memory/block.ts'
import { checkedInteger } from '../shared-memory/checked-integer.ts'
import { realTime } from '../shared-memory/real-time.ts'
import { lockTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { Holdable, SharedObject } from './shared-object.ts'

const VALUE = 1
const INITIAL = 2 // the maximum of the value; -1: no limit

const UNLIMITED = -1

/**
 * Limits how many threads do something at a time. It counts permits in shared memory: a thread that finds none left
 * waits. Python: `threading.Semaphore`.
 *
 * @example
 * ```ts
 * const semaphore = new threading.Semaphore(1)
 * console.log(semaphore.acquire(), semaphore.acquire({ timeout: 10 })) // prints: true false
 * semaphore.release()
 * ```
 */
export class Semaphore extends Holdable {
  static {
    SharedObject.share(Semaphore, 'Semaphore', (cell) =>
      cell[INITIAL] === UNLIMITED ? new Semaphore() : new BoundedSemaphore(),
    )
  }

  /** @throws RangeError if `value` is negative, or too large for 32 bits */
  constructor(value = 1) {
    super(2)
    checkedInteger(value, 'semaphore initial value', 0)
    if (value >= 2 ** 31) throw new RangeError(`semaphore initial value must be < 2 ** 31, got ${value}`)
    this.cell[VALUE] = value
    this.cell[INITIAL] = UNLIMITED
  }

  /**
   * Blocks until there is a permit, and takes it; for `timeout` ms at most, 0 not at all (default: forever). Returns
   * whether it has taken one. Python: `Semaphore.acquire`.
   *
   * @throws RangeError if `timeout` is negative or NaN
   */
  acquire(options?: TimeoutOptions): boolean {
    const limit = lockTimeout(timeoutOf('Semaphore.acquire()', options))
    const deadline = realTime() + limit
    for (;;) {
      const value = Atomics.load(this.cell, VALUE)
      if (value > 0) {
        if (Atomics.compareExchange(this.cell, VALUE, value, value - 1) === value) return true
      } else if (!blockWhile(this.cell, VALUE, 0, Math.max(0, deadline - realTime()))) return false
    }
  }

  /**
   * Releases `count` permits, and wakes as many threads. Python: `Semaphore.release`.
   * @throws RangeError if `count` is below 1
   */
  release(count = 1): void {
    checkedInteger(count, 'n', 1, 'one or more')
    const initial = Atomics.load(this.cell, INITIAL)
    for (;;) {
      const value = Atomics.load(this.cell, VALUE)
      if (initial !== UNLIMITED && value + count > initial) throw new RangeError('Semaphore released too many times')
      if (Atomics.compareExchange(this.cell, VALUE, value, value + count) === value) break
    }
    Atomics.notify(this.cell, VALUE, count)
  }

  /** `<Semaphore at 0x7f0000000010: value=3>` */
  override toString(): string {
    const initial = Atomics.load(this.cell, INITIAL)
    const limit = initial === UNLIMITED ? '' : `/${initial}`
    return `<${className(this)} at ${this.address}: value=${Atomics.load(this.cell, VALUE)}${limit}>`
  }
}

/** A Semaphore whose permits never exceed the initial number. Python: `threading.BoundedSemaphore`. */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  static readonly className: string = 'BoundedSemaphore'

  /** @throws RangeError if `value` is negative */
  constructor(value = 1) {
    super(value)
    this.cell[INITIAL] = value
  }
}

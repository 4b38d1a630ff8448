import { className } from '@spindle/loop/internal'
import { blockWhile } from '../shared-memory/block.ts'
import { checkedTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { SharedObject } from './shared-object.ts'

// Grows at every change: even means unset, odd means set. A waiter sees a set() even if clear() follows at once.
const FLAG = 1

/**
 * A flag in shared memory that threads set, clear and wait for. Pass it in the `args` of a Thread: both sides then
 * have the same Event. Waiting blocks the thread; for Tasks of one loop, use the `Event` of `spindle`.
 * Python: `threading.Event`.
 *
 * @example
 * ```ts
 * const done = new threading.Event()
 * console.log(done.isSet(), done.wait({ timeout: 10 })) // prints: false false
 * done.set()
 * console.log(done.wait()) // prints: true
 * ```
 */
export class Event extends SharedObject {
  static {
    SharedObject.share(Event, 'Event', () => new Event())
  }

  /** Makes an Event that is not set. */
  constructor() {
    super(1)
  }

  /** Sets the flag and wakes every thread that waits. Python: `Event.set`. */
  set(): void {
    Atomics.or(this.cell, FLAG, 1)
    Atomics.notify(this.cell, FLAG)
  }

  /** Clears the flag: `wait` blocks again. Python: `Event.clear`. */
  clear(): void {
    const flag = Atomics.load(this.cell, FLAG)
    // If it is not this value any more, another thread has cleared it.
    if ((flag & 1) === 1) Atomics.compareExchange(this.cell, FLAG, flag, (flag + 1) | 0)
  }

  /** Whether the flag is set. Python: `Event.is_set`. */
  isSet(): boolean {
    return (Atomics.load(this.cell, FLAG) & 1) === 1
  }

  /**
   * Blocks this thread until the flag is set, for `timeout` ms at most (default: forever). Returns whether it was set;
   * false means that it timed out. A wait that is pending when `set` is called returns true, even if `clear` follows at
   * once. Python: `Event.wait`.
   *
   * @throws RangeError if `timeout` is NaN. A negative one does not wait.
   */
  wait(options?: TimeoutOptions): boolean {
    const limit = checkedTimeout(timeoutOf('Event.wait()', options))
    const flag = Atomics.load(this.cell, FLAG)
    return (flag & 1) === 1 || blockWhile(this.cell, FLAG, flag, limit)
  }

  /** `<Event at 0x7f0000000010: unset>` */
  override toString(): string {
    return `<${className(this)} at ${this.address}: ${this.isSet() ? 'set' : 'unset'}>`
  }
}

// The items lie in shared memory as bytes. The owner of the mutex may put and take:
//
//   data:  ········[length item][length item][length item]········
//                  ▲ START                                ▲ END
//
// Without room at the end they are moved to the front. If that is not enough, the memory grows.

import { deserialize } from 'node:v8'
import { checkOptions, className } from '@spindle/loop/internal'
import { QueueEmpty, QueueFull, QueueShutDown } from '@spindle/task'
import { blockWhile } from '../shared-memory/block.ts'
import { checkedInteger } from '../shared-memory/checked-integer.ts'
import { realTime } from '../shared-memory/real-time.ts'
import { lockTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { packAndSend, serialized } from '../transport/serialize.ts'
import { lock, unlock } from './mutex.ts'
import { SharedObject } from './shared-object.ts'

const MUTEX = 1
const MAXSIZE = 2
const COUNT = 3
const START = 4
const END = 5
const PUTS = 6 // incremented at every put: a waiting get sleeps on it
const GETS = 7 // incremented at every get: a waiting put sleeps on it
const UNFINISHED = 8
const SHUTDOWN = 9

const FIRST_BYTES = 4096
const MOST_BYTES = 2 ** 28
const LENGTH = 4 // bytes of the length before each item

/**
 * Passes items between threads, first in, first out; any number of threads may put and get. Items are cloned; an object
 * in shared memory (an Event, a Lock) can't be an item. All waits block; for Tasks of one loop use the `Queue` of
 * `spindle`. Python: `queue.Queue`.
 *
 * @example
 * ```ts
 * const queue = new threading.Queue<{ n: number }>(2)
 * queue.put({ n: 1 })
 * queue.put({ n: 2 })
 * console.log(queue.full(), queue.get().n, queue.qsize()) // prints: true 1 1
 * queue.shutdown()
 * console.log([...queue]) // prints: [ { n: 2 } ]
 * ```
 */
export class Queue<T = unknown> extends SharedObject {
  static {
    const make = (_: Int32Array, data: SharedArrayBuffer): Queue => {
      const queue = new Queue()
      queue.#data = data
      return queue
    }
    SharedObject.share(Queue, 'Queue', make, (queue) => queue.#data)
  }

  #data: SharedArrayBuffer = growable()

  /** @param maxSize how many items it holds before `put` waits; 0 or less: any number */
  constructor(maxSize = 0) {
    super(SHUTDOWN)
    this.cell[MAXSIZE] = Math.max(0, checkedInteger(maxSize, 'maxSize', Number.NEGATIVE_INFINITY))
  }

  /** How many items it holds before `put` waits; 0: any number. */
  get maxSize(): number {
    return Atomics.load(this.cell, MAXSIZE)
  }

  /** How many items are in it now. Python: `Queue.qsize`. */
  qsize(): number {
    return Atomics.load(this.cell, COUNT)
  }

  /** Whether nothing is in it now. Python: `Queue.empty`. */
  empty(): boolean {
    return this.qsize() === 0
  }

  /** Whether `put` would wait now. Python: `Queue.full`. */
  full(): boolean {
    return this.maxSize > 0 && this.qsize() >= this.maxSize
  }

  /**
   * Puts an item in; blocks while the queue is full, for `timeout` ms at most (default: forever). Python: `Queue.put`.
   *
   * @throws QueueFull when it times out; QueueShutDown after `shutdown`; TypeError if the item can't be cloned
   */
  put(item: T, options?: TimeoutOptions): void {
    const limit = lockTimeout(timeoutOf('Queue.put()', options), "'timeout'")
    const bytes = bytesOf(item)
    const cell = this.cell
    lock(cell, MUTEX)
    try {
      this.#waitWhile(() => Atomics.load(cell, SHUTDOWN) === 0 && this.full(), GETS, limit, QueueFull)
      if (Atomics.load(cell, SHUTDOWN) !== 0) throw new QueueShutDown()
      this.#append(bytes)
      Atomics.add(cell, COUNT, 1)
      Atomics.add(cell, UNFINISHED, 1)
      Atomics.add(cell, PUTS, 1)
    } finally {
      unlock(cell, MUTEX)
    }
    Atomics.notify(cell, PUTS, 1)
  }

  /**
   * Puts an item in, if that needs no wait. Python: `Queue.put_nowait`.
   *
   * @throws QueueFull otherwise; the errors of `put`
   */
  putNowait(item: T): void {
    this.put(item, { timeout: 0 })
  }

  /**
   * Removes and returns the oldest item; blocks while there is none, for `timeout` ms at most (default: forever).
   * Python: `Queue.get`.
   *
   * @throws QueueEmpty when it times out; QueueShutDown after `shutdown`, when nothing is left
   */
  get(options?: TimeoutOptions): T {
    const limit = lockTimeout(timeoutOf('Queue.get()', options), "'timeout'")
    const cell = this.cell
    let bytes: Uint8Array
    lock(cell, MUTEX)
    try {
      this.#waitWhile(() => Atomics.load(cell, SHUTDOWN) === 0 && this.empty(), PUTS, limit, QueueEmpty)
      if (this.empty()) throw new QueueShutDown()
      bytes = this.#takeFirst()
      Atomics.sub(cell, COUNT, 1)
      Atomics.add(cell, GETS, 1)
    } finally {
      unlock(cell, MUTEX)
    }
    Atomics.notify(cell, GETS, 1)
    return deserialize(bytes) as T
  }

  /** Takes the oldest item out, if there is one. @throws QueueEmpty otherwise. Python: `Queue.get_nowait`. */
  getNowait(): T {
    return this.get({ timeout: 0 })
  }

  /**
   * Marks the work on one removed item as done; see `join`. Python: `Queue.task_done`.
   *
   * @throws RangeError if it is called more often than `get`
   */
  taskDone(): void {
    const before = Atomics.sub(this.cell, UNFINISHED, 1)
    if (before <= 0) {
      Atomics.add(this.cell, UNFINISHED, 1)
      throw new RangeError('task_done() called too many times')
    }
    if (before === 1) Atomics.notify(this.cell, UNFINISHED)
  }

  /** Blocks until `taskDone` was called for each item that was put. Python: `Queue.join`. */
  join(): void {
    for (;;) {
      const unfinished = Atomics.load(this.cell, UNFINISHED)
      if (unfinished <= 0) return
      blockWhile(this.cell, UNFINISHED, unfinished, Number.POSITIVE_INFINITY)
    }
  }

  /**
   * Shuts the queue down: nothing can be put in any more; the remaining items can still be taken, unless `immediate`
   * drops them. Waiters are woken. Python: `Queue.shutdown`.
   */
  shutdown(options: { readonly immediate?: boolean | undefined } = {}): void {
    checkOptions('Queue.shutdown()', options, ['immediate'])
    const cell = this.cell
    lock(cell, MUTEX)
    Atomics.store(cell, SHUTDOWN, 1)
    if (options.immediate) {
      Atomics.sub(cell, UNFINISHED, Math.min(Atomics.load(cell, UNFINISHED), this.qsize()))
      Atomics.store(cell, COUNT, 0)
      Atomics.store(cell, START, Atomics.load(cell, END))
    }
    Atomics.add(cell, PUTS, 1)
    Atomics.add(cell, GETS, 1)
    unlock(cell, MUTEX)
    for (const field of [PUTS, GETS, UNFINISHED]) Atomics.notify(cell, field)
  }

  /** Takes items out as they come, until the queue is shut down and empty. */
  *[Symbol.iterator](): Generator<T, void> {
    for (;;) {
      let item: T
      try {
        item = this.get()
      } catch (error) {
        if (error instanceof QueueShutDown) return
        throw error
      }
      yield item
    }
  }

  /** `<Queue at 0x7f0000000010 maxSize=2>` */
  override toString(): string {
    const size = this.maxSize > 0 ? ` maxSize=${this.maxSize}` : ''
    return `<${className(this)} at ${this.address}${size}>`
  }

  /** Waits without the mutex, and always takes it again afterwards. */
  #waitWhile(condition: () => boolean, field: number, limit: number, TimeIsUp: new () => Error): void {
    const cell = this.cell
    const deadline = realTime() + limit
    while (condition()) {
      const seen = Atomics.load(cell, field) // changes only under the mutex, so no change is missed
      const rest = deadline - realTime()
      if (rest <= 0) throw new TimeIsUp()
      unlock(cell, MUTEX)
      try {
        blockWhile(cell, field, seen, rest)
      } finally {
        lock(cell, MUTEX)
      }
    }
  }

  #append(bytes: Uint8Array): void {
    const cell = this.cell
    const size = bytes.length + LENGTH
    if (Atomics.load(cell, END) + size > this.#data.byteLength) this.#makeRoom(size)
    const end = Atomics.load(cell, END)
    new DataView(this.#data).setUint32(end, bytes.length)
    new Uint8Array(this.#data).set(bytes, end + LENGTH)
    Atomics.store(cell, END, end + size)
  }

  #takeFirst(): Uint8Array {
    const cell = this.cell
    const start = Atomics.load(cell, START)
    const from = start + LENGTH
    const end = from + new DataView(this.#data).getUint32(start)
    Atomics.store(cell, START, end)
    return new Uint8Array(this.#data).slice(from, end)
  }

  #makeRoom(size: number): void {
    const cell = this.cell
    const [start, end] = [Atomics.load(cell, START), Atomics.load(cell, END)]
    const needed = end - start + size
    const data = this.#data as SharedArrayBuffer & { grow(length: number): void } // TypeScript knows it from ES2024 on
    if (needed > MOST_BYTES) throw new RangeError(`${this} would take more than ${MOST_BYTES} bytes`)
    // Half of the memory stays free: otherwise the items would soon be moved again.
    const length = Math.min(MOST_BYTES, Math.max(data.byteLength, 2 ** Math.ceil(Math.log2(2 * needed))))
    if (length > data.byteLength) data.grow(length)
    new Uint8Array(data).copyWithin(0, start, end)
    Atomics.store(cell, START, 0)
    Atomics.store(cell, END, end - start)
  }
}

function growable(): SharedArrayBuffer {
  const Growable = SharedArrayBuffer as new (length: number, options: { maxByteLength: number }) => SharedArrayBuffer
  return new Growable(FIRST_BYTES, { maxByteLength: MOST_BYTES })
}

function bytesOf(item: unknown): Uint8Array {
  return packAndSend(item, "the item can't be put into a Queue", serialized).value as Uint8Array
}

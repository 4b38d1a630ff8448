// A worker writes small results into shared memory, and sends a message only for the first that the pool has not read,
// because messages are most of the cost of a small call:
//
//   worker:  9 ──write──▶ [9] ──'results'──▶ pool       16, 25 ──write──▶ [9, 16, 25]       the pool reads all three
//
// Results and messages keep their order: a result after another message goes into a message, too, until the pool has
// read. There is room for all results, because a call keeps its slot until the pool has its result.

import type { FromWorker } from './protocol.ts'

// Each result takes three numbers: the id of its call, the index of a constant or NUMBER, and the number.
const LENGTH = 3
const CONSTANTS: readonly unknown[] = [undefined, null, false, true]
const NUMBER = -1

/** The small results of a worker. It writes, and its pool reads: each has an object with the same memory. */
export class SmallResults {
  readonly #unread: Int32Array // how many. Unless it is 0, a message announces them
  readonly #results: Float64Array
  #place = 0 // of the next
  #isInterrupted = false // whether another message followed the one that announces the unread results

  constructor(memory: SharedArrayBuffer) {
    this.#unread = new Int32Array(memory, 0, 1)
    this.#results = new Float64Array(memory, 8)
  }

  static newMemory(slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer(8 * (1 + LENGTH * slots))
  }

  /** Returns whether a message has to announce it, or does already; 'no' if the result itself has to be sent. */
  write(id: number, value: unknown): 'announce' | 'announced' | 'no' {
    const constant = CONSTANTS.indexOf(value)
    if (constant === NUMBER && typeof value !== 'number') return 'no'
    if (this.#isInterrupted && Atomics.load(this.#unread, 0) > 0) return 'no'
    this.#isInterrupted = false
    const place = this.#next()
    this.#results[place] = id
    this.#results[place + 1] = constant
    if (constant === NUMBER) this.#results[place + 2] = value as number
    return Atomics.add(this.#unread, 0, 1) === 0 ? 'announce' : 'announced'
  }

  /** Another message is sent. */
  interrupt(): void {
    this.#isInterrupted = true
  }

  /** Reads the results that a message has announced. */
  readAll(take: (result: FromWorker & { kind: 'result' }) => void): void {
    for (let count = Atomics.exchange(this.#unread, 0, 0); count > 0; count--) {
      const place = this.#next()
      const id = this.#results[place] as number
      const constant = this.#results[place + 1] as number
      const value = constant === NUMBER ? this.#results[place + 2] : CONSTANTS[constant]
      take({ kind: 'result', id, value: { value, standIns: undefined } })
    }
  }

  #next(): number {
    const place = this.#place
    this.#place = (place + LENGTH) % this.#results.length
    return place
  }
}

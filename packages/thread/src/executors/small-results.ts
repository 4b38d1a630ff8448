// A worker writes small results into shared memory, and sends a message only for the first that the pool has not read,
// because messages are most of the cost of a small call:
//
//   worker:  9 ──write──▶ [9] ──'results'──▶ pool       16, 25 ──write──▶ [9, 16, 25]       the pool reads all three
//
// Results and messages keep their order: a result after another message goes into a message, too, until the pool has
// read. There is room for all results, because a call keeps its slot until the pool has its result.

import type { FromWorker } from './protocol.ts'

/** The cell with the number of results that the pool has not read. Unless it is 0, a message announces them. */
const UNREAD = 0
/** The first cell of the results. Each has the id of its call, and the index of a constant or NUMBER. */
const FIRST = 1

const CONSTANTS: readonly unknown[] = [undefined, null, false, true]
const NUMBER = -1

export interface SharedResults {
  readonly cells: Int32Array
  readonly numbers: Float64Array
}

export function newSharedResults(slots: number): SharedResults {
  return {
    cells: new Int32Array(new SharedArrayBuffer(4 * (FIRST + 2 * slots))),
    numbers: new Float64Array(new SharedArrayBuffer(8 * slots)),
  }
}

/** The end of the worker. */
export class ResultWriter {
  readonly #shared: SharedResults
  #place = 0
  #isInterrupted = false // another message was sent after the one that announces these results

  constructor(shared: SharedResults) {
    this.#shared = shared
  }

  /** Returns whether a message has to announce it, or does already; 'no' if the result itself has to be sent. */
  write(id: number, value: unknown): 'announce' | 'announced' | 'no' {
    const { cells, numbers } = this.#shared
    const constant = CONSTANTS.indexOf(value)
    if (constant < 0 && typeof value !== 'number') return 'no'
    if (this.#isInterrupted && Atomics.load(cells, UNREAD) > 0) return 'no'
    this.#isInterrupted = false
    cells[FIRST + 2 * this.#place] = id
    cells[FIRST + 2 * this.#place + 1] = constant
    if (constant === NUMBER) numbers[this.#place] = value as number
    this.#place = (this.#place + 1) % numbers.length
    return Atomics.add(cells, UNREAD, 1) === 0 ? 'announce' : 'announced'
  }

  /** Another message is sent. */
  interrupt(): void {
    this.#isInterrupted = true
  }
}

/** The end of the pool. */
export class ResultReader {
  readonly #shared: SharedResults
  #place = 0

  constructor(shared: SharedResults) {
    this.#shared = shared
  }

  /** Reads the results that a message has announced. */
  readAll(take: (result: FromWorker & { kind: 'result' }) => void): void {
    const { cells, numbers } = this.#shared
    for (let count = Atomics.exchange(cells, UNREAD, 0); count > 0; count--) {
      const id = cells[FIRST + 2 * this.#place] as number
      const constant = cells[FIRST + 2 * this.#place + 1] as number
      const value = constant === NUMBER ? numbers[this.#place] : CONSTANTS[constant]
      this.#place = (this.#place + 1) % numbers.length
      take({ kind: 'result', id, value: { value, standIns: undefined } })
    }
  }
}

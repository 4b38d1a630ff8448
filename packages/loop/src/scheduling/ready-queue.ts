// Hot path: bench/switch, bench/queue-1. A ring of slots; `#mask` is its size less one, so that positions wrap by a bit
// operation.
//
//      #head              #tail
//        ▼                  ▼
//   [ ][ a ][ b ][ c ][ d ][ ][ ][ ]     never quite full: #head === #tail means empty

/** First in, first out. */
export class Ring<T> {
  #slots: (T | undefined)[]
  #mask: number
  #head = 0
  #tail = 0

  /** @param size how many slots it has at first: a power of two */
  constructor(size: number) {
    this.#slots = new Array(size).fill(undefined)
    this.#mask = size - 1
  }

  get length(): number {
    return (this.#tail - this.#head) & this.#mask
  }

  push(entry: T): void {
    const tail = this.#tail
    this.#slots[tail] = entry
    this.#tail = (tail + 1) & this.#mask
    if (this.#tail === this.#head) this.#grow()
  }

  /** Requires a ring that is not empty. */
  shift(): T {
    const head = this.#head
    const entry = this.#slots[head] as T
    this.#slots[head] = undefined // the slot would keep the entry alive until the ring wraps
    this.#head = (head + 1) & this.#mask
    return entry
  }

  clear(): void {
    while (this.length > 0) this.shift()
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let at = this.#head; at !== this.#tail; at = (at + 1) & this.#mask) yield this.#slots[at] as T
  }

  /** Doubles the full ring where it is: entries that have wrapped move behind the others. */
  #grow(): void {
    const slots = this.#slots
    const { length } = slots
    slots.length = 2 * length
    for (let i = 0; i < this.#head; i++) {
      slots[length + i] = slots[i]
      slots[i] = undefined
    }
    this.#mask = 2 * length - 1
    this.#tail = length + this.#head
  }
}

/** An entry that runs once: a Handle, or a Task about to take a step. */
export interface Ready {
  /** @internal */
  run(): void
}

/** The entries that run in the next iteration. */
export class ReadyQueue extends Ring<Ready> {
  constructor() {
    super(64)
  }
}

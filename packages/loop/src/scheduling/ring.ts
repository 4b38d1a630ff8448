// Hot path: bench/switch. A ring of slots; `#mask` is its size less one, so that positions wrap by a bit operation.
//
//      #head              #tail
//        ▼                  ▼
//   [ ][ a ][ b ][ c ][ d ][ ][ ][ ]     never quite full: #head === #tail means empty

/** Items, first in, first out: the ready queue of a loop, the items of a queue, the calls that wait for a worker. */
export class Ring<T> implements Iterable<T> {
  #slots: (T | undefined)[]
  #mask: number
  #head = 0
  #tail = 0

  /** @param size the number of slots to begin with, a power of two */
  constructor(size = 4) {
    this.#slots = new Array(size).fill(undefined)
    this.#mask = size - 1
  }

  get length(): number {
    return (this.#tail - this.#head) & this.#mask
  }

  get first(): T | undefined {
    return this.#slots[this.#head]
  }

  put(item: T): void {
    const tail = this.#tail
    this.#slots[tail] = item
    this.#tail = (tail + 1) & this.#mask
    if (this.#tail === this.#head) this.#grow()
  }

  /** Puts an item before all others. */
  putBack(item: T): void {
    this.#head = (this.#head - 1) & this.#mask
    this.#slots[this.#head] = item
    if (this.#tail === this.#head) this.#grow()
  }

  /** Requires a ring that is not empty. */
  get(): T {
    const head = this.#head
    const item = this.#slots[head] as T
    this.#slots[head] = undefined // the slot would keep the item alive until the ring wraps
    this.#head = (head + 1) & this.#mask
    return item
  }

  clear(): void {
    while (this.length > 0) this.get()
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let at = this.#head; at !== this.#tail; at = (at + 1) & this.#mask) yield this.#slots[at] as T
  }

  /** Doubles the full ring where it is: items that have wrapped move behind the others. */
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

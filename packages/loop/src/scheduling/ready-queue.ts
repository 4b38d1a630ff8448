// Hot path: bench/switch. A ring of slots; `#mask` is its size less one, so that positions wrap by a bit operation.
//
//      #head              #tail
//        ▼                  ▼
//   [ ][ a ][ b ][ c ][ d ][ ][ ][ ]     never quite full: #head === #tail means empty

/** An entry that runs once: a Handle, or a Task about to take a step. */
export interface Ready {
  /** @internal */
  run(): void
}

/** The entries that run in the next iteration, first in, first out. */
export class ReadyQueue {
  #slots: (Ready | undefined)[] = new Array(64).fill(undefined)
  #mask = 63
  #head = 0
  #tail = 0

  get length(): number {
    return (this.#tail - this.#head) & this.#mask
  }

  push(ready: Ready): void {
    const tail = this.#tail
    this.#slots[tail] = ready
    this.#tail = (tail + 1) & this.#mask
    if (this.#tail === this.#head) this.#grow()
  }

  /** Requires a queue that is not empty. */
  shift(): Ready {
    const head = this.#head
    const ready = this.#slots[head] as Ready
    this.#slots[head] = undefined // the slot would keep the entry alive until the ring wraps
    this.#head = (head + 1) & this.#mask
    return ready
  }

  clear(): void {
    while (this.length > 0) this.shift()
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

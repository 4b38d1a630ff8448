// Hot path: bench/switch. A ring of slots; `#mask` is its size less one, so that positions wrap by a bit operation.
//
//      #head            #head + #length
//        ▼                  ▼
//   [ ][ a ][ b ][ c ][ d ][ ][ ][ ]

/**
 * Something that is run once, when its turn comes: a Handle, or a Task about to take a step.
 */
export interface Ready {
  /** @internal */
  run(): void
  /** How it is shown among the callbacks of a Future. @internal */
  describe?(): string
}

/**
 * What runs next, first in, first out.
 */
export class ReadyQueue {
  #slots: (Ready | undefined)[] = new Array(64).fill(undefined)
  #mask = 63
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(ready: Ready): void {
    if (this.#length > this.#mask) this.#grow()
    this.#slots[(this.#head + this.#length) & this.#mask] = ready
    this.#length++
  }

  /** The caller has made sure that the queue is not empty. */
  shift(): Ready {
    const ready = this.#slots[this.#head] as Ready
    this.#slots[this.#head] = undefined // or what ran would be kept alive until the ring comes round
    this.#head = (this.#head + 1) & this.#mask
    this.#length--
    return ready
  }

  clear(): void {
    while (this.#length > 0) this.shift()
  }

  #grow(): void {
    const slots = this.#slots
    this.#slots = [
      ...slots.slice(this.#head),
      ...slots.slice(0, this.#head),
      ...new Array(slots.length).fill(undefined),
    ]
    this.#mask = this.#slots.length - 1
    this.#head = 0
  }
}

/**
 * The running calls, each in its slot. As calls come and go, a Map would allocate its table in the old generation again
 * and again, which may start a collection while the thread has a large buffer.
 */
export class Slots<T> {
  size = 0
  readonly #ids: number[] // 0: the slot is free
  readonly #items: (T | undefined)[]

  constructor(count: number) {
    this.#ids = new Array<number>(count).fill(0)
    this.#items = new Array<T | undefined>(count).fill(undefined)
  }

  get isFull(): boolean {
    return this.size === this.#ids.length
  }

  /** A free slot; -1 if there is none. */
  get free(): number {
    return this.#ids.indexOf(0)
  }

  put(slot: number, id: number, item: T): void {
    this.#ids[slot] = id
    this.#items[slot] = item
    this.size++
  }

  get(id: number): T | undefined {
    return this.#items[this.#ids.indexOf(id)]
  }

  /** No-op for an unknown id. */
  delete(id: number): void {
    const slot = this.#ids.indexOf(id)
    if (slot < 0) return
    this.#ids[slot] = 0
    this.#items[slot] = undefined
    this.size--
  }

  items(): T[] {
    return this.#items.filter((item) => item !== undefined)
  }

  clear(): void {
    this.#ids.fill(0)
    this.#items.fill(undefined)
    this.size = 0
  }
}

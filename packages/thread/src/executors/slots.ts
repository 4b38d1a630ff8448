/**
 * The running calls, each in the slot that its id has. As calls come and go, a Map would allocate its table in the old
 * generation again and again, which may start a collection while the thread has a large buffer.
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

  /** The next id after `last` whose slot is free. */
  freeId(last: number): number {
    let id = last
    do id = (id % LAST_ID) + 1
    while (this.#ids[id % this.#ids.length] !== 0)
    return id
  }

  put(id: number, item: T): void {
    const slot = id % this.#ids.length
    this.#ids[slot] = id
    this.#items[slot] = item
    this.size++
  }

  get(id: number): T | undefined {
    const slot = id % this.#ids.length
    return this.#ids[slot] === id ? this.#items[slot] : undefined
  }

  /** No-op for an unknown id. */
  delete(id: number): void {
    const slot = id % this.#ids.length
    if (this.#ids[slot] !== id) return
    this.#ids[slot] = 0
    this.#items[slot] = undefined
    this.size--
  }

  items(): T[] {
    return this.#items.filter((item) => item !== undefined)
  }
}

const LAST_ID = 2 ** 31 - 1 // ids are in shared memory, with either sign

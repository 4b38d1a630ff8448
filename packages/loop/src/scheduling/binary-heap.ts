/**
 * A binary heap: no entry comes after its children.
 *
 *              0
 *          1       2          below i: 2i + 1 and 2i + 2
 *        3   4   5   6
 */
export class BinaryHeap<T> {
  #entries: T[] = []
  readonly #compare: (a: T, b: T) => number

  /** @param compare never returns 0 for two entries. It may throw for a new entry, which then is not added */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get length(): number {
    return this.#entries.length
  }

  get first(): T | undefined {
    return this.#entries[0]
  }

  push(entry: T): void {
    const entries = this.#entries
    // The position is found before anything moves, because comparing may throw.
    let hole = entries.length
    while (hole > 0 && this.#compare(entry, entries[(hole - 1) >> 1] as T) < 0) hole = (hole - 1) >> 1
    for (let at = entries.length; at > hole; at = (at - 1) >> 1) entries[at] = entries[(at - 1) >> 1] as T
    entries[hole] = entry
  }

  /** Removes the first entry. Requires a heap that is not empty. */
  shift(): T {
    const entries = this.#entries
    const first = entries[0] as T
    const last = entries.pop() as T
    const { length } = entries
    let hole = 0
    for (let child = 1; child < length; child = 2 * hole + 1) {
      if (child + 1 < length && this.#compare(entries[child + 1] as T, entries[child] as T) < 0) child++
      const below = entries[child] as T
      if (this.#compare(last, below) < 0) break
      entries[hole] = below
      hole = child
    }
    if (length > 0) entries[hole] = last
    return first
  }

  /** Removes all other entries. */
  keep(isKept: (entry: T) => boolean): void {
    this.#entries = this.#entries.filter(isKept).sort(this.#compare) // a sorted list is a heap
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#entries.values()
  }
}

import { checkOptions, repr } from '@spindle/loop/internal'
import { Queue, type QueueItems } from './queue.ts'

/**
 * Compares two items: negative if `a` comes first, positive if `b` does, 0 if neither. As for `Array.prototype.sort`.
 */
export type Compare<T> = (a: T, b: T) => number

/** The options of a PriorityQueue. */
export interface PriorityQueueOptions<T> {
  /**
   * Decides which of two items comes first.
   * @default the smaller number or string; arrays of them are compared item by item
   */
  readonly compare?: Compare<T> | undefined
}

/**
 * A Queue that returns the smallest item first; equal items in the order they were put in. asyncio:
 * `asyncio.PriorityQueue`, which does not define the order of equal items.
 *
 * @example
 * ```ts
 * const jobs = new PriorityQueue<{ name: string; urgency: number }>(0, { compare: (a, b) => b.urgency - a.urgency })
 * jobs.putNowait({ name: 'tidy up', urgency: 1 })
 * jobs.putNowait({ name: 'put out the fire', urgency: 10 })
 * console.log(jobs.getNowait().name) // prints: put out the fire
 *
 * const pairs = new PriorityQueue<[number, string]>() // as in Python
 * for (const pair of [[10, 'b'], [9, 'c'], [10, 'a']] as const) pairs.putNowait([...pair])
 * console.log(pairs.getNowait(), pairs.getNowait()) // prints: [ 9, 'c' ] [ 10, 'a' ]
 * ```
 */
export class PriorityQueue<T> extends Queue<T> {
  /** @internal */
  static override readonly className: string = 'PriorityQueue'

  /**
   * @param maxSize the maximum number of items; without limit if left out, 0 or negative
   * @throws TypeError, here and from `put`, if the items cannot be compared
   */
  constructor(maxSize = 0, options: PriorityQueueOptions<T> = {}) {
    checkOptions('PriorityQueue', options, ['compare'])
    const { compare = compareValues } = options
    if (typeof compare !== 'function') throw new TypeError(`compare must be a function, got ${repr(compare)}`)
    super(maxSize, new HeapItems<T>(compare))
  }
}

interface Entry<T> {
  readonly item: T
  readonly order: number
}

// A binary heap: no entry comes after its children.
//
//              0
//          1       2          below i: 2i + 1 and 2i + 2
//        3   4   5   6
class HeapItems<T> implements QueueItems<T> {
  readonly #heap: Entry<T>[] = []
  readonly #compare: Compare<T>
  #puts = 0

  constructor(compare: Compare<T>) {
    this.#compare = compare
  }

  get length(): number {
    return this.#heap.length
  }

  put(item: T): void {
    const heap = this.#heap
    const entry = { item, order: this.#puts++ }
    // The position is found before anything moves, because comparing may throw.
    const path = [heap.length]
    for (let at = heap.length; at > 0; ) {
      at = (at - 1) >> 1
      if (!this.#comesFirst(entry, heap[at] as Entry<T>)) break
      path.push(at)
    }
    for (const [step, at] of path.entries())
      heap[at] = step + 1 < path.length ? (heap[path[step + 1] as number] as Entry<T>) : entry
  }

  get(): T {
    const heap = this.#heap
    const first = heap[0] as Entry<T>
    const last = heap.pop() as Entry<T>
    if (heap.length === 0) return first.item
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && this.#comesFirst(heap[below + 1] as Entry<T>, heap[below] as Entry<T>)) below++
      if (!this.#comesFirst(heap[below] as Entry<T>, last)) break
      heap[at] = heap[below] as Entry<T>
      at = below
    }
    heap[at] = last
    return first.item
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const { item } of this.#heap) yield item
  }

  #comesFirst(a: Entry<T>, b: Entry<T>): boolean {
    const order = this.#compare(a.item, b.item)
    return order < 0 || (order === 0 && a.order < b.order)
  }
}

/** The order of numbers, strings, and tuples in Python. `<` alone would compare arrays as text: [10] before [9]. */
function compareValues(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b)
  if (!areComparable(a, b)) {
    throw new TypeError(
      `'<' not supported between ${repr(a)} and ${repr(b)}. Tell the PriorityQueue how: new PriorityQueue(0, { compare })`,
    )
  }
  // They are ordered: the checks above have returned for all others.
  const [x, y] = [a as number, b as number]
  return x < y ? -1 : x > y ? 1 : 0
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    if (a[index] === b[index]) continue
    const order = compareValues(a[index], b[index])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function areComparable(a: unknown, b: unknown): boolean {
  return (isNumber(a) && isNumber(b)) || (typeof a === 'string' && typeof b === 'string')
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
}

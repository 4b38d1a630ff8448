import { BinaryHeap, checkOptions, repr } from '@spindle/loop/internal'
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

class HeapItems<T> implements QueueItems<T> {
  readonly #heap: BinaryHeap<Entry<T>>
  #puts = 0

  constructor(compare: Compare<T>) {
    this.#heap = new BinaryHeap((a, b) => compare(a.item, b.item) || a.order - b.order)
  }

  get length(): number {
    return this.#heap.length
  }

  put(item: T): void {
    this.#heap.push({ item, order: this.#puts++ })
  }

  get(): T {
    return this.#heap.shift().item
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const { item } of this.#heap) yield item
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

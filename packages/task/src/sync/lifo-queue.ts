import { Queue, type QueueItems } from './queue.ts'

/**
 * A Queue that returns the newest item first. asyncio: `asyncio.LifoQueue`.
 *
 * @example
 * ```ts
 * const stack = new LifoQueue<string>()
 * for (const plate of ['red', 'green', 'blue']) stack.putNowait(plate)
 * console.log(stack.getNowait(), stack.getNowait(), stack.getNowait()) // prints: blue green red
 * ```
 */
export class LifoQueue<T> extends Queue<T> {
  /** @internal */
  static override readonly className: string = 'LifoQueue'

  /** @param maxSize the maximum number of items; without limit if left out, 0 or negative */
  constructor(maxSize = 0) {
    super(maxSize, new LifoItems<T>())
  }
}

class LifoItems<T> implements QueueItems<T> {
  readonly #items: T[] = []

  get length(): number {
    return this.#items.length
  }

  put(item: T): void {
    this.#items.push(item)
  }

  get(): T {
    return this.#items.pop() as T // called only if there is an item
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items.values()
  }
}

import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator, sleep } from '@spindle/task'

/**
 * Ticks at equal distances, to be gone through by `forEach`: each is given as its number, the first, 1, comes after `interval` ms. They do not
 * drift: the time of each is counted from the beginning. If a block takes longer than to the next one, that comes late, and
 * those that would be over by then are left out; the number tells. An addition to asyncio.
 * @throws RangeError if the interval is not above 0
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const start = getRunningLoop().time()
 *   yield* forEach(ticks(10), function* (n) {
 *     if (n === 2) yield* sleep(25)
 *     console.log(n, Math.round((getRunningLoop().time() - start) / 10))
 *     return n < 5
 *   })
 * }
 * const loopFactory = () => newEventLoop({ clock: new VirtualClock() })
 * await run(main(), { loopFactory })
 * // prints: 1 1
 * // prints: 2 5
 * // prints: 4 5
 * // prints: 5 5
 * ```
 */
export function ticks(interval: number): CoroutineIterable<number> {
  if (typeof interval !== 'number')
    throw new TypeError(`interval must be a number of milliseconds, got ${repr(interval)}`)
  if (!(interval > 0)) throw new RangeError(`interval must be > 0, got ${interval}`)
  return { [coroutineIterator]: () => new Ticking(interval) }
}

class Ticking implements CoroutineIterator<number> {
  readonly #interval: number
  readonly #start = getRunningLoop().time()
  #last = 0

  constructor(interval: number) {
    this.#interval = interval
  }

  *next(): Coroutine<IteratorResult<number, never>> {
    const loop = getRunningLoop()
    const over = Math.floor((loop.time() - this.#start) / this.#interval)
    const next = Math.max(this.#last + 1, over)
    yield* sleep(this.#start + next * this.#interval - loop.time())
    this.#last = next
    return { done: false, value: next }
  }
}

import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { checkDelay } from '@spindle/loop/internal'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { sleep } from '../coroutines/sleep.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'

/**
 * Ticks at equal intervals, for `forEach`, or for `for await` in plain async code. Each item is the number of the tick.
 * The first, 1, comes after `interval` ms. Ticks do not drift, because the time of each counts from the beginning. If a
 * block takes longer than an interval, the next tick is late, and the ticks missed by then are skipped, which shows in
 * the number. An addition to asyncio.
 *
 * Also called: setInterval, polling, periodic timer.
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
export function ticks(interval: number): CoroutineIterable<number> & AsyncIterable<number> {
  checkDelay('interval', interval)
  if (!(interval > 0)) throw new RangeError(`interval must be > 0, got ${interval}`)
  return {
    [coroutineIterator]: () => new Ticking(interval),
    [Symbol.asyncIterator]: () => ticksForAwait(interval),
  }
}

class Ticking implements CoroutineIterator<number> {
  readonly #interval: number
  readonly #start: number
  #number = 0

  constructor(interval: number, start = getRunningLoop().time()) {
    this.#interval = interval
    this.#start = start
  }

  *next(): Coroutine<IteratorResult<number, never>> {
    const now = getRunningLoop().time()
    const past = Math.floor((now - this.#start) / this.#interval)
    this.#number = Math.max(this.#number + 1, past) // skips ticks that are in the past
    yield* sleep(this.#start + this.#number * this.#interval - now)
    return { done: false, value: this.#number }
  }
}

/** In plain async code the ticks run a separate loop, which keeps the time. */
async function* ticksForAwait(interval: number): AsyncGenerator<number, never, undefined> {
  const loop = newEventLoop()
  try {
    const ticking = new Ticking(interval, loop.time())
    for (;;) {
      await undefined // leaves the turn of another loop, in which this one could not run
      yield (await loop.runUntilComplete(ticking.next())).value
    }
  } finally {
    loop.close()
  }
}

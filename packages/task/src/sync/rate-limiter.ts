import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { inspectSymbol, repr } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { Lock } from './lock.ts'

/**
 * Lets so many pass in so much time: in no period of `per` ms do more than `limit` acquire it. Those that wait pass in
 * the order in which they came. It says how often something begins; how many run at once is for a Semaphore. An
 * addition to asyncio.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const limiter = new RateLimiter(2, 1000) // two in a second
 *   const start = getRunningLoop().time()
 *   for (let i = 0; i < 5; i++) {
 *     yield* limiter.acquire()
 *     console.log(Math.round(getRunningLoop().time() - start))
 *   }
 * }
 * await run(main())
 * // prints: 0
 * // prints: 0
 * // prints: 1000
 * // prints: 1000
 * // prints: 2000
 * ```
 */
export class RateLimiter {
  readonly #limit: number
  readonly #per: number
  // When the last ones passed, at most `limit` of them: a ring, in which #next is the oldest.
  readonly #times: number[] = []
  #next = 0
  // Held by the Task that waits for time to pass; the others wait for it, in order.
  readonly #turn = new Lock()

  /**
   * @param limit how many may pass
   * @param per in how many ms
   * @throws RangeError if `limit` is not a positive integer, or `per` not a positive number
   */
  constructor(limit: number, per: number) {
    if (!(Number.isInteger(limit) && limit >= 1)) {
      throw new RangeError(`limit must be an integer from 1 on, got ${repr(limit)}`)
    }
    if (!(per > 0 && per < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`per must be a positive number of milliseconds, got ${repr(per)}`)
    }
    this.#limit = limit
    this.#per = per
  }

  /**
   * Waits until one more may pass. There is nothing to release. Cancelled while waiting: it has not passed, and does
   * not count.
   */
  acquire(): Coroutine<void> {
    return passing(this)
  }

  /** @internal */
  *pass(): Coroutine<void> {
    yield* this.#turn.acquire()
    try {
      const oldest = this.#times.length < this.#limit ? undefined : this.#times[this.#next]
      const loop = getRunningLoop()
      if (oldest !== undefined && oldest + this.#per > loop.time()) yield* sleep(oldest + this.#per - loop.time())
      this.#times[this.#next] = loop.time()
      this.#next = (this.#next + 1) % this.#limit
    } finally {
      this.#turn.release()
    }
  }

  toString(): string {
    return `<RateLimiter ${this.#limit} per ${this.#per} ms>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

const passing = coroutine(function* acquire(limiter: RateLimiter): Coroutine<void> {
  yield* limiter.pass()
})

import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { inspectSymbol, repr } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { Lock } from './lock.ts'

/**
 * Limits how often something begins: in no period of `per` ms do more than `limit` Tasks acquire it. Waiters are served
 * in order of arrival. To limit how many run at once, use a Semaphore. An addition to asyncio.
 *
 * Also called: throttle, requests per second.
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
  // The times of the last acquisitions, at most `limit`: a ring, with the oldest at #next.
  readonly #times: number[] = []
  #next = 0
  // Held by the Task that waits for time to pass; the others wait for it, in order.
  readonly #line = new Lock()

  /**
   * @param limit how many Tasks may acquire it in each period
   * @param per the period, in ms
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

  /** Waits until one more Task may begin. There is nothing to release. A wait that is cancelled does not count. */
  acquire(): Coroutine<void> {
    return entering(this)
  }

  /** @internal */
  *enter(): Coroutine<void> {
    yield* this.#line.acquire()
    try {
      const oldest = this.#times.length < this.#limit ? undefined : this.#times[this.#next]
      const loop = getRunningLoop()
      if (oldest !== undefined && oldest + this.#per > loop.time()) yield* sleep(oldest + this.#per - loop.time())
      this.#times[this.#next] = loop.time()
      this.#next = (this.#next + 1) % this.#limit
    } finally {
      this.#line.release()
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

const entering = coroutine(function* acquire(limiter: RateLimiter): Coroutine<void> {
  yield* limiter.enter()
})

import type { Clock } from './clock.ts'

/**
 * A clock that stands still until the loop has nothing left to do, and then jumps to the next deadline: an hour of
 * `sleep` takes no time, and a program runs the same way each time. asyncio has no counterpart.
 *
 * @example
 * ```ts
 * const loop = newEventLoop({ clock: new VirtualClock() })
 * loop.runUntilCompleteSync(sleep(3_600_000))
 * console.log(loop.time()) // prints: 3600000
 * ```
 */
export class VirtualClock implements Clock {
  #now: number

  /** @param start the time at first, in ms */
  constructor(start = 0) {
    this.#now = start
  }

  time(): number {
    return this.#now
  }

  advanceTo(when: number): void {
    if (!(when >= this.#now)) throw new RangeError(`a clock goes forward only: it shows ${this.#now}, got ${when}`)
    this.#now = when
  }
}

import type { Coroutine } from '@spindle/loop'
import type { Suspension } from '@spindle/loop/internal'
import { LoopBound } from './loop-bound.ts'
import { Operation } from './operation.ts'
import { Waiters } from './waiters.ts'

/**
 * A flag that Tasks can wait for: `set()` wakes all of them. asyncio: `asyncio.Event`. (Threads have an Event of their own, in
 * `spindle/thread`.)
 *
 * @example
 * ```ts
 * const ready = new Event()
 * function* runner(name: string): Coroutine<void> {
 *   yield* ready.wait()
 *   console.log(name, 'runs')
 * }
 * function* main(): Coroutine<void> {
 *   const runners = gather([runner('Ann'), runner('Bob')])
 *   yield* sleep(10)
 *   ready.set()
 *   yield* runners
 * }
 * await run(main())
 * // prints: Ann runs
 * // prints: Bob runs
 * ```
 */
export class Event extends LoopBound {
  #isSet: boolean
  readonly #waiters: Waiters

  constructor() {
    super()
    this.#isSet = false
    this.#waiters = new Waiters(this, 'wait')
  }

  /** Whether the flag is set. */
  isSet(): boolean {
    return this.#isSet
  }

  /** Sets the flag and wakes all who wait for it. Until it is cleared, nobody waits any more. */
  set(): void {
    if (this.#isSet) return
    this.#isSet = true
    this.#waiters.pickAll()
  }

  /** Takes the flag back: whoever comes now waits. Who was woken already goes on all the same. */
  clear(): void {
    this.#isSet = false
  }

  /**
   * Waits until the flag is set; goes on at once if it is. Gives true. asyncio: `event.wait`.
   * @throws RuntimeError if Tasks of another loop have waited for it
   */
  wait(): Coroutine<true> {
    return new Wait(this, this.#waiters).asCoroutine()
  }

  override toString(): string {
    const waiters = this.#waiters.length > 0 ? `, waiters:${this.#waiters.length}` : ''
    return `<${this.constructor.name} [${this.#isSet ? 'set' : 'unset'}${waiters}]>`
  }
}

const WAS_SET: IteratorResult<Suspension, true> = { done: true, value: true }

class Wait extends Operation<true> {
  readonly #event: Event

  constructor(event: Event, waiters: Waiters) {
    super(waiters)
    this.#event = event
  }

  protected override mustWait(): boolean {
    return !this.#event.isSet()
  }

  protected override finish(): IteratorResult<Suspension, true> {
    return WAS_SET
  }

  protected override giveUp(): void {} // all were woken; there is no turn to pass on
}

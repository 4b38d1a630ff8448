import type { Coroutine } from '@spindle/loop'
import { className } from '@spindle/loop/internal'
import { LoopBound } from './loop-bound.ts'
import { Immediate, Operation } from './operation.ts'
import { Waiters } from './waiters.ts'

/**
 * A flag that Tasks can wait for: `set()` wakes all of them. asyncio: `asyncio.Event`. (Threads have a separate Event,
 * in `spindle/thread`.)
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
  /** @internal */
  static readonly className: string = 'Event'

  #isSet: boolean
  readonly #waiters: Waiters<Event>
  readonly #wait: WaitForEvent

  constructor() {
    super()
    this.#isSet = false
    this.#waiters = new Waiters(this, 'wait')
    this.#wait = new WaitForEvent(this.#waiters)
  }

  /** Whether the flag is set. */
  isSet(): boolean {
    return this.#isSet
  }

  /** Sets the flag and wakes all waiters. Until it is cleared, `wait` returns at once. */
  set(): void {
    if (this.#isSet) return
    this.#isSet = true
    this.#waiters.wakeAll()
  }

  /** Clears the flag: later calls of `wait` wait. Tasks that were already woken continue even so. */
  clear(): void {
    this.#isSet = false
  }

  /**
   * Waits until the flag is set, and returns true; at once if it is set. asyncio: `event.wait`.
   * @throws RuntimeError if Tasks of another loop have waited for it
   */
  wait(): Coroutine<true> {
    return this.#wait.asCoroutine()
  }

  override toString(): string {
    return `<${className(this)} [${this.#isSet ? 'set' : 'unset'}${this.#waiters.describe()}]>`
  }
}

const IS_SET = new Immediate<true>(true)

class WaitForEvent extends Operation<true, Event> {
  override mustWait(): boolean {
    return !this.owner.isSet()
  }

  override finish(): Immediate<true> {
    return IS_SET
  }
}

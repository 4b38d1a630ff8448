// Hot path: bench/switch, bench/timers. A sleep(0) makes no object at all. A real sleep makes two: what is awaited, which is its own
// iterator and what it yields, and a Future that is its own timer.

import { type Coroutine, type EventLoop, Future, getRunningLoop, RuntimeError } from '@spindle/loop'
import { RESUMED, repr, Suspension, type Timer, TURN } from '@spindle/loop/internal'

/**
 * Waits for `delay` ms and gives `result`. Never wakes early. With 0 or less it lets all that is ready run once, and goes on
 * in the next turn of the loop. The time counts from when it is awaited. Cancelled while waiting: the timer is dropped.
 * asyncio: `asyncio.sleep`, which takes seconds.
 * @throws RangeError if the delay is NaN; TypeError if it is no number
 *
 * @example
 * ```ts
 * function* main(): Coroutine<string> {
 *   yield* sleep(20)
 *   return yield* sleep(10, 'slept well')
 * }
 * console.log(await run(main())) // prints: slept well
 * ```
 */
export function sleep(delay: number): Coroutine<void>
/** Waits for `delay` ms and gives `result`; in all else like `sleep(delay)`. */
export function sleep<T>(delay: number, result: T): Coroutine<T>
// Two signatures: the type of a result that is left out would follow from what is expected, and in a list for gather() that is unknown.
export function sleep<T>(delay: number, result?: T): Coroutine<T> {
  if (typeof delay !== 'number') throw new TypeError(`delay must be a number of milliseconds, got ${repr(delay)}`)
  if (Number.isNaN(delay)) throw new RangeError('Invalid delay: NaN (not a number)')
  const awaitable = delay <= 0 && result === undefined ? TURN : new Sleep(delay, result as T)
  // The cast: it is a coroutine for all who await it or make a Task of it, though no generator.
  return awaitable as unknown as Coroutine<T>
}

export class Sleep<T> extends Suspension<T> {
  /** @internal */
  readonly delay: number
  /** @internal */
  readonly result: T
  #started: boolean

  constructor(delay: number, result: T) {
    super(undefined)
    this.delay = delay
    this.result = result
    this.#started = false
  }

  [Symbol.iterator](): this {
    if (this.#started) throw new RuntimeError('cannot reuse already awaited coroutine')
    this.#started = true
    if (this.delay > 0) this.future = new SleepFuture(this, getRunningLoop())
    return this
  }

  override next(resumed?: unknown): IteratorResult<Suspension, T> {
    if (this.future !== undefined) return super.next(resumed)
    return resumed === RESUMED ? { done: true, value: this.result } : this.ask() // a sleep(0) with a result
  }

  override toString(): string {
    return `<coroutine sleep(${this.delay})>`
  }
}

class SleepFuture<T> extends Future<T> implements Timer {
  readonly #sleep: Sleep<T>

  constructor(sleep: Sleep<T>, loop: EventLoop) {
    super(loop.ownOptions)
    this.#sleep = sleep
    loop.scheduleAt(loop.time() + sleep.delay, this)
  }

  override get reprName(): string {
    return 'Future'
  }

  override get label(): string {
    return `sleep(${this.#sleep.delay})`
  }

  /** The time has come. */
  run(): void {
    if (!this.done()) this.setResult(this.#sleep.result)
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    if (cancelled) this.getLoop().noteTimerCancelled()
    return cancelled
  }
}

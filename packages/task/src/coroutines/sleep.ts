// Hot path: bench/switch, bench/timers. A sleep(0) makes no object at all. A real sleep makes two: what is awaited,
// which is gone when the Task waits, and a Future that is its own timer and its own iterator. That is 64 bytes for one
// who sleeps.

import {
  type Awaitable,
  type Coroutine,
  type EventLoop,
  Future,
  getRunningLoop,
  RuntimeError,
  type Suspension as Suspended,
} from '@spindle/loop'
import {
  checkDelay,
  inspectSymbol,
  notAPromiseError,
  RESUMED,
  Suspension,
  type Timer,
  TURN,
} from '@spindle/loop/internal'
import { close, letGo, suspend } from './single-waiter-future.ts'
import { unawaited } from './unawaited.ts'

/**
 * Waits for `delay` ms and gives `result`. Never wakes early. With 0 or less it lets all that is ready run once, and
 * goes on in the next turn of the loop. The time counts from when it is awaited. Cancelled while waiting: the timer is
 * dropped. asyncio: `asyncio.sleep`, which takes seconds.
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
// Two signatures: the type of a result that is left out would follow from what is expected, and in a list for gather()
// that is unknown.
export function sleep<T>(delay: number, result?: T): Coroutine<T> {
  // A function of its own for what is called most: with the rest in it, the engine no longer compiles it into its
  // caller.
  if (typeof delay === 'number' && delay <= 0 && result === undefined && !unawaited.isPossible) return TURN as never
  return sleepSlow(delay, result as T)
}

function sleepSlow<T>(delay: number, result: T): Coroutine<T> {
  checkDelay('delay', delay)
  const isWatched = unawaited.isOn
  const awaitable = new Sleep(delay, result)
  if (isWatched) unawaited.watch(awaitable, `sleep(${delay})`, `createTask(sleep(${delay}))`)
  // The cast: it is a coroutine for all who await it or make a Task of it, though no generator.
  return awaitable as unknown as Coroutine<T>
}

export class Sleep<T> implements Awaitable<T> {
  readonly #delay: number
  readonly #result: T
  #started: boolean

  constructor(delay: number, result: T) {
    this.#delay = delay
    this.#result = result
    this.#started = false
  }

  [Symbol.iterator](): Iterator<Suspended, T, unknown> {
    if (this.#started) throw new RuntimeError('cannot reuse already awaited coroutine')
    this.#started = true
    if (unawaited.isOn) unawaited.dismiss(this)
    if (this.#delay <= 0) return new TurnWithResult(this.#result)
    return new SleepFuture(this.#delay, this.#result, getRunningLoop())
  }

  // biome-ignore lint/suspicious/noThenProperty: for those who await it as a promise
  then(_onFulfilled: unknown, onRejected: (reason: TypeError) => void): void {
    onRejected(notAPromiseError(this))
  }

  toString(): string {
    return `<coroutine sleep(${this.#delay})>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

class TurnWithResult<T> extends Suspension<T> {
  readonly #result: T

  constructor(result: T) {
    super(undefined)
    this.#result = result
  }

  override next(resumed?: unknown): IteratorResult<Suspended, T> {
    return resumed === RESUMED ? { done: true, value: this.#result } : this.ask()
  }
}

class SleepFuture<T> extends Future<T> implements Timer, Iterator<Suspended, T, unknown> {
  declare private readonly delay: number

  constructor(delay: number, result: T, loop: EventLoop) {
    super(loop.ownOptions)
    this.delay = delay
    this.outcome = result // it lies ready there: a field of its own would be 8 bytes for each who sleeps
    loop.scheduleAt(loop.time() + delay, this)
  }

  next(resumed?: unknown): IteratorResult<Suspended, T> {
    if (!this.done()) {
      if (resumed === RESUMED) throw new RuntimeError(`coroutine is being awaited already: it waits for ${this}`)
      return suspend(this)
    }
    letGo(this)
    return { done: true, value: this.result() }
  }

  throw(error: unknown): never {
    throw error
  }

  return(value: T): IteratorResult<Suspended, T> {
    return close(this, value)
  }

  override get reprName(): string {
    return 'Future'
  }

  override get label(): string {
    return `sleep(${this.delay})`
  }

  /** The time has come. */
  run(): void {
    if (!this.done()) this.setResult(this.outcome as T)
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    if (cancelled) this.getLoop().noteTimerCancelled()
    return cancelled
  }
}

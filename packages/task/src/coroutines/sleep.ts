// Hot path: bench/switch, bench/timers. A sleep(0) makes no object at all. A real sleep makes two: the awaitable, which
// is dropped when the Task waits, and a Future that is its own timer and its own iterator. That is 64 bytes for each
// sleeping Task.

import {
  type Coroutine,
  type EventLoop,
  getRunningLoop,
  RuntimeError,
  type Suspension as Suspended,
} from '@spindle/loop'
import {
  alreadyAwaited,
  ambient,
  CoroutineObject,
  checkDelay,
  NEXT_ITERATION,
  RESUMED,
  type Timer,
} from '@spindle/loop/internal'
import { SingleWaiterFuture } from './single-waiter-future.ts'

/**
 * Waits for `delay` ms and returns `result`. It never returns early. With 0 or less, everything ready runs once, and
 * the caller continues in the next turn of the loop. The time counts from the moment it is awaited. If the caller is
 * cancelled while waiting, the timer is dropped. asyncio: `asyncio.sleep`, which takes seconds.
 *
 * Also called: delay, wait.
 * @param delay in ms; 0 gives others a turn
 * @throws RangeError if the delay is NaN, or a date such as `Date.now() + 20`; TypeError if it is not a number
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
/**
 * Waits for `delay` ms and returns `result`; otherwise like `sleep(delay)`.
 */
export function sleep<T>(delay: number, result: T): Coroutine<T>
// Two signatures: the type of an omitted result would be inferred from the expected type, which is unknown in a list
// for gather().
export function sleep<T>(delay: number, result?: T): Coroutine<T> {
  // The rest is a separate function, so that the engine inlines this one.
  if (typeof delay === 'number' && delay <= 0 && result === undefined && ambient.runningLoop?.probe === undefined)
    return NEXT_ITERATION as never
  return sleepSlow(delay, result as T)
}

function sleepSlow<T>(delay: number, result: T): Coroutine<T> {
  checkDelay('delay', delay)
  if (delay <= 0 && result === undefined && ambient.runningLoop?.objectProbe === undefined)
    return NEXT_ITERATION as never
  const awaitable = new Sleep(delay, result)
  ambient.runningLoop?.objectProbe?.awaitableMade?.(awaitable, `sleep(${delay})`, `createTask(sleep(${delay}))`)
  return awaitable.asCoroutine()
}

class Sleep<T> extends CoroutineObject<T> {
  readonly #delay: number
  readonly #result: T
  #started: boolean

  constructor(delay: number, result: T) {
    super()
    this.#delay = delay
    this.#result = result
    this.#started = false
  }

  [Symbol.iterator](): Iterator<Suspended, T, unknown> {
    if (this.#started) throw new RuntimeError('cannot reuse already awaited coroutine')
    this.#started = true
    ambient.runningLoop?.objectProbe?.awaitableStarted?.(this)
    if (this.#delay <= 0) return nextIteration(this.#result)
    return new SleepFuture(this.#delay, this.#result, getRunningLoop())
  }

  get name(): string {
    return 'sleep'
  }

  override toString(): string {
    return `<coroutine sleep(${this.#delay})>`
  }
}

function* nextIteration<T>(result: T): Coroutine<T> {
  yield* NEXT_ITERATION
  return result
}

class SleepFuture<T> extends SingleWaiterFuture<T> implements Timer {
  private readonly delay: number

  constructor(delay: number, result: T, loop: EventLoop) {
    super(loop.ownOptions)
    this.delay = delay
    this.outcome = result // stored there until it is due: a separate field would take 8 bytes for each sleeping Task
    loop.scheduleAt(loop.time() + delay, this)
  }

  next(resumed?: unknown): IteratorResult<Suspended, T> {
    if (!this.done()) {
      if (resumed === RESUMED) return alreadyAwaited(this)
      return this.suspend()
    }
    this.resumed()
    return { done: true, value: this.result() }
  }

  override get label(): string {
    return `sleep(${this.delay})`
  }

  run(): void {
    if (!this.done()) this.setResult(this.outcome as T)
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    if (cancelled) this.getLoop().noteTimerCancelled()
    return cancelled
  }
}

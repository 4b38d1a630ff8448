import type { Coroutine } from '@spindle/loop'
import { ambient, className, repr } from '@spindle/loop/internal'
import { Acquire } from './acquire.ts'
import { LoopBound } from './loop-bound.ts'
import { emitReleased, emitResource } from './resource-events.ts'
import { Waiters } from './waiters.ts'

/**
 * Limits how many Tasks are in a part of the program at a time. It counts permits: `acquire` takes one, waiting while
 * there are none; `release` returns one. Waiters are served in order of arrival. asyncio: `asyncio.Semaphore`.
 *
 * Also called: concurrency limit, limit of concurrent requests.
 *
 * @example
 * ```ts
 * const connections = new Semaphore(2)
 * let open = 0
 * let most = 0
 * function* fetchPage(): Coroutine<void> {
 *   using _ = yield* connections.acquire()
 *   most = Math.max(most, ++open)
 *   yield* sleep(10)
 *   open--
 * }
 * function* main(): Coroutine<void> {
 *   yield* gather([fetchPage(), fetchPage(), fetchPage(), fetchPage()])
 *   console.log('at most', most, 'at a time') // prints: at most 2 at a time
 * }
 * await run(main())
 * ```
 */
export class Semaphore extends LoopBound {
  /** @internal */
  static readonly className: string = 'Semaphore'

  // Free permits. A picked waiter has its permit already.
  #value: number
  readonly #waiters: Waiters<Semaphore>
  readonly #acquire: Acquire

  /**
   * @param value the initial number of permits; 1 if left out
   * @throws RangeError if it is negative or not an integer
   */
  constructor(value = 1) {
    if (typeof value !== 'number') throw new TypeError(`Semaphore initial value must be a number, got ${repr(value)}`)
    if (value < 0) throw new RangeError('Semaphore initial value must be >= 0')
    if (!Number.isInteger(value)) throw new RangeError(`Semaphore initial value must be an integer, got ${value}`)
    super()
    this.#value = value
    this.#waiters = new Waiters(this, 'acquire')
    this.#acquire = new Acquire(this.#waiters)
  }

  /** Whether a newcomer has to wait. */
  locked(): boolean {
    // Fair: also while there are permits that earlier waiters have not taken yet.
    return this.#value === 0 || this.#waiters.hasLive
  }

  /**
   * Waits for a permit, takes it, and returns a guard that releases it at the end of the block: `using _ = yield*
   * semaphore.acquire()`. Without `using`, call `release()` in a `finally`. If the caller is cancelled while waiting,
   * it loses its place, and a permit that it was about to receive goes to the next waiter. asyncio: `async with
   * semaphore`.
   * @throws RuntimeError if Tasks of another loop have waited for it
   */
  acquire(): Coroutine<Disposable> {
    return this.#acquire.asCoroutine()
  }

  /** Returns a permit, or adds one. The first waiter receives it. asyncio: `semaphore.release`. */
  release(): void {
    this.#value++
    if (ambient.runningLoop?.probe !== undefined) emitReleased(this, this.#value, this.#waiters)
    this.#wakeNext()
  }

  override toString(): string {
    const state = this.locked() ? 'locked' : `unlocked, value:${this.#value}`
    return `<${className(this)} [${state}${this.#waiters.describe()}]>`
  }

  /** @internal */
  protected get value(): number {
    return this.#value
  }

  /** @internal */
  get mustWait(): boolean {
    return this.locked()
  }

  /** @internal */
  acquired(picked: boolean): void {
    if (!picked) this.#value--
    if (ambient.runningLoop?.probe !== undefined) emitResource(this, 'acquired', this.#value)
    if (picked) this.#wakeAll()
  }

  /** @internal */
  giveUp(picked: boolean): void {
    if (picked) this.#value++
    this.#wakeAll()
  }

  /** Called at the end of a wait: newcomers had to wait behind it, even if there were permits. */
  #wakeAll(): void {
    while (this.#value > 0 && this.#wakeNext());
  }

  #wakeNext(): boolean {
    const picked = this.#waiters.wakeNext()
    if (picked) this.#value--
    return picked
  }
}

/**
 * A Semaphore that never has more permits than at first: an extra `release` throws. asyncio:
 * `asyncio.BoundedSemaphore`.
 *
 * @example
 * ```ts
 * const seats = new BoundedSemaphore(1)
 * function* main(): Coroutine<void> {
 *   yield* seats.acquire()
 *   seats.release()
 *   seats.release()
 * }
 * await run(main()).catch((error) => console.log(error.message)) // prints: BoundedSemaphore released too many times
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  static override readonly className: string = 'BoundedSemaphore'

  readonly #bound: number

  /**
   * @param value the number of permits; 1 if left out
   * @throws RangeError if it is negative or not an integer
   */
  constructor(value = 1) {
    super(value)
    this.#bound = value
  }

  /** Releases a permit. @throws RangeError if all permits are free */
  override release(): void {
    if (this.value >= this.#bound) throw new RangeError('BoundedSemaphore released too many times')
    super.release()
  }
}

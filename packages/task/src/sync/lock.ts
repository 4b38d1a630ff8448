import { type Coroutine, RuntimeError } from '@spindle/loop'
import { ambient, className } from '@spindle/loop/internal'
import { Acquire } from './acquire.ts'
import { LoopBound } from './loop-bound.ts'
import { emitReleased, emitResource } from './resource-events.ts'
import { Waiters } from './waiters.ts'

/**
 * Lets one Task at a time into a part of the program. Waiters are served in order of arrival. It is needed only if a
 * Task waits inside of that part: between two `yield*` no other Task runs anyway. asyncio: `asyncio.Lock`.
 *
 * Also called: mutex, critical section. With a time limit for `acquire`: `timeout`.
 *
 * @example
 * ```ts
 * const lock = new Lock()
 * function* transfer(name: string): Coroutine<void> {
 *   using _ = yield* lock.acquire()
 *   console.log(name, 'is in')
 *   yield* sleep(10) // nobody else is in here
 *   console.log(name, 'is out')
 * }
 * function* main(): Coroutine<void> {
 *   yield* gather([transfer('Ann'), transfer('Bob')])
 * }
 * await run(main())
 * // prints: Ann is in
 * // prints: Ann is out
 * // prints: Bob is in
 * // prints: Bob is out
 * ```
 */
export class Lock extends LoopBound {
  /** @internal */
  static readonly className: string = 'Lock'

  #locked: boolean
  readonly #waiters: Waiters<Lock>
  readonly #acquire: Acquire

  constructor() {
    super()
    this.#locked = false
    this.#waiters = new Waiters(this, 'acquire')
    this.#acquire = new Acquire(this.#waiters)
  }

  /** Whether the lock is held. */
  locked(): boolean {
    return this.#locked
  }

  /**
   * Waits for the lock, takes it, and returns a guard that releases it at the end of the block:
   * `using _ = yield* lock.acquire()`. Without `using`, call `release()` in a `finally`. If the caller is cancelled
   * while waiting, it loses its place. asyncio: `async with lock`, `await lock.acquire()`.
   * @throws RuntimeError if Tasks of another loop have waited for it
   */
  acquire(): Coroutine<Disposable> {
    return this.#acquire.asCoroutine()
  }

  /**
   * Releases the lock, whichever Task holds it. The first waiter acquires it. asyncio: `lock.release`.
   * @throws RuntimeError if it is not held
   */
  release(): void {
    if (!this.#locked) throw new RuntimeError('Lock is not acquired.')
    this.#locked = false
    if (ambient.runningLoop?.probe !== undefined) emitReleased(this, 1, this.#waiters)
    this.#waiters.wakeHead()
  }

  override toString(): string {
    return `<${className(this)} [${this.#locked ? 'locked' : 'unlocked'}${this.#waiters.describe()}]>`
  }

  // Fair: a newcomer queues behind the waiters even while the lock is free on its way to the next of them.
  /** @internal */
  get mustWait(): boolean {
    return this.#locked || this.#waiters.hasLive
  }

  /** @internal */
  acquired(): void {
    this.#locked = true
    if (ambient.runningLoop?.probe !== undefined) emitResource(this, 'acquired', 0)
  }

  /** @internal */
  giveUp(): void {
    if (!this.#locked) this.#waiters.wakeHead()
  }
}

import { type Coroutine, RuntimeError } from '@spindle/loop'
import { ambient, className, disposable } from '@spindle/loop/internal'
import { LoopBound } from './loop-bound.ts'
import { Immediate, Operation } from './operation.ts'
import { emitReleased, emitResource } from './resource-events.ts'
import { Waiters } from './waiters.ts'

/**
 * Lets one Task at a time into a part of the program. Waiters are served in order of arrival. It is needed only if a
 * Task
 * waits inside of that part: between two `yield*` no other Task runs anyway. asyncio: `asyncio.Lock`.
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
  static get className(): string {
    return 'Lock'
  }

  #locked: boolean
  readonly #waiters: Waiters
  readonly #acquire: Acquire

  constructor() {
    super()
    this.#locked = false
    this.#waiters = new Waiters(this, 'acquire')
    this.#acquire = new Acquire(this, this.#waiters)
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
    if (ambient.probedLoops > 0) emitReleased(this, 1, this.#waiters)
    this.#waiters.wakeHead()
  }

  override toString(): string {
    const waiters = this.#waiters.length > 0 ? `, waiters:${this.#waiters.length}` : ''
    return `<${className(this)} [${this.#locked ? 'locked' : 'unlocked'}${waiters}]>`
  }

  // Fair: a newcomer queues behind the waiters even while the lock is free on its way to the next of them.
  /** @internal */
  get isTaken(): boolean {
    return this.#locked || this.#waiters.hasLive
  }

  /** @internal */
  take(): void {
    this.#locked = true
    if (ambient.probedLoops > 0) emitResource(this, 'acquired', 0)
  }

  /** Called when a waiter was cancelled, possibly just after release() picked it. @internal */
  wakeNextWaiter(): void {
    if (!this.#locked) this.#waiters.wakeHead()
  }
}

class Acquire extends Operation<Disposable> {
  readonly #lock: Lock
  // One guard for all: disposing of it releases the lock, whichever Task holds it.
  readonly #acquired: Immediate<Disposable>

  constructor(lock: Lock, waiters: Waiters) {
    super(waiters)
    this.#lock = lock
    this.#acquired = new Immediate(disposable(() => lock.release()))
  }

  override mustWait(): boolean {
    return this.#lock.isTaken
  }

  override finish(): Immediate<Disposable> {
    this.#lock.take()
    return this.#acquired
  }

  override abandon(): void {
    this.#lock.wakeNextWaiter()
  }
}

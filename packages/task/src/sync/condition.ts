import { CancelledError, type Coroutine, RuntimeError } from '@spindle/loop'
import { className, repr } from '@spindle/loop/internal'
import { isCoroutine } from '../coroutines/is-coroutine.ts'
import { Lock } from './lock.ts'
import { LoopBound } from './loop-bound.ts'
import { type Immediate, NOTHING, Operation } from './operation.ts'
import { Waiter, Waiters } from './waiters.ts'

/**
 * Lets Tasks wait until others have changed shared state. A Task holds the lock while it reads or changes the state;
 * `wait` releases it during the wait. asyncio: `asyncio.Condition`.
 *
 * @example
 * ```ts
 * const changed = new Condition()
 * let account = 0
 * function* buyer(): Coroutine<void> {
 *   using _ = yield* changed.acquire()
 *   yield* changed.waitFor(() => account >= 50)
 *   account -= 50
 *   console.log('bought,', account, 'left')
 * }
 * function* main(): Coroutine<void> {
 *   const buying = createTask(buyer())
 *   for (const paid of [30, 30]) {
 *     yield* sleep(10)
 *     using _ = yield* changed.acquire()
 *     account += paid
 *     changed.notify()
 *   }
 *   yield* buying
 * }
 * await run(main()) // prints: bought, 10 left
 * ```
 */
export class Condition extends LoopBound {
  /** @internal */
  static readonly className: string = 'Condition'

  readonly #lock: Lock
  readonly #waiters: Waiters
  readonly #notification: Notification

  /** @param lock the lock to use, which other Conditions may share; a new one if left out */
  constructor(lock?: Lock)
  /** @param owner the object that its waiters show @internal */
  constructor(lock?: Lock, owner?: LoopBound)
  constructor(lock: Lock = new Lock(), owner?: LoopBound) {
    super()
    if (!(lock instanceof Lock)) throw new TypeError(`a Lock was expected, got ${repr(lock)}`)
    this.#lock = lock
    this.#waiters = new Waiters(owner ?? this, 'wait')
    this.#notification = new Notification(this.#waiters)
  }

  /** Whether the lock is held. */
  locked(): boolean {
    return this.#lock.locked()
  }

  /** Waits for the lock, takes it, and returns a guard that releases it at the end of the block. See `Lock.acquire`. */
  acquire(): Coroutine<Disposable> {
    return this.#lock.acquire()
  }

  /** Releases the lock. @throws RuntimeError if it is not held */
  release(): void {
    this.#lock.release()
  }

  /**
   * Releases the lock, waits until `notify` picks this Task, takes the lock again, and returns true. By then the state
   * may have changed again: check it, or use `waitFor`. If the caller is cancelled while waiting, the lock is taken
   * again before the CancelledError is thrown, so that a `finally` may release it. asyncio: `condition.wait`.
   * @throws RuntimeError if the lock is not held, or if Tasks of another loop have waited here
   */
  *wait(): Coroutine<true> {
    if (!this.locked()) throw new RuntimeError('cannot wait on un-acquired lock')
    const waiter = new Waiter(this.#notification)
    this.release()
    try {
      try {
        yield* waiter
      } finally {
        yield* this.#acquireAgain()
      }
      return true
    } catch (error) {
      // We may have been picked, and will not check the state. Another waiter must, even if in vain.
      this.#waiters.wakeNext()
      throw error
    }
  }

  /**
   * Waits, again and again, until `predicate`, a plain function, returns a truthy value, and returns that value.
   * asyncio:
   * `condition.wait_for`.
   */
  *waitFor<T>(predicate: () => T): Coroutine<T> {
    let result = predicate()
    if (isCoroutine(result) || result instanceof Promise) {
      throw new TypeError(
        `the predicate of waitFor() returned ${repr(result)}, which is always truthy. Write a plain function`,
      )
    }
    while (!result) {
      yield* this.wait()
      result = predicate()
    }
    return result
  }

  /**
   * Wakes one waiter, or up to `count` of them. Each continues once it holds the lock, which this does not release.
   * asyncio: `condition.notify`.
   * @throws RuntimeError if the lock is not held
   */
  notify(count = 1): void {
    if (!this.locked()) throw new RuntimeError('cannot notify on un-acquired lock')
    this.#waiters.wakeUpTo(count)
  }

  /** Wakes all waiters. @throws RuntimeError if the lock is not held */
  notifyAll(): void {
    this.notify(this.#waiters.length)
  }

  override toString(): string {
    return `<${className(this)} [${this.locked() ? 'locked' : 'unlocked'}${this.#waiters.describe()}]>`
  }

  /** Takes the lock even if the Task is cancelled while it waits, and throws the cancellation only afterwards. */
  *#acquireAgain(): Coroutine<void> {
    let cancelled: { readonly error: CancelledError } | undefined
    for (;;) {
      try {
        yield* this.#lock.acquire()
        break
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        cancelled = { error }
      }
    }
    if (cancelled !== undefined) throw cancelled.error
  }
}

/** Waits for a notification. `wait` itself passes a notification on, because it may be cancelled later than this. */
class Notification extends Operation<void> {
  override mustWait(): boolean {
    return true
  }

  override finish(): Immediate<void> {
    return NOTHING
  }
}

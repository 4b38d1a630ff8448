// Hot path: bench/lock, bench/queue-1. What `yield* lock.acquire()` awaits. In asyncio it is an `async def`; as an object whose
// parts have names it costs half of what a generator does.
//
//   yield*      enter() ── nothing to wait for ─────────────────────────────▶ finish()   its result
//                 └─ a Waiter ─▶ the Task waits ─▶ picked ── goOn() ─────────▶ finish()
//                                     └─ cancelled, or an exception thrown in ─▶ giveUp()   and the exception

import { type Coroutine, RuntimeError } from '@spindle/loop'
import { RESUMED, Suspension } from '@spindle/loop/internal'
import type { Waiter, Waiters } from './waiters.ts'

export abstract class Operation<out T> extends Suspension<T> {
  readonly #waiters: Waiters
  #waiter: Waiter | undefined
  #awaited: boolean

  constructor(waiters: Waiters) {
    super(undefined)
    this.#waiters = waiters
    this.#waiter = undefined
    this.#awaited = false
  }

  /** As a coroutine function gives it: Tasks can be made of it. It has all that those who await ask of a coroutine. */
  asCoroutine(): Coroutine<T> {
    return this as unknown as Coroutine<T>
  }

  [Symbol.iterator](): this {
    if (this.#awaited) throw new RuntimeError(`cannot reuse already awaited coroutine ${this}`)
    this.#awaited = true
    return this
  }

  override next(resumed?: unknown): IteratorResult<Suspension, T> {
    const waiter = this.#waiter
    if (waiter === undefined) {
      if (!this.mustWait()) return this.finish(false)
    } else {
      if (resumed !== RESUMED) {
        this.#leave()
        return this.ask() // which throws: it was spread, or destructured
      }
      this.#waiters.remove(waiter)
      if (waiter.cancelled()) {
        this.giveUp(false)
        throw waiter.takeCancelledError()
      }
      if (!this.mustWaitAgain()) return this.finish(true)
    }
    this.#waiter = this.#waiters.add()
    this.future = this.#waiter
    return this.ask()
  }

  override throw(error: unknown): never {
    this.#leave()
    throw error
  }

  override return(value: T): IteratorResult<Suspension, T> {
    this.#leave()
    return super.return(value)
  }

  override toString(): string {
    return `<coroutine object ${this.#waiters.owner.constructor.name}.${this.#waiters.operation}>`
  }

  /** Whether it can't be done at once. */
  protected abstract mustWait(): boolean

  /** Whether it can't be done even now that it was picked. */
  protected mustWaitAgain(): boolean {
    return false
  }

  /** Does it, at once or after having been picked. */
  protected abstract finish(picked: boolean): IteratorResult<Suspension, T>

  /** It is not to be done any more. If it was picked before, the turn has to be passed on, or nobody is ever woken. */
  protected abstract giveUp(picked: boolean): void

  #leave(): void {
    const waiter = this.#waiter
    if (waiter === undefined) return
    waiter.cancel() // in case nobody picked it
    this.#waiters.remove(waiter)
    this.giveUp(!waiter.cancelled())
  }
}

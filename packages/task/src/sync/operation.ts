// Hot path: bench/lock, bench/queue-1, bench/queue-1000. The result of `lock.acquire()`. In asyncio it is
// a coroutine; an object with named parts costs a fraction of a generator, and almost nothing if it need not wait.
//
//   yield*     mustWait() ── no ─────────────────────────────────────────────▶ finish()   its result
//                  └─ yes ─▶ a Waiter waits ── picked ── mustWaitAgain() ─ no ─▶ finish()
//                                          │               └─ yes ─▶ another Waiter, behind all others
//                                          └─ cancelled ─────────────────────▶ abandon()  and the error

import type { Coroutine, Suspension } from '@spindle/loop'
import {
  ambient,
  type CoroutineBrand,
  CoroutineObject,
  className,
  coroutineBrand,
  type Probe,
} from '@spindle/loop/internal'
import type { LoopBound } from './loop-bound.ts'
import { Waiter, type Waiters } from './waiters.ts'

/**
 * An operation that may have to wait: taking a lock, an item of a queue. It begins when it is awaited. One object
 * serves all calls if it has no arguments.
 */
export abstract class Operation<out T, out O extends LoopBound = LoopBound> extends CoroutineObject<T> {
  readonly waiters: Waiters<O>
  /** The lock, queue, … */
  protected readonly owner: O

  constructor(waiters: Waiters<O>) {
    super()
    this.waiters = waiters
    this.owner = waiters.owner
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this.mustWait() ? new Waiter(this) : this.finish(false)
  }

  /** An operation without arguments is made once, for all calls. @internal */
  override get [coroutineBrand](): CoroutineBrand {
    return 'shared'
  }

  override asCoroutine(): Coroutine<T> {
    const probe = ambient.runningLoop?.objectProbe
    return (probe === undefined ? this : new WatchedOperation(this, probe)) as unknown as Coroutine<T>
  }

  get name(): string {
    return `${className(this.owner)}.${this.waiters.name}`
  }

  abstract mustWait(): boolean

  /** Whether a picked waiter has to wait again: another Task was faster. */
  mustWaitAgain(): boolean {
    return false
  }

  /** Performs the operation, for a picked waiter, or for a Task that need not wait. */
  abstract finish(picked: boolean): Immediate<T>

  /** Called when a waiter gives up. If it was picked, it has to wake the next, or no waiter is ever woken. */
  abandon(_picked: boolean): void {}

  /** Takes a discarded result back. @returns false if there is no way back */
  giveBack(_result: unknown): boolean {
    return false
  }
}

/** An operation in debug mode: an object for each call, to check whether it was awaited. */
class WatchedOperation<out T> extends Operation<T> {
  readonly #operation: Operation<T>

  readonly #probe: Probe

  constructor(operation: Operation<T>, probe: Probe) {
    super(operation.waiters)
    this.#operation = operation
    this.#probe = probe
    probe.awaitableMade?.(this, `${operation.name}()`, `createTask(${operation.name}())`)
  }

  override [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    this.#probe.awaitableStarted?.(this)
    return this.#operation[Symbol.iterator]()
  }

  override mustWait(): boolean {
    return this.#operation.mustWait()
  }

  override finish(picked: boolean): Immediate<T> {
    return this.#operation.finish(picked)
  }

  override giveBack(result: unknown): boolean {
    return this.#operation.giveBack(result)
  }
}

/** The iterator of an operation that need not wait, and the result of its one step. It may be used repeatedly. */
export class Immediate<out T> implements Iterator<Suspension, T, unknown>, IteratorReturnResult<T> {
  readonly value: T

  constructor(value: T) {
    this.value = value
  }

  // Not a field: it would be a quarter of the object.
  get done(): true {
    return true
  }

  next(): this {
    return this
  }
}

export const NOTHING: Immediate<undefined> = new Immediate(undefined)

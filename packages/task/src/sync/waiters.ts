// Hot path: bench/lock, bench/queue-1. The waiters of a lock, a queue, …, in order of arrival: doubly linked, so that
// each can be unlinked at once, however many there are.
//
//      #first            #scanned                              #last
//        ▼                    ▼                                  ▼
//     [picked] ⇄ [cancelled] ⇄ [picked] ⇄ [pending] ⇄ [cancelled] ⇄ [pending]
//
// A picked or cancelled waiter stays linked until its Task takes a step: only then is it certain which Task takes the
// free object, and no newcomer may overtake before. Everything up to #scanned is done, so no waiter is visited twice.
//
// A lone waiter, which is common with a queue or a lock, is stored in `#first` only: a pointer from an old object to a
// new one triggers the collector's write barrier.

import { type EventLoop, isFuture, type Suspension as Suspended, type Task } from '@spindle/loop'
import { AlreadyAwaited, alreadyAwaited, className, RESUMED, type Wakeable } from '@spindle/loop/internal'
import { SingleWaiterFuture } from '../coroutines/single-waiter-future.ts'
import type { QueuedWaiter } from '../tasks/loop-parts.ts'
import type { LoopBound } from './loop-bound.ts'
import type { Operation } from './operation.ts'

/** A wait for one operation: the awaited Future, the iterator of the `yield*` and the linked node in one object. */
export class Waiter<out T = unknown> extends SingleWaiterFuture<T> implements QueuedWaiter {
  private readonly operation: Operation<T>
  // Itself, or its replacement if it was picked and another Task was faster.
  private current: Waiter
  waits: boolean
  previous: Waiter | undefined
  following: Waiter | undefined

  constructor(operation: Operation<T>, loop: EventLoop = operation.waiters.owner.bindLoop()) {
    super(loop.ownOptions)
    this.operation = operation
    this.current = this
    this.waits = false
    this.previous = undefined
    this.following = undefined
  }

  override [Symbol.iterator](): this {
    return this
  }

  next(resumed?: unknown): IteratorResult<Suspended, T> {
    const waiter = this.current
    const operation = this.operation
    if (resumed !== RESUMED) {
      if (waiter.waits || waiter.done()) {
        const { error } = new AlreadyAwaited(waiter)
        this.return(undefined as never) // throws if it was spread
        throw error
      }
      operation.waiters.add(waiter)
      return waiter.suspend()
    }
    if (!waiter.done()) return alreadyAwaited(waiter)
    waiter.resumed()
    operation.waiters.remove(waiter)
    if (waiter.cancelled()) {
      operation.abandon(false)
      throw waiter.takeCancelledError()
    }
    if (!operation.mustWaitAgain()) return operation.finish(true)
    this.current = new Waiter(operation)
    return this.next()
  }

  override throw(error: unknown): IteratorResult<Suspended, T> {
    this.leave()
    throw error
  }

  override return(value: T): IteratorResult<Suspended, T> {
    try {
      return this.current.close(value)
    } finally {
      this.leave()
    }
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    if (cancelled && this.waits) this.operation.waiters.noteCancelled()
    return cancelled
  }

  pick(): void {
    this.setResult(undefined as never) // the result is not used
  }

  /** Unlinks a waiter whose loop has closed, because its Task will never continue. Call `passOn()` afterwards. */
  leaveClosedLoop(): void {
    this.resumed()
    this.operation.waiters.remove(this)
  }

  passOn(): void {
    this.operation.abandon(this.done() && !this.cancelled())
  }

  /** The lock, queue, … that it waits for. @internal */
  get owner(): object {
    return this.operation.waiters.owner
  }

  override get label(): string {
    const { owner, name } = this.operation.waiters
    return `${className(owner)}.${name}()`
  }

  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    const { owner, name } = this.operation.waiters
    return this.done() ? [state] : [state, `for=${owner}.${name}()`, ...rest]
  }

  private leave(): void {
    const waiter = this.current
    waiter.resumed()
    waiter.cancel() // in case it was not picked
    this.operation.waiters.remove(waiter)
    this.operation.abandon(!waiter.cancelled())
  }
}

/** The waiters for one operation of a lock, a queue, …, in order of arrival. */
export class Waiters<out O extends LoopBound = LoopBound> {
  /** The object and method they wait for: a Lock, and `acquire`. */
  readonly owner: O
  readonly name: string
  #first: Waiter | undefined
  // The last waiter, unless it is alone.
  #last: Waiter | undefined
  // The last waiter that wakeNext() picked or found done.
  #scanned: Waiter | undefined
  #length: number
  #cancelled: number

  constructor(owner: O, name: string) {
    this.owner = owner
    this.name = name
    this.#first = undefined
    this.#last = undefined
    this.#scanned = undefined
    this.#length = 0
    this.#cancelled = 0
  }

  /** The number of linked waiters, including picked and cancelled ones. */
  get length(): number {
    return this.#length
  }

  /** `, waiters:2`, for a printed owner. */
  describe(): string {
    return this.#length > 0 ? `, waiters:${this.#length}` : ''
  }

  /** Whether a waiter is not cancelled: picked, or pending. */
  get hasLive(): boolean {
    return this.#length > this.#cancelled
  }

  get nextTask(): Task | undefined {
    let waiter = this.#scanned === undefined ? this.#first : this.#scanned.following
    for (; waiter !== undefined; waiter = waiter.following) {
      if (waiter.done()) continue
      return waiter.waiting().find((one): one is Task & Wakeable => isFuture(one)) // only Tasks wait as themselves
    }
    return undefined
  }

  add(waiter: Waiter): void {
    const last = this.#last ?? this.#first
    if (last === undefined) {
      this.#first = waiter
    } else {
      last.following = waiter
      waiter.previous = last
      this.#last = waiter
    }
    waiter.waits = true
    this.#length++
  }

  remove(waiter: Waiter): void {
    if (!waiter.waits) return
    const { previous, following } = waiter
    if (previous === undefined) this.#first = following
    else previous.following = following
    if (following === undefined) this.#last = previous
    else following.previous = previous
    if (this.#scanned === waiter) this.#scanned = previous
    waiter.previous = undefined
    waiter.following = undefined
    waiter.waits = false
    this.#length--
    if (waiter.cancelled()) this.#cancelled--
  }

  /** Picks the first waiter. No-op if it is already picked or cancelled: its Task wakes the next. */
  wakeHead(): void {
    const first = this.#first
    if (first !== undefined && !first.done()) first.pick()
  }

  /** Picks the first pending waiter, which stays linked. Returns whether there was one. */
  wakeNext(): boolean {
    for (;;) {
      const next = this.#scanned === undefined ? this.#first : this.#scanned.following
      if (next === undefined) return false
      this.#scanned = next
      if (next.done()) continue
      next.pick()
      return true
    }
  }

  wakeUpTo(count: number): void {
    for (let picked = 0; picked < count && this.wakeNext(); picked++);
  }

  wakeAll(): void {
    while (this.wakeNext());
  }

  /** Picks the first pending waiter, and unlinks it with all waiters before it. */
  popNext(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      this.remove(first)
      if (!first.done()) return first.pick()
    }
  }

  noteCancelled(): void {
    this.#cancelled++
  }
}

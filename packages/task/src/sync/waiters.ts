// Hot path: bench/lock, bench/queue-1. The waiters of a lock, a queue, …, in order of arrival: linked both ways, so
// that each can leave from wherever it stands at once, however many there are.
//
//      #first            #scanned                              #last
//        ▼                    ▼                                  ▼
//     [picked] ⇄ [cancelled] ⇄ [picked] ⇄ [pending] ⇄ [cancelled] ⇄ [pending]
//
// Who was picked or cancelled stays in its place until its Task takes a step: only then is it settled who takes what
// there is to take, and until then nobody may overtake. Up to #scanned all are done, so that nobody is looked at twice.
//
// One who comes alone, as often with a queue or a lock, is written down once only: to have something old refer to
// something new triggers the collector's write barrier.

import { type EventLoop, isFuture, type LoopTask, type Suspension as Suspended } from '@spindle/loop'
import { className, RESUMED, type Wakeable } from '@spindle/loop/internal'
import { SingleWaiterFuture } from '../coroutines/single-waiter-future.ts'
import type { QueuedWaiter } from '../tasks/new-event-loop.ts'
import type { LoopBound } from './loop-bound.ts'
import type { Operation } from './operation.ts'

/**
 * Waits in a line for its turn to do an operation. It is all in one: the Future that is waited for, the iterator of the
 * `yield*`, and a link in the line.
 */
export class Waiter<out T = unknown> extends SingleWaiterFuture<T> implements QueuedWaiter {
  private readonly operation: Operation<T>
  // Itself, or who stands in line in its place, as it was picked and there was nothing for it.
  private current: Waiter
  /** Whether it stands in the line. */
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
      if (waiter.waits || waiter.done()) return this.return(undefined as never) // it was spread, and that throws
      operation.waiters.add(waiter)
      return waiter.suspend()
    }
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

  /** It is its turn. */
  pick(): void {
    this.setResult(undefined as never) // that it is done is all it has to tell
  }

  /**
   * Its loop has closed, and the Task that waits will never go on: it leaves the line. `abandonTurn()` is to follow.
   */
  leaveClosedLoop(): void {
    this.resumed()
    this.operation.waiters.remove(this)
  }

  /** Passes the turn on, if it had one. */
  abandonTurn(): void {
    this.operation.abandon(this.done() && !this.cancelled())
  }

  override get label(): string {
    const { owner, name } = this.operation.waiters
    return `${className(owner.shownAs)}.${name}()`
  }

  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    const { owner, name } = this.operation.waiters
    return this.done() ? [state] : [state, `for=${owner.shownAs}.${name}()`, ...rest]
  }

  private leave(): void {
    const waiter = this.current
    waiter.resumed()
    waiter.cancel() // in case nobody picked it
    this.operation.waiters.remove(waiter)
    this.operation.abandon(!waiter.cancelled())
  }
}

/** The waiters for one operation of a lock, a queue, …, in order of arrival. */
export class Waiters {
  /** What they wait for: a Lock, and `acquire`. */
  readonly owner: LoopBound
  readonly name: string
  #first: Waiter | undefined
  // The last, if there were others when it came.
  #last: Waiter | undefined
  // The last one that was found to be done, or picked, by wakeNext().
  #scanned: Waiter | undefined
  #length: number
  #cancelled: number

  constructor(owner: LoopBound, name: string) {
    this.owner = owner
    this.name = name
    this.#first = undefined
    this.#last = undefined
    this.#scanned = undefined
    this.#length = 0
    this.#cancelled = 0
  }

  /** How many there are, with those who were picked or cancelled and have not left yet. */
  get length(): number {
    return this.#length
  }

  /** Whether there is somebody who was not cancelled: picked, or still waiting. */
  get hasLive(): boolean {
    return this.#length > this.#cancelled
  }

  /** The Task that waits as the first of those who are pending. */
  get nextTask(): LoopTask | undefined {
    let waiter = this.#scanned === undefined ? this.#first : this.#scanned.following
    for (; waiter !== undefined; waiter = waiter.following) {
      if (waiter.done()) continue
      return waiter.waiting().find((one): one is LoopTask & Wakeable => isFuture(one)) // Tasks alone wait as themselves
    }
    return undefined
  }

  /** Somebody comes, behind all others. */
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

  /** Somebody leaves; does nothing if he has left. */
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

  /** Picks the very first; if that one is picked already, or cancelled, its Task will see to what comes next. */
  wakeHead(): void {
    const first = this.#first
    if (first !== undefined && !first.done()) first.pick()
  }

  /** Picks the first who is pending, who stays in its place. Tells whether there was one. */
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

  /** Picks at most `count` of those who are pending, who stay in their places. */
  wakeUpTo(count: number): void {
    for (let picked = 0; picked < count && this.wakeNext(); picked++);
  }

  wakeAll(): void {
    while (this.wakeNext());
  }

  /** Picks the first who is pending, and takes it out of the line along with those before it. */
  popNext(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      this.remove(first)
      if (!first.done()) return first.pick()
    }
  }

  /** Called by a Waiter of this line. */
  noteCancelled(): void {
    this.#cancelled++
  }
}

// Hot path: bench/lock, bench/queue-1. Who waits for a lock, a queue, …, in the order they came: linked both ways, so that
// each can leave from wherever it stands at once, however many there are.
//
//      #first               #next                #last
//        ▼                    ▼                    ▼
//     [picked] ⇄ [cancelled] ⇄ [pending] ⇄ [cancelled] ⇄ [pending]
//
// Who was picked or cancelled stays in its place until its Task takes a step: only then is it settled who takes what there is
// to take, and until then nobody may overtake. Before #next all are done, so that nobody is looked at twice.

import { type EventLoop, Future } from '@spindle/loop'
import type { LoopBound } from './loop-bound.ts'

/** Waits in a list of Waiters, and is done when it is picked. */
export class Waiter extends Future<never> {
  readonly #waiters: Waiters
  previous: Waiter | undefined
  next: Waiter | undefined
  /** Whether it stands in the list. */
  waits: boolean

  constructor(waiters: Waiters, loop: EventLoop) {
    super(loop.ownOptions)
    this.#waiters = waiters
    this.previous = undefined
    this.next = undefined
    this.waits = true
  }

  override cancel(message?: string): boolean {
    const cancelled = super.cancel(message)
    if (cancelled && this.waits) this.#waiters.noteCancelled()
    return cancelled
  }

  /** It is its turn. */
  pick(): void {
    this.setResult(undefined as never) // that it is done is all it has to tell
  }

  override get reprName(): string {
    return 'Future'
  }

  override get label(): string {
    return `${this.#waiters.owner.constructor.name}.${this.#waiters.operation}()`
  }

  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    if (this.done()) return [state]
    return [state, `for=${this.#waiters.owner}.${this.#waiters.operation}()`, ...rest]
  }
}

/** Who waits for one operation of a lock, a queue, …, in the order they came. */
export class Waiters {
  /** What they wait for: `Lock` and `acquire`, for a reader. */
  readonly owner: LoopBound
  readonly operation: string
  #first: Waiter | undefined
  #last: Waiter | undefined
  // The first who may be pending.
  #next: Waiter | undefined
  #length: number
  #cancelled: number

  constructor(owner: LoopBound, operation: string) {
    this.owner = owner
    this.operation = operation
    this.#first = undefined
    this.#last = undefined
    this.#next = undefined
    this.#length = 0
    this.#cancelled = 0
  }

  /** How many there are, with those who were picked or cancelled and have not left yet. */
  get length(): number {
    return this.#length
  }

  /** Whether there is somebody who was not cancelled: picked, or still waiting. */
  get anyLive(): boolean {
    return this.#length > this.#cancelled
  }

  /** Somebody comes, behind all others, and will leave by `remove`. */
  add(loop: EventLoop = this.owner.bindLoop()): Waiter {
    const waiter = new Waiter(this, loop)
    const last = this.#last
    if (last === undefined) this.#first = waiter
    else last.next = waiter
    waiter.previous = last
    this.#last = waiter
    if (this.#next === undefined) this.#next = waiter
    this.#length++
    return waiter
  }

  /** Somebody leaves; does nothing if he has left. */
  remove(waiter: Waiter): void {
    if (!waiter.waits) return
    const { previous, next } = waiter
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    if (this.#next === waiter) this.#next = next
    waiter.previous = undefined
    waiter.next = undefined
    waiter.waits = false
    this.#length--
    if (waiter.cancelled()) this.#cancelled--
  }

  /** Picks the very first; if that one is picked already, or cancelled, its Task will see to what comes next. */
  pickFirst(): void {
    const first = this.#first
    if (first !== undefined && !first.done()) first.pick()
  }

  /** Picks the first who is pending, who stays in its place. Tells whether there was one. */
  pickNext(): boolean {
    let next = this.#next
    while (next?.done()) next = next.next
    this.#next = next?.next
    if (next === undefined) return false
    next.pick()
    return true
  }

  /** Picks at most `count` of those who are pending, who stay in their places. */
  pickMany(count: number): void {
    for (let picked = 0; picked < count && this.pickNext(); picked++);
  }

  pickAll(): void {
    while (this.pickNext());
  }

  /** Picks the first who is pending, and takes it out of the list along with those before it. */
  takeNext(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      this.remove(first)
      if (!first.done()) return first.pick()
    }
  }

  /** Called by a Waiter of this list. */
  noteCancelled(): void {
    this.#cancelled++
  }
}

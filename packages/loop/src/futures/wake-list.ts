// The waiters of a Future that has several. Removal is by callback, as in asyncio. A hundred thousand waiters must not
// cost a search each, so a long list indexes its callbacks from the first removal on.

import type { EventLoop } from '../event-loop.ts'
import { type Callback, Handle } from '../scheduling/handle.ts'
import type { Task } from '../task-support.ts'
import type { Future } from './future.ts'

/** A waiter of a Future: a Task, a Handle, a promise. */
export interface Wakeable {
  /** Called when `future` is done. @internal */
  wake(loop: EventLoop, future: Future): void
  /** The Task that it waits for in turn. @internal */
  readonly task?: Task
  /** Its text among the callbacks of a printed Future. @internal */
  describe?(): string
}

const MAX_LENGTH_TO_SCAN = 32

export class WakeList implements Wakeable {
  #entries: (Wakeable | undefined)[]
  #live: number
  #indexes: Map<Callback, number[]> | undefined

  constructor(first: Wakeable, second: Wakeable) {
    this.#entries = [first, second]
    this.#live = 2
    this.#indexes = undefined
  }

  add(waiting: Wakeable): void {
    if (this.#indexes !== undefined) this.#note(waiting, this.#entries.length)
    this.#entries.push(waiting)
    this.#live++
  }

  all(): readonly Wakeable[] {
    if (this.#live < this.#entries.length) this.#compact()
    return this.#entries as readonly Wakeable[]
  }

  wake(loop: EventLoop, future: Future): void {
    for (const waiting of this.all()) waiting.wake(loop, future)
  }

  remove(callback: Callback): number {
    const before = this.#live
    if (this.#entries.length <= MAX_LENGTH_TO_SCAN) {
      this.#entries = this.#entries.filter(
        (waiting) => !(waiting instanceof Handle && waiting.getCallback() === callback),
      )
      this.#live = this.#entries.length
      return before - this.#live
    }
    this.#indexes ??= this.#indexCallbacks()
    for (const index of this.#indexes.get(callback) ?? []) {
      this.#entries[index] = undefined
      this.#live--
    }
    this.#indexes.delete(callback)
    if (this.#live * 2 < this.#entries.length) this.#compact()
    return before - this.#live
  }

  removeOne(waiting: Wakeable): boolean {
    const index = this.#entries.indexOf(waiting)
    if (index === -1) return false
    this.#entries[index] = undefined
    this.#live--
    return true
  }

  #indexCallbacks(): Map<Callback, number[]> {
    this.#indexes = new Map()
    for (const [index, waiting] of this.#entries.entries()) if (waiting !== undefined) this.#note(waiting, index)
    return this.#indexes
  }

  #note(waiting: Wakeable, index: number): void {
    const callback = waiting instanceof Handle ? waiting.getCallback() : undefined
    if (callback === undefined) return
    const indexes = this.#indexes?.get(callback)
    if (indexes === undefined) this.#indexes?.set(callback, [index])
    else indexes.push(index)
  }

  #compact(): void {
    this.#entries = this.#entries.filter((waiting) => waiting !== undefined)
    this.#indexes = undefined
  }
}

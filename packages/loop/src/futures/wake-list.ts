import type { EventLoop } from '../face/event-loop.ts'
import type { Task } from '../face/task.ts'
import type { Callback } from '../scheduling/check-callback.ts'
import { Handle } from '../scheduling/handle.ts'
import type { Future } from './future.ts'

/** A waiter of a Future: a Task, a Handle, a promise. */
export interface Wakeable {
  /** Called when `future` is done. @internal */
  wake(loop: EventLoop, future: Future): void
  /** The Task that it waits for in turn. @internal */
  readonly task?: Task | undefined
  /** Its text among the callbacks of a printed Future. @internal */
  describe?(): string
}

/** The waiters of a Future that has several, in order of arrival. Removing one of very many needs no search. */
export class WakeList implements Wakeable {
  // By callback; by the waiter itself if it is a Task or a promise, or if its callback was added before.
  readonly #waiting = new Map<unknown, Wakeable>()
  #hasRepeats = false

  constructor(first: Wakeable, second: Wakeable) {
    this.add(first)
    this.add(second)
  }

  add(waiting: Wakeable): void {
    const isRepeat = this.#waiting.has(keyOf(waiting))
    if (isRepeat) this.#hasRepeats = true
    this.#waiting.set(isRepeat ? waiting : keyOf(waiting), waiting)
  }

  all(): readonly Wakeable[] {
    return [...this.#waiting.values()]
  }

  wake(loop: EventLoop, future: Future): void {
    for (const waiting of this.#waiting.values()) waiting.wake(loop, future)
  }

  remove(callback: Callback): number {
    const before = this.#waiting.size
    this.#waiting.delete(callback)
    if (this.#hasRepeats)
      for (const [key, waiting] of this.#waiting) if (keyOf(waiting) === callback) this.#waiting.delete(key)
    return before - this.#waiting.size
  }

  removeOne(waiting: Wakeable): boolean {
    const key = keyOf(waiting)
    return this.#waiting.delete(this.#waiting.get(key) === waiting ? key : waiting)
  }
}

function keyOf(waiting: Wakeable): unknown {
  return waiting instanceof Handle ? waiting.getCallback() : waiting
}

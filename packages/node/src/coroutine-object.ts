import type { Coroutine, Suspension as Suspended } from '@spindle/loop'
import { notAPromiseError, Suspension } from '@spindle/loop/internal'

/**
 * A coroutine that is an object: its own iterator, and what that yields. As generators, `read` and `drain` would take
 * two and a half times the memory.
 */
export abstract class CoroutineObject<T> extends Suspension<T> {
  /** `StreamReader.read` */
  abstract get name(): string

  [Symbol.iterator](): Iterator<Suspended, T, unknown> {
    return this
  }

  // biome-ignore lint/suspicious/noThenProperty: for those who await it as a promise
  then(_onFulfilled: unknown, onRejected: (reason: TypeError) => void): void {
    onRejected(notAPromiseError(this))
  }

  /** For a signature that promises a coroutine. It has all that those who await one, or make a Task of it, ask for. */
  asCoroutine(): Coroutine<T> {
    return this as unknown as Coroutine<T>
  }

  override toString(): string {
    return `<coroutine object ${this.name}>`
  }
}

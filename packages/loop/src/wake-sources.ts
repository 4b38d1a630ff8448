import type { Awaitable } from './futures/awaitable.ts'

/**
 * What may wake a loop from outside: a thread, a call in an executor, a promise. While a source is pending, a loop with
 * nothing to do waits; it is not deadlocked.
 */
export class WakeSources {
  #external = 0
  #promises = 0
  #wakeCell: Int32Array | undefined

  /** Takes in, without waiting, what others have left for the loop. Set by `@spindle/thread`. */
  receive: (() => void) | undefined = undefined

  /**
   * Called when the host begins to drive the loop (true) and when it ends (false): a message port is ref'd or unref'd
   * by it.
   */
  onDriven: ((driven: boolean) => void) | undefined = undefined

  /** The clean-up for which a run waits after its Tasks have ended, before the loop is closed. */
  shutdown: (() => Awaitable<void>) | undefined = undefined

  /** Called when the loop is closed. */
  onClose: (() => void) | undefined = undefined

  /**
   * How many ms a blocked loop sleeps at most before it calls `receive` again: a thread that is killed wakes no other.
   */
  maxSleep: number = Number.POSITIVE_INFINITY

  /** How many things could still wake the loop. */
  get pending(): number {
    return this.#external + this.#promises
  }

  /** One more thing may wake the loop. */
  add(): void {
    this.#external++
  }

  /** One thing less may wake the loop. */
  remove(): void {
    this.#external--
  }

  /** A promise may wake the loop, as long as its thread is not blocked. */
  addPromise(): void {
    this.#promises++
  }

  /** One promise less may wake the loop. */
  removePromise(): void {
    this.#promises--
  }

  /** How many things could wake the loop while its thread is blocked: promises can't. */
  get pendingExternal(): number {
    return this.#external
  }

  /**
   * A counter in shared memory; a blocked loop sleeps on it until another thread raises it and calls `Atomics.notify`.
   */
  get wakeCell(): Int32Array {
    // A browser's page has no shared memory unless it is isolated; virtual time, which never sleeps, does without.
    this.#wakeCell ??=
      typeof SharedArrayBuffer === 'undefined' ? new Int32Array(1) : new Int32Array(new SharedArrayBuffer(4))
    return this.#wakeCell
  }

  /** Others may ring a cell already that is to wake this loop, too. */
  set wakeCell(cell: Int32Array) {
    this.#wakeCell = cell
  }
}

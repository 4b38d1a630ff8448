/**
 * Counts the things outside a loop that may wake it: a thread, a call in an executor, a promise. A loop that is idle
 * while one is pending waits; it is not deadlocked.
 */
export class WakeSources {
  /** How many threads and calls may wake the loop, also while its thread is blocked. */
  external = 0
  /** How many promises may wake it, as long as its thread is not blocked. */
  promises = 0

  /**
   * A counter in shared memory: a blocked loop sleeps on it until another thread raises and notifies it. Made when a
   * blocked loop first waits, or set to a cell that other threads notify already.
   */
  wakeCell: Int32Array | undefined = undefined

  /** Receives, without waiting, the messages that other threads have left for the loop. Set by `@spindle/thread`. */
  receive: (() => void) | undefined = undefined

  /** Called with true when the host begins to drive the loop, and with false when it stops: refs or unrefs a port. */
  onDriven: ((driven: boolean) => void) | undefined = undefined

  onClose: (() => void) | undefined = undefined

  /**
   * The longest sleep of a blocked loop before it calls `receive` again, in ms: a thread that is killed wakes no loop.
   */
  maxSleep: number = Number.POSITIVE_INFINITY

  get pending(): number {
    return this.external + this.promises
  }
}

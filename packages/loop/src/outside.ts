/**
 * What lies beyond a loop and may still wake it: a thread, a call in an executor, a promise. As long as something is
 * held, a loop with nothing to do waits; it is not deadlocked.
 * @internal
 */
export class Outside {
  #held = 0
  #wakeCell: Int32Array | undefined

  /** Takes in, without waiting, what others have left for the loop. Set by `@spindle/thread`. */
  receive: (() => void) | undefined = undefined

  /** Called when `held` rises from 0 (true) or falls to 0 (false): a message port is ref'd or unref'd by it. */
  onChange: ((held: boolean) => void) | undefined = undefined

  /** How many things could still wake the loop. */
  get held(): number {
    return this.#held
  }

  /** One more thing may wake the loop. */
  hold(): void {
    if (this.#held++ === 0) this.onChange?.(true)
  }

  /** One thing less may wake the loop. */
  release(): void {
    if (--this.#held === 0) this.onChange?.(false)
  }

  /** A counter in shared memory; a blocked loop sleeps on it until somebody raises it and calls `Atomics.notify`. */
  get wakeCell(): Int32Array {
    this.#wakeCell ??= new Int32Array(new SharedArrayBuffer(4))
    return this.#wakeCell
  }
}

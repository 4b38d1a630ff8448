import { type EventLoop, getRunningLoop, RuntimeError } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'

/**
 * The base of objects that Tasks share, such as a lock or a queue. It belongs to the loop whose Task last had to
 * wait for it. Loops that the host drives may share it, because their turns never overlap. A closed loop loses it.
 */
export abstract class LoopBound {
  #loop: EventLoop | undefined

  constructor() {
    this.#loop = undefined
  }

  /**
   * The running loop, which this belongs to from now on.
   * @throws RuntimeError if it belongs to another open loop, unless the host drives both
   * @internal
   */
  bindLoop(): EventLoop {
    const loop = getRunningLoop()
    const bound = this.#loop
    if (bound !== loop) {
      if (bound !== undefined && !bound.isClosed() && !loop.canMeet(bound)) {
        throw new RuntimeError(`${this} is bound to a different event loop`)
      }
      this.#loop = loop
    }
    return loop
  }

  /** The loop this belongs to, once a Task has waited for it. @internal */
  get boundLoop(): EventLoop | undefined {
    return this.#loop
  }

  abstract toString(): string

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

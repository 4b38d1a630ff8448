import { type EventLoop, getRunningLoop, RuntimeError } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'

/**
 * What Tasks share, and print: a lock, a queue. It belongs to the loop in which a Task last had to wait for it. Loops
 * that the host drives may share it, as they have their turns one after another; a loop that is closed has no claim to
 * it.
 */
export abstract class LoopBound {
  #loop: EventLoop | undefined

  constructor() {
    this.#loop = undefined
  }

  /**
   * The running loop, to which this belongs from now on.
   * @throws RuntimeError if it belongs to another one that is not closed, and the host does not drive both
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

  /** What its waiters are shown to wait for: a part of something larger names the whole. @internal */
  get shownAs(): LoopBound {
    return this
  }

  abstract toString(): string

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

import { type EventLoop, getRunningLoop, RuntimeError } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'

/**
 * What Tasks of one loop share, and print: a lock, a queue. It belongs to the loop in which somebody first had to wait for it.
 */
export abstract class LoopBound {
  #loop: EventLoop | undefined

  constructor() {
    this.#loop = undefined
  }

  /**
   * The running loop, to which this belongs from now on.
   * @throws RuntimeError if it belongs to another one
   * @internal
   */
  bindLoop(): EventLoop {
    const loop = getRunningLoop()
    if (this.#loop === undefined) this.#loop = loop
    if (this.#loop !== loop) throw new RuntimeError(`${this} is bound to a different event loop`)
    return loop
  }

  /** The loop this belongs to, if somebody has waited for it. @internal */
  get boundLoop(): EventLoop | undefined {
    return this.#loop
  }

  /** What those who wait for it are shown to wait for: a part of something larger names that. @internal */
  get shownAs(): LoopBound {
    return this
  }

  abstract toString(): string

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

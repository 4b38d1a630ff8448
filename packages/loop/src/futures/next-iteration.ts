// Hot path: bench/switch.

import { RESUMED, type Suspension } from './awaitable.ts'
import { type CoroutineBrand, coroutineBrand, SuspendedCoroutine } from './coroutine-object.ts'

// One object for every wait for the next iteration; `awaits` alone tells one wait from another.
class NextIteration extends SuspendedCoroutine<void> {
  awaits = 0

  get name(): string {
    return 'sleep'
  }

  /** @internal */
  override get [coroutineBrand](): CoroutineBrand {
    return 'shared'
  }

  override [Symbol.iterator](): this {
    this.take() // a coroutine resumed without a Task may have left it asked
    this.awaits = (this.awaits + 1) | 0
    return this
  }

  override next(resumed?: unknown): IteratorResult<Suspension, void> {
    return resumed === RESUMED ? ITERATION_CAME : this.ask()
  }

  override toString(): string {
    return '<coroutine sleep(0)>'
  }
}

const ITERATION_CAME: IteratorResult<Suspension, void> = { done: true, value: undefined }

/** `sleep(0)`: waits for the next iteration of the loop. */
export const NEXT_ITERATION: NextIteration = new NextIteration(undefined)

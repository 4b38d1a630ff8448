// `sleep(100)` without `yield*` silently does nothing. In debug mode every awaitable records where it was made, and is
// reported when it is collected, or when the loop closes, without having been awaited. Coroutines made by `coroutine()`
// are reported without debug mode: see never-awaited.ts.

import type { EventLoop } from '@spindle/loop'
import { ambient, creationStack, type Probe } from '@spindle/loop/internal'
import { dismissAwaited, expectAwait } from '../coroutines/await-registry.ts'

export const UNAWAITED_PROBE: Probe = {
  wantsObjects: true,
  awaitableMade(awaitable, call, asTask) {
    const loop = ambient.runningLoop
    if (loop !== undefined) expectAwait(awaitable, loop, new Unawaited(loop, call, asTask))
  },
  awaitableStarted: dismissAwaited,
}

class Unawaited {
  readonly #loop: EventLoop
  readonly #call: string
  readonly #asTask: string | undefined

  constructor(loop: EventLoop, call: string, asTask: string | undefined) {
    this.#loop = loop
    this.#call = call
    this.#asTask = asTask
    creationStack.record(this)
  }

  report(): void {
    const place = creationStack.place(this)
    const instead = this.#asTask === undefined ? '' : `, or \`${this.#asTask}\` to have it run as a Task`
    const message =
      `${this.#call} was never awaited${place === undefined ? '' : `: ${place}`}. ` +
      `Write \`yield* ${this.#call}\` to wait for it${instead}`
    this.#loop.callExceptionHandler({ message, sourceTraceback: creationStack.of(this) })
  }
}

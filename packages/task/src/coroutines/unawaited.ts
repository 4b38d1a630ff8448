// `sleep(100)` without `yield*` silently does nothing. In debug mode every awaitable records where it was made, and is
// reported when it is collected, or when the loop closes, without having been awaited. Coroutines made by `coroutine()`
// are reported without debug mode: see never-awaited.ts.

import type { EventLoop } from '@spindle/loop'
import { ambient, creationStack } from '@spindle/loop/internal'

const entries = new WeakMap<object, Unawaited>()
const collected = new FinalizationRegistry<Unawaited>((entry) => entry.report())

export const unawaited = {
  /** Whether any loop has ever been in debug mode. A field, as a getter makes a switch 5 % slower. */
  isPossible: false,

  /** Whether awaitables made now are watched. Not a getter, which the engine does not inline in an object literal. */
  isOn(): boolean {
    return unawaited.isPossible && ambient.runningLoop?.notesCreation === true
  },

  /** A loop is in debug mode. */
  enable(): void {
    unawaited.isPossible = true
  },

  /**
   * `awaitable` was made, in debug mode.
   * @param call what made it: `sleep(100)`
   * @param asTask what to write to have it run on its own; undefined: it does so
   */
  watch(awaitable: object, call: string, asTask?: string): void {
    const loop = ambient.runningLoop
    if (loop === undefined) return
    const entry = new Unawaited(loop, call, asTask)
    entries.set(awaitable, entry)
    collected.register(awaitable, entry, entry)
  },

  /** It is awaited, or in other hands. */
  dismiss(awaitable: object): void {
    entries.get(awaitable)?.dismiss()
  },
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
    loop.unretrieved.add(this)
  }

  dismiss(): void {
    collected.unregister(this)
    this.#loop.unretrieved.delete(this)
  }

  report(): void {
    this.dismiss()
    const place = creationStack.place(this)
    const instead = this.#asTask === undefined ? '' : `, or \`${this.#asTask}\` to have it run as a Task`
    const message =
      `${this.#call} was never awaited${place === undefined ? '' : `: ${place}`}. ` +
      `Write \`yield* ${this.#call}\` to wait for it${instead}`
    this.#loop.callExceptionHandler({ message, sourceTraceback: creationStack.of(this) })
  }
}

// A CancelledError takes no stack, as that costs more than all the rest of a cancellation. Where somebody is going to
// be told about it (a timeout, an error that leaves a run), the Task asks for one before it takes the step in which the
// error is made. The error is made inside the coroutine that waits, so its stack says where that is: by the engine, at
// every level, without the inspector.

import type { CancelledError } from './errors.ts'

/** What a Task waited for when it was cancelled. */
interface CancelledWait {
  /** `sleep(3000)` */
  readonly label: string
  /** The name of the Task. */
  readonly task: string | undefined
}

const waits = new WeakMap<CancelledError, CancelledWait>()

export const cancelTrace = {
  /** Whether a CancelledError that is made now takes its stack. Set for the length of a step. */
  wanted: false,

  /**
   * Whether who begins to wait notes the stack. Set for the length of a step of a Task that keeps a run from ending.
   */
  waitsWanted: false,
  /** What was noted last in a step, for whoever asked for it; to be dropped then. */
  lastError: undefined as CancelledError | undefined,
  lastWait: undefined as Error | undefined,

  /** A CancelledError with its stack was made for one who waited. */
  note(error: CancelledError, wait: CancelledWait): void {
    waits.set(error, wait)
    if (this.waitsWanted) this.lastError = error
  },

  noteWait(): void {
    this.lastWait = new Error()
  },

  /** What the Task that `error` was made for waited for; undefined if it took no stack. */
  of(error: CancelledError): CancelledWait | undefined {
    return waits.get(error)
  },
}

// A CancelledError takes no stack, as that costs more than all the rest of a cancellation. Where the stack will be
// shown (a timeout, an error that leaves a run), the Task asks for one before the step in which the error is made. The
// error is made inside the coroutine that waits, so its stack says where that is: by the engine, at every level,
// without the inspector.

import type { CancelledError } from './errors.ts'

/** The object for which a Task waited when it was cancelled. */
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
   * Whether a wait that begins notes the stack. Set for the length of a step of a Task that keeps a run from ending.
   */
  waitsWanted: false,
  /** The last stack noted in a step; dropped once it has been read. */
  lastError: undefined as CancelledError | undefined,
  lastWait: undefined as Error | undefined,

  /** A CancelledError was made with its stack, for a Task that waited. */
  note(error: CancelledError, wait: CancelledWait): void {
    waits.set(error, wait)
    if (this.waitsWanted) this.lastError = error
  },

  noteWait(): void {
    this.lastWait = new Error()
  },

  /** The object for which the Task of `error` waited; undefined if the error has no stack. */
  of(error: CancelledError): CancelledWait | undefined {
    return waits.get(error)
  },
}

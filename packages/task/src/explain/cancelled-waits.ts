// A CancelledError takes no stack, because that costs more than the rest of a cancellation. If the stack will be shown
// (a timeout, an error that leaves a run), the step that makes the error is traced. The error is made inside the
// waiting coroutine, so its stack contains the place: from the engine, at every level, without the inspector.

import { CancelledError, type Future } from '@spindle/loop'
import { messageOf, type StepTrace } from '@spindle/loop/internal'
import { reportCutShort } from './cut-short.ts'

/** The awaitable of a cancelled Task, `sleep(3000)`, and the name of the Task. */
interface CancelledWait {
  readonly label: string
  readonly task: string | undefined
}

const waits = new WeakMap<CancelledError, CancelledWait>()

export const cancelledWaits = {
  error(future: Future, message: string | undefined): CancelledError {
    const error = new CancelledError(messageOf(message))
    waits.set(error, { label: future.label, task: future.getLoop().currentTask?.label })
    reportCutShort(error, () => error.stack)
    return error
  },

  of(error: CancelledError): CancelledWait | undefined {
    return waits.get(error)
  },
}

/** A step whose CancelledErrors have a stack. */
export const TRACED: StepTrace = {
  waits() {},
  cancelled: (future, message) => cancelledWaits.error(future, message),
  passes() {},
}

// The run of the host loop. It never ends by itself, continues after errors and deadlocks, and lets the process end
// while it has no Tasks.

import type { DeadlockError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { Task } from '../face/task.ts'
import type { Unretrieved } from '../reports/unretrieved-exception.ts'
import { afterHostTurn, type HostTimer, type HostTimers, realTimers } from './host-timers.ts'

export interface PermanentRunHandlers {
  /** A turn threw a KeyboardInterrupt, or an error of the loop itself. */
  onFailure(error: unknown): void
  onDeadlock(error: DeadlockError): void
}

export class PermanentRun {
  readonly #handlers: PermanentRunHandlers
  readonly #loop: EventLoop
  #unretrieved: Unretrieved[] = [] // of this turn of the host
  #released: HostTimer | undefined // the timer that does not keep the process alive

  constructor(loop: EventLoop, handlers: PermanentRunHandlers) {
    this.#handlers = handlers
    this.#loop = loop
  }

  get timers(): HostTimers {
    return realTimers()
  }

  noteUnretrieved(exception: Unretrieved): void {
    if (this.#unretrieved.push(exception) > 1) return
    // The first callback may run in the current turn of the host.
    afterHostTurn(this.timers, () =>
      afterHostTurn(this.timers, () => {
        const unretrieved = this.#unretrieved
        this.#unretrieved = []
        // What was ready before, such as a callback added to a Task that had already failed, may retrieve it.
        if (!this.#loop.isClosed())
          this.#loop.callSoon(() => {
            for (const exception of unretrieved) exception.report()
          })
      }),
    )
  }

  /** Handles an error of a turn. A Task that ended with the error reports it, unless the error is retrieved. */
  onFailure(failed: Task | undefined, error: unknown): void {
    const isKept = failed?.hasException() === true && failed.peekException() === error
    if (!isKept) this.#handlers.onFailure(error)
  }

  onDeadlock(error: DeadlockError): void {
    this.#handlers.onDeadlock(error)
  }

  keepProcessAlive(timer: HostTimer): void {
    const isBusy = this.#loop.tasks.size > 0
    if (isBusy === (timer !== this.#released)) return
    this.#released = isBusy ? undefined : timer
    if (isBusy) timer.ref?.()
    else timer.unref?.()
  }
}

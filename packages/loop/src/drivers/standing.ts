// The run of the loop that is always there. It never ends by itself, continues after what would end another, and lets
// the process end while it has no Tasks.

import type { DeadlockError } from '../errors/errors.ts'
import type { EventLoop } from '../event-loop.ts'
import type { LoopTask } from '../task-support.ts'
import { afterHostTurn, HostDriver } from './host.ts'
import { type HostTimer, type HostTimers, realTimers } from './host-timers.ts'

/** The handlers for the failures of a loop that has no run to end. */
export interface Standing {
  /** A KeyboardInterrupt, or an error of the loop itself, came out of a turn. */
  onFailure(error: unknown): void
  /** Its Tasks wait, and nothing can wake them any more. */
  onDeadlock(error: DeadlockError): void
}

/**
 * Drives a loop until `end()` is called: the loop that is always there. It keeps the process alive while it has Tasks.
 */
export function driveByHost(loop: EventLoop, standing: Standing): { end(): void } {
  const driver = new HostDriver(loop, nothing, nothing, new StandingRun(loop, standing))
  loop.driver = driver
  return driver
}

function nothing(): void {}

/** What such a run does otherwise. */
export class StandingRun {
  readonly #loop: EventLoop
  readonly #handlers: Standing
  #reportPending = false
  #released: HostTimer | undefined // the timer that does not keep the process alive

  constructor(loop: EventLoop, handlers: Standing) {
    this.#loop = loop
    this.#handlers = handlers
  }

  get timers(): HostTimers {
    return realTimers()
  }

  /** There is an unretrieved exception: what is still unretrieved after the host's next turn is reported. */
  noteUnretrieved(): void {
    if (this.#reportPending) return
    this.#reportPending = true
    // The first one may run in the current turn of the host.
    afterHostTurn(this.timers, () =>
      afterHostTurn(this.timers, () => {
        this.#reportPending = false
        for (const exception of [...this.#loop.unretrieved]) exception.report()
      }),
    )
  }

  /** An error came out of a turn. A Task that has ended with it reports it itself, unless it is retrieved. */
  onFailure(failed: LoopTask | undefined, error: unknown): void {
    const isKept = failed?.hasException() === true && failed.peekException() === error
    if (!isKept) this.#handlers.onFailure(error)
  }

  onDeadlock(error: DeadlockError): void {
    this.#handlers.onDeadlock(error)
  }

  /** Nothing but a Task of the loop keeps the process alive. */
  holdProcess(timer: HostTimer): void {
    const isHeld = this.#loop.tasks.size > 0
    if (isHeld === (timer !== this.#released)) return
    this.#released = isHeld ? undefined : timer
    if (isHeld) timer.ref?.()
    else timer.unref?.()
  }
}

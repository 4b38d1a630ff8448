import type { EventLoop } from '../event-loop.ts'
import type { LoopEvents } from '../explain/loop-events.ts'
import type { creationStack } from '../inspect/creation-stack.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import type { Explainer } from './explainer.ts'
import type { Probe } from './probe.ts'

/** Creates the tools of loops. A page that does not import one has no tools. */
export interface Toolbox {
  use: Tools | undefined
}

export interface Probes {
  /** Adds a Probe at the end, or with `first` at the beginning, so that an event precedes a report. */
  add(probe: Probe, first?: boolean): void
  remove(probe: Probe): void
  /** Called when a Probe changes the calls that it wants, and when the loop has closed. */
  changed(): void
}

/**
 * Events, debug mode, the places of errors and the text of reports. The loop and the Task use them only through this
 * interface, so that a page can omit them.
 */
export interface Tools {
  readonly explainer?: Explainer
  readonly creationStack: typeof creationStack
  probes(loop: EventLoop): Probes
  /** Calls the listeners of new loops. */
  loopMade(loop: EventLoop): void
  events(loop: EventLoop): LoopEvents
  /** Turns debug mode on. Returns a function that turns it off. */
  debug(loop: EventLoop): () => void
  printReport(loop: EventLoop, context: ExceptionContext): void
}

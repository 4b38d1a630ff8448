import type { EventLoop } from '../event-loop.ts'
import type { LoopEvents } from '../explain/loop-events.ts'
import type { creationStack } from '../inspect/creation-stack.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import type { Explainer } from './explainer.ts'
import type { Probe } from './probe.ts'

/** Where the tools of loops are: a page that does not import them has none. */
export interface Toolbox {
  use: Tools | undefined
}

/** The Probes of one loop. */
export interface Probes {
  /** Adds a Probe after the others. With `first` it is told before them, so that an event precedes a report. */
  add(probe: Probe, first?: boolean): void
  remove(probe: Probe): void
  /** A Probe wants other calls from now on, or the loop has closed. */
  changed(): void
}

/**
 * What a loop is explained with: its events, debug mode, the places of errors, the text of reports. The loop and the
 * Task use it through this interface alone, so that a page need not hold it.
 */
export interface Tools {
  readonly explainer?: Explainer
  readonly creationStack: typeof creationStack
  probes(loop: EventLoop): Probes
  events(loop: EventLoop): LoopEvents
  /** Turns debug mode on. Returns a function that turns it off. */
  debug(loop: EventLoop): () => void
  printReport(loop: EventLoop, context: ExceptionContext): void
  printFailedReport(error: unknown, context: ExceptionContext): void
}

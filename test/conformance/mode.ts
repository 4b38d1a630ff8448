/** How a program is run; the trace must be the same each time. */
export interface Mode {
  /** Whether the interpreter's own coroutines are made by `coroutine()`. */
  readonly wrapped?: boolean
  /** Whether somebody listens to the events of the loop. */
  readonly observed?: boolean
  readonly debug?: boolean
}

/**
 * The ways in which a program is run on Spindle: its coroutines bare, made by `coroutine()`, and with all that can be
 * looked on.
 */
export const MODES: readonly Mode[] = [
  {},
  { wrapped: true, observed: true },
  { debug: true, wrapped: true },
  { observed: true },
]

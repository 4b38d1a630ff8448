/** A way to run a program. The trace must be the same in each mode. */
export interface Mode {
  /** Whether the interpreter's own coroutines are created by `coroutine()`. */
  readonly wrapped?: boolean
  /** Whether the events of the loop have listeners. */
  readonly observed?: boolean
  readonly debug?: boolean
}

/**
 * The modes in which a program runs on Spindle: with bare generators, with coroutines of `coroutine()`, and with
 * everything observed.
 */
export const MODES: readonly Mode[] = [
  {},
  { wrapped: true, observed: true },
  { debug: true, wrapped: true },
  { observed: true },
]

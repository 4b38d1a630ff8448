/** A way to run a program. The trace must be the same in each mode. */
export interface Mode {
  /** Whether the interpreter's own coroutines are created by `coroutine()`. */
  readonly wrapped?: boolean
  /** Whether the events of the loop have listeners. */
  readonly observed?: boolean
  readonly debug?: boolean
}

const PLAIN: Mode = {}
const WRAPPED: Mode = { wrapped: true, observed: true }
const DEBUG: Mode = { debug: true, wrapped: true }
const OBSERVED: Mode = { observed: true }

/**
 * The modes in which a program runs on Spindle: with bare generators, with coroutines of `coroutine()`, and with
 * everything observed.
 */
export const MODES: readonly Mode[] = [PLAIN, WRAPPED, DEBUG, OBSERVED]

/** Where there are too many programs for all modes: the mode of one of them, each in its turn. */
export function modeOf(index: number): Mode {
  return index % 3 === 0 ? PLAIN : otherModeOf(index)
}

/** The modes of a program, if there is time for two: bare generators, and one of the others. */
export function twoModesOf(index: number): readonly Mode[] {
  return [PLAIN, otherModeOf(index)]
}

function otherModeOf(index: number): Mode {
  // Debug mode writes places of the source into each error, and takes five times as long.
  if (index % 11 === 5) return DEBUG
  return index % 2 === 0 ? WRAPPED : OBSERVED
}

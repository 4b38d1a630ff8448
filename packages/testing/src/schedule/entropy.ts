// Random choices in an explored run: `duration()` and simulations take them from the schedule or from its seed.

import { repr } from 'spindle/internal'
import { isRange } from '../explore/check-values.ts'

/** The source of random choices of a run. */
export interface Entropy {
  /** A number of ms from `low` to `high`. */
  duration(low: number, high: number): number
  /** One of `count` possibilities, by its number; 0 is the ordinary one. @param meaning describes another one */
  choose(count: number, meaning: (chosen: number) => string): number
}

// That of the run which blocks this thread.
let present: Entropy = { duration: (low) => low, choose: () => 0 } // only the ordinary case happens

/** Makes `entropy` the source of random choices, until the returned function is called. */
export function useEntropy(entropy: Entropy): () => void {
  const outer = present
  present = entropy
  return () => {
    present = outer
  }
}

/**
 * A time that is only known to lie between two limits, such as how long a server takes to answer. The ordinary run of
 * `explore()` takes the lower limit, other schedules take other values; outside `explore()` it is the lower limit.
 * @throws RangeError if a limit is negative or not a number, or if the limits are in the wrong order
 *
 * @example
 * ```ts
 * function* download(): Coroutine<string> {
 *   yield* sleep(duration(5, 50))
 *   return 'done'
 * }
 * console.log((await explore(download, { runs: 100 })).runs > 1) // prints: true
 * ```
 */
export function duration(low: number, high: number): number {
  if (!isRange(low, high)) {
    const got = `${repr(low)} and ${repr(high)}`
    throw new RangeError(`the limits of duration() must be numbers of milliseconds >= 0, in order, got ${got}`)
  }
  return entropyHere().duration(low, high)
}

/** The source of random choices of the run; outside of `explore()`, the ordinary one. */
export function entropyHere(): Entropy {
  return present
}

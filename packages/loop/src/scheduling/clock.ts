/** The source of a loop's time. */
export interface Clock {
  /** The time now, in milliseconds from some point in the past; it never goes back. */
  time(): number
  /**
   * Present on a clock that does not advance by itself: sets it to `when`. A loop with such a clock never waits for a
   * timer; when it is idle, it sets the clock to the next deadline.
   */
  advanceTo?(when: number): void
  /**
   * Called before time jumps to `when` although `waiting` awaits something real: a promise, a socket, a thread. If it
   * returns false, time stands still until that settles. @internal
   */
  mayJumpOver?(waiting: object, when: number): boolean
}

declare const performance: { now(): number }

type Hrtime = () => readonly [seconds: number, nanoseconds: number]

interface Host {
  process?: { hrtime?: Hrtime }
}

/** The time of the machine, from some point in the past. The default clock of a loop. */
export const monotonicClock: Clock = {
  time() {
    // Node loads `performance` on first use, which adds 0.6 ms to the start, and it is not more precise.
    return read((globalThis as Host).process?.hrtime, performanceNow)
  },
}

// Deno's hrtime calls the current `performance`, which may be a fake.
const loadedHrtime = 'Deno' in globalThis ? undefined : (globalThis as Host).process?.hrtime
const loadedNow =
  loadedHrtime === undefined && typeof performance !== 'undefined' ? performance.now.bind(performance) : performanceNow

/** The clock as it was when this module was loaded: fake timers of a test do not stop it. */
export const hostClock: Clock = {
  time: () => read(loadedHrtime, loadedNow),
}

function read(hrtime: Hrtime | undefined, otherwise: () => number): number {
  if (hrtime === undefined) return otherwise()
  const now = hrtime()
  return now[0] * 1000 + now[1] / 1e6
}

function performanceNow(): number {
  return performance.now()
}

import type { Coroutine } from 'spindle'
import type { AbortSignalLike, PlatformAbortSignal } from 'spindle/types'
import type { Abort, Cancel, ExploredRun } from './program.ts'

/** Options of `explore()`: the kinds of schedules that it tries, and their number. */
export interface ExploreOptions<S, T> {
  /**
   * Creates the objects of the program, once for each run. Its result is passed to the program and to the check.
   * Without it, both get what it would get.
   */
  readonly setup?: ((context: ExploreContext) => S | Coroutine<S>) | undefined
  /** Called after the program has ended; throws if something is wrong. A coroutine function may wait. */
  readonly check?: ((run: ExploredRun<S, T>) => unknown) | undefined
  /** Called after each step, and each event of the host; throws if a condition does not hold that must always hold. */
  readonly always?: ((given: S) => void) | undefined
  /**
   * Which Tasks are cancelled, one in each run, at each possible moment: `each`, or `main`, the one of the program.
   * `twice` and `main twice`: once, and then a second time before the end, perhaps while it cleans up.
   * @default 'each'
   */
  readonly cancel?: Cancel | undefined
  /**
   * By how many ms the loop may wake up late for a timer: other timers that are due by then run in the same iteration.
   * A step keeps the CPU for at most 10 of them.
   * @default 100
   */
  readonly late?: number | undefined
  /**
   * Which signals are aborted, one in each run, at each event of the host and between the turns of the microtask queue:
   * `own`, the one that the program gets; `each`, also those of the AbortControllers that it makes itself. If one of
   * its own is aborted, a run fails only if something then waits forever.
   * @default 'each'
   */
  readonly abort?: Abort | undefined
  /**
   * How much longer than written a timer may take, so that others come first, because plain numbers stand for
   * latencies:
   * `likely`, up to ten times; `any`, until any other timer. `written`: all timers keep their time, and the loop is not
   * late unless `late` says so. If a program calls `duration()`, only these durations vary.
   * @default 'likely'
   */
  readonly times?: 'likely' | 'any' | 'written' | undefined
  /**
   * Runs the program in real time, and cancels its Task, or aborts the signal of an async function, at a random moment
   * of each run, for programs that open sockets, processes and files. `census` counts these: a run also fails if the
   * caller continues while the program still holds something that neither existed before nor comes from `setup`. Only
   * `setup`, `check`, `cancel`, `runs` (by default 100), `seed` and `signal` count.
   * @default false
   */
  readonly real?: boolean | undefined
  /** The maximum number of runs; if given, remaining runs try random combinations. @default 2_000 */
  readonly runs?: number | undefined
  /** For how many ms of real time new schedules are tried. @default no limit */
  readonly for?: number | undefined
  /** Ends the exploration when it aborts. `it.explore` passes that of the test runner. */
  readonly signal?: AbortSignalLike | undefined
  /** The seed of random choices. The same seed tries the same schedules. @default 1 */
  readonly seed?: number | undefined
  /** Runs only this schedule, in the form that a failure prints. */
  readonly replay?: string | undefined
  /** How many steps a run may take. @default 100_000 */
  readonly maxSteps?: number | undefined
  /** How many ms of real time a run may keep the thread, on Node: an endless loop is stopped. @default 30_000 */
  readonly maxTime?: number | undefined
}

/** Options of `exploreProgram` for Spindle's own callers. */
export interface Caller {
  /** How a failure writes the call that replays it: the program's name and the options are given. @internal */
  readonly writtenAs?: (program: string, told: readonly string[]) => string
  /** When the exploration has to end, in real time: a run blocks the thread, so that no signal can come. @internal */
  readonly endsAt?: number | undefined
}

/** The schedules that were tried. */
export interface Exploration {
  /** The number of runs. */
  readonly runs: number
  /** How much of the possible schedules was tried: `cancel: 61 of 61, late: 3 of 3`. */
  readonly covered: string
  /**
   * Describes the first failure that needs a timer to take more than ten times as long as written, if there is one.
   * `times: 'any'` makes it an error; `duration()` says how long the timer may take.
   */
  readonly unlikely: string | undefined
}

/** What `setup` gets, or the program if there is no `setup`. */
export interface ExploreContext {
  /** A signal that is aborted at each possible moment, one in each run, if anything asks for it. */
  readonly signal: PlatformAbortSignal
}

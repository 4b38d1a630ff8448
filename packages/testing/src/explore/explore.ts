import type { Coroutine } from 'spindle'
import { checkOptions, RuntimeError } from 'spindle/internal'
import type { AbortSignalLike, PlatformAbortSignal } from 'spindle/types'
import { checkCoroutineFunction } from '../in-virtual-time.ts'
import { callerFrame, withOwnFrames } from '../own-frames.ts'
import type { Abort } from './aborts.ts'
import { type Check, checkValues, is, isCount, isFunction, isSignal, oneOf } from './check-values.ts'
import { isExploring } from './explored-run.ts'
import { Explorer } from './explorer.ts'
import { exploreModel, type Model, type ModelOptions, waits } from './model.ts'
import type { Cancel, ExploredRun, Program } from './program.ts'
import { stopAtRandom } from './stop-at-random.ts'

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
   * Runs the program in real time, and cancels its Task at a random moment of each run, for programs that open sockets,
   * processes and files. `census` counts these: a run also fails if the caller continues while the program still holds
   * something that neither existed before nor comes from `setup`. Only `setup`, `check`, `cancel`,
   * `runs` (by default 100), `seed` and `signal` count.
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

/** Explores one program. */
export function exploreProgram<T, S = ExploreContext>(
  program: Program<S, T>,
  options: ExploreOptions<S, T> = {},
  caller: Caller = {},
): Promise<Exploration> {
  const calledAt = callerFrame()
  checkArguments(program, options)
  if (isExploring()) throw new RuntimeError('explore() was called inside a program that is being explored')
  checkRealTimers()
  if (options.real === true) return exploreInRealTime(program, options)
  return withOwnFrames(new Explorer(program, options, caller).explore(), calledAt)
}

/** The type of `explore`. */
export interface Explore {
  <T, S = ExploreContext>(program: Program<S, T>, options?: ExploreOptions<S, T>): Promise<Exploration>
  /**
   * Explores programs in which Tasks call methods of one object, and compares the results with a simple object that
   * executes one call after the other. In some order of the calls, the simple object must return the same results.
   * @throws ExplorationError with the calls and their results, if there is no such order
   *
   * @example
   * ```ts
   * class Stock {
   *   left = 1;
   *   *take(): Coroutine<boolean> {
   *     if (this.left === 0) return false
   *     yield* sleep(5) // wrong: another Task can take it meanwhile
   *     this.left--
   *     return true
   *   }
   * }
   * class SimpleStock {
   *   left = 1
   *   take(): boolean {
   *     return this.left-- > 0
   *   }
   * }
   * const model = { real: () => new Stock(), sequential: () => new SimpleStock() }
   * const error = await explore.model(model).catch((thrown: Error) => thrown)
   * console.log(error instanceof ExplorationError) // prints: true
   * ```
   */
  model<Real extends object>(model: Model<Real>, options?: ModelOptions): Promise<Exploration>
  /** The result of a call of `model`'s simple object that has to wait. */
  readonly waits: typeof waits
}

/**
 * Runs a program repeatedly, each time under a different schedule: it cancels each Task at each moment, makes the loop
 * late, and runs ready Tasks in a different order. The first two runs have the ordinary schedule. A failing schedule is
 * shrunk and described in a sentence.
 *
 * A run fails when the program or the check throws, when something is reported to the exception handler, when the
 * program waits forever although nothing was cancelled, and when a wake-up is lost: a Task was woken but cancelled
 * before it ran, and now something waits forever that would not if the Task had been cancelled a moment earlier. Time
 * is virtual, and the thread is blocked during a run. On Node the host is simulated: async functions, promises, timers
 * and clocks work as they are. Sockets, files and workers do not answer, which is an error that names them.
 * @param program a coroutine function or an async function; it creates whatever it uses, or takes it from `setup`
 * @throws ExplorationError for the first schedule that fails; Error, with how far it came, if `signal` aborts;
 * TypeError, RangeError or SyntaxError if an option is
 * wrong; RuntimeError inside a program that is being explored
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const lock = new Lock()
 *   function* worker(): Coroutine<void> {
 *     using _ = yield* lock.acquire()
 *     yield* sleep(1)
 *   }
 *   yield* gather([worker(), worker()])
 * }
 * const { runs, covered } = await explore(main)
 * console.log(runs, covered) // prints: … cancel: …
 * ```
 */
export const explore: Explore = Object.assign(
  <T, S>(program: Program<S, T>, options?: ExploreOptions<S, T>) => exploreProgram(program, options),
  {
    model: <Real extends object>(model: Model<Real>, options: ModelOptions = {}) =>
      exploreModel(exploreProgram, model, options),
    waits,
  } as const,
)

async function exploreInRealTime<T, S>(program: Program<S, T>, options: ExploreOptions<S, T>): Promise<Exploration> {
  for (const name of ['always', 'abort', 'late', 'times', 'replay', 'for'] as const) {
    if (options[name] !== undefined) throw new TypeError(`explore() has no option \`${name}\` in real time`)
  }
  const { runs, stopped } = await stopAtRandom(program, options)
  return { runs, covered: `stopped: ${stopped} of ${runs}`, unlikely: undefined }
}

function checkArguments<S, T>(program: unknown, options: ExploreOptions<S, T>): void {
  checkCoroutineFunction('explore()', program)
  checkOptions('explore()', options, Object.keys(CHECKS))
  checkValues(options, CHECKS)
}

const CHECKS: { readonly [Name in keyof ExploreOptions<unknown, unknown>]-?: Check } = {
  setup: isFunction,
  check: isFunction,
  always: isFunction,
  cancel: oneOf('each', 'twice', 'main', 'main twice', 'never'),
  late: is('a number of milliseconds >= 0', (value: unknown) => Number.isFinite(value) && (value as number) >= 0),
  abort: oneOf('each', 'own', 'none'),
  times: oneOf('likely', 'any', 'written'),
  real: oneOf(true, false),
  runs: isCount,
  for: isCount,
  signal: isSignal,
  seed: is('an integer', Number.isInteger),
  replay: is('the text of a schedule', (value: unknown) => typeof value === 'string', TypeError),
  maxSteps: isCount,
  maxTime: isCount,
}

/** The program gets a separate clock; the fake timers of a test runner would interfere. */
function checkRealTimers(): void {
  const { setTimeout } = globalThis as { setTimeout?: object }
  if (setTimeout === undefined || !('clock' in setTimeout)) return
  throw new RuntimeError(
    'explore() was called while fake timers are active. It simulates time itself: restore the real ones before, ' +
      'with vi.useRealTimers() or jest.useRealTimers()',
  )
}

import { checkOptions, RuntimeError } from 'spindle/internal'
import { checkCoroutineFunction } from '../in-virtual-time.ts'
import { callerFrame, withOwnFrames } from '../own-frames.ts'
import { isExploring } from '../run/explored-run.ts'
import { Explorer } from '../search/explorer.ts'
import { exploreModel, type Model, type ModelOptions, waits } from '../search/model.ts'
import { stopAtRandom } from '../search/stop-at-random.ts'
import { type Check, checkValues, is, isCount, isFunction, isSignal, oneOf } from './check-values.ts'
import type { Caller, Exploration, ExploreContext, ExploreOptions } from './options.ts'
import type { Program } from './program.ts'

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
   * let left: number
   * const sequential = () => ((left = 1), { take: () => left-- > 0 })
   * const model = { real: () => new Stock(), sequential }
   * const error = await explore.model(model).catch((thrown: Error) => thrown)
   * console.log(error instanceof ExplorationError) // prints: true
   * ```
   */
  model<Real extends object>(model: Model<Real>, options?: ModelOptions): Promise<Exploration>
  /** The result of a call of `model`'s simple object that has to wait. */
  readonly waits: typeof waits
}

/**
 * Runs a program repeatedly, each time under a different schedule: it cancels each Task at each moment, lets timers
 * take longer, aborts signals, and makes the loop late. The first two runs have the ordinary schedule. A failing
 * schedule is shrunk and described in a sentence.
 *
 * A run fails when the program or the check throws, when something is reported to the exception handler, when the
 * program waits forever although nothing was cancelled, and when a wake-up is lost: a Task was woken but cancelled
 * before it ran, and now something waits forever that would not if the Task had been cancelled a moment earlier. Time
 * is virtual, and the thread is blocked during a run. On Node the host is simulated: async functions, promises, timers
 * and clocks work as they are. Sockets, files and workers do not answer, which is an error that names them.
 * @param program a coroutine function or an async function; it creates whatever it uses, or takes it from `setup`
 * @throws ExplorationError for the first schedule that fails; Error, with how far it came, if `signal` aborts;
 * TypeError, RangeError or SyntaxError if an option is wrong; RuntimeError inside a program that is being explored
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

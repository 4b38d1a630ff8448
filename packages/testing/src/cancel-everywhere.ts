import { type Coroutine, type EventLoop, type ExceptionContext, newEventLoop, Runner, type Task } from 'spindle'
import { checkOptions, repr } from 'spindle/internal'
import { callingBack } from './calling-back.ts'
import { checkCoroutineFunction } from './check-coroutine-function.ts'
import { cancelPointsOf } from './explore/cancel-points.ts'
import { LateClock } from './explore/late-clock.ts'
import { type CancelAt, WatchedQueue } from './explore/watched-queue.ts'
import { recordFailure, toldFiles } from './failure-files.ts'
import { stopAtRandom } from './stop-at-random.ts'

/** One of the runs that `cancelEverywhere` makes. */
export interface CancelledRun<out T, out S = undefined> {
  /**
   * The point at which a Task was cancelled: 1 is before the first step. undefined: no Task was cancelled, and the
   * program ended by itself.
   */
  readonly point: number | undefined
  /** The Task that ran the program. It is done. */
  readonly task: Task<T>
  /** The value that `setup` returned. */
  readonly given: S
  /** The name of the Task that was cancelled: `main`, `main/worker`, `main/2`. undefined: no Task was cancelled. */
  readonly cancelled: string | undefined
}

/** Options of `cancelEverywhere`. */
export interface CancelEverywhereOptions<S> {
  /** Creates the objects of the program, once for each run. Its result is passed to the program and to the check. */
  readonly setup?: (() => S | Coroutine<S>) | undefined
  /** Which Tasks are cancelled: the main Task only, or each in turn. @default 'main' */
  readonly tasks?: 'main' | 'each' | undefined
  /**
   * How often a Task is cancelled in one run. With 2, the second cancellation may arrive while it cleans up.
   * @default 1
   */
  readonly times?: 1 | 2 | undefined
  /**
   * Cancels the main Task at random moments of real time, and counts with `census` what each stop leaves: for programs
   * that open sockets, processes and files.
   * @default false
   */
  readonly real?: boolean | undefined
  /** How many times it is stopped in real time. @default 100 */
  readonly stops?: number | undefined
  /** The seed of the random moments. @default 1 */
  readonly seed?: number | undefined
}

/**
 * Runs a program repeatedly, each time in a new loop and in virtual time, and cancels a Task at a different point each
 * time: before its first step, then between any two callbacks of the loop, until the program ends before that point is
 * reached. This finds whatever a cancellation at an unlucky moment breaks, such as a lock that stays locked, a waiter
 * that is never woken or an item that is lost, and finds it at the same point each time. The last run, in which nothing
 * is cancelled, is checked as well.
 *
 * A run fails when the program or the check waits forever, when the check throws, and when something is reported to the
 * loop's exception handler. An exception of the program is reported there unless the check retrieves it from the Task.
 *
 * With `real: true` time is real, and the moments are random: `cancelEverywhere(program, check, { real: true, stops:
 * 1000 })`. Such a run fails, too, when the caller is told while the program still holds a socket, a process, a file, a
 * timer, a listener or an async generator that it did not hold before. What `setup` makes does not count.
 * @param program creates whatever it uses, or takes it from `setup`; Tasks that it leaves behind keep running during
 * the check, and are cancelled after it
 * @param check called in the loop of the run after the program has ended; a coroutine function may wait
 * @returns the number of runs in which a Task was cancelled
 * @throws Error with the number of the point, the Task and where it was waiting, and with the failure as its `cause`
 *
 * @example
 * ```ts
 * let open = 0
 * function* connection(): Coroutine<void> {
 *   open++
 *   try {
 *     yield* sleep(100)
 *   } finally {
 *     open--
 *   }
 * }
 * const points = await cancelEverywhere(connection, () => {
 *   if (open > 0) throw new Error('the connection was left open')
 * })
 * console.log(points) // prints: 3
 * ```
 */
export async function cancelEverywhere<T, S = undefined>(
  program: (given: S) => Coroutine<T>,
  check: (run: CancelledRun<T, S>) => unknown = () => {},
  options: CancelEverywhereOptions<S> = {},
): Promise<number> {
  checkCoroutineFunction('cancelEverywhere()', program)
  checkOptions('cancelEverywhere()', options, ['setup', 'tasks', 'times', 'real', 'stops', 'seed'])
  const { tasks = 'main', times = 1, real = false, stops = 100, seed = 1 } = options
  if (tasks !== 'main' && tasks !== 'each') throw new TypeError(`tasks must be 'main' or 'each', got ${repr(tasks)}`)
  if (times !== 1 && times !== 2) throw new RangeError(`times must be 1 or 2, got ${repr(times)}`)
  if (real) {
    if (tasks === 'each') throw new TypeError("tasks: 'each' is for virtual time: a program in real time is stopped")
    return stopAtRandom(program, check, { setup: options.setup, times, stops, seed })
  }
  const run = async (cancels: readonly CancelAt[]): Promise<WatchedQueue> => {
    try {
      return await runOnce(program, check, options.setup, cancels)
    } catch (error) {
      // Runs the failing case again to find out where it fails, with a recorder if there is one.
      let told = error
      const again = (watch: (loop: EventLoop) => void): Promise<unknown> =>
        runOnce(program, check, options.setup, cancels, watch).catch((second: unknown) => {
          told = second
        })
      const files = await recordFailure(String(error), again)
      if (files === undefined && cancels.length > 0) await again(() => {})
      if (files !== undefined && told instanceof Error) told.message += toldFiles(files)
      throw told
    }
  }
  const again = async (first: CancelAt): Promise<number> => {
    const queue = await run([first])
    if (queue.injected.length === 0 || times === 1) return queue.injected.length
    const seconds = cancelPointsOf(queue, tasks, first.point + 1)
    for (let n = 0; n < seconds.length; n++) await run([first, seconds.at(n)])
    return 1 + seconds.length
  }
  let runs = 0
  if (tasks === 'main') {
    for (let point = 1; ; point++) {
      const more = await again({ path: 'main', point })
      if (more === 0) return runs // and the check has passed without a cancellation
      runs += more
    }
  }
  const points = cancelPointsOf(await run([]), 'each')
  for (let n = 0; n < points.length; n++) runs += await again(points.at(n))
  return runs
}

const MAX_STEPS = 1_000_000

async function runOnce<T, S>(
  program: (given: S) => Coroutine<T>,
  check: (run: CancelledRun<T, S>) => unknown,
  setup: (() => S | Coroutine<S>) | undefined,
  cancels: readonly CancelAt[],
  watch?: (loop: EventLoop) => void, // it failed before; finding the place takes longer
): Promise<WatchedQueue> {
  const reports: ExceptionContext[] = []
  const queue = new WatchedQueue(cancels, MAX_STEPS)
  queue.notesPlaces = watch !== undefined
  const clock = new LateClock(undefined)
  const loop = newEventLoop({ clock, ready: queue })
  loop.setExceptionHandler((_loop, context) => reports.push(context))
  watch?.(loop)
  const runner = new Runner({ loopFactory: () => loop })
  runner.getLoop() // from here on the runner closes it
  try {
    try {
      const given = (setup === undefined ? undefined : await runner.run(callingBack(setup))) as S
      queue.begin(loop, clock)
      // NewEventLoop() makes loops that create Tasks.
      const task = loop.createTask(program(given), { name: 'program' }) as Task<T>
      // A Future, because another Task would add callbacks to the loop.
      const ended = loop.createFuture<void>()
      task.addDoneCallback(() => ended.setResult())
      await loop.runUntilComplete(ended)
      queue.end()
      const [first] = queue.injected
      await runner.run(callingBack(() => check({ point: first?.point, task, given, cancelled: first?.lane.path })))
    } finally {
      queue.end()
      await runner.close()
    }
    const [first] = reports
    if (first !== undefined) {
      throw new Error(`reported to the exception handler: ${first.message}`, { cause: first.exception })
    }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${whenOf(queue)}: ${said}${whereOf(queue)}`, { cause })
  }
  return queue
}

function whenOf({ injected }: WatchedQueue): string {
  const [first, second] = injected
  if (first === undefined) return 'not cancelled'
  const name = ({ lane }: typeof first): string => (lane.path === 'main' ? '' : ` (${lane.path})`)
  const again = second === undefined ? '' : ` and again at point ${second.point}${name(second)}`
  return `cancelled at point ${first.point}${name(first)}${again}`
}

function whereOf({ injected }: WatchedQueue): string {
  const places = injected.filter(({ place }) => place !== undefined)
  return places.map(({ lane, place }) => `\n${lane.path} was cancelled at ${place}`).join('')
}

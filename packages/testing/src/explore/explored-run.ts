import {
  type Awaitable,
  type Coroutine,
  DeadlockError,
  type EventLoop,
  type ExceptionContext,
  VirtualClock,
} from '@spindle/loop'
import { blockedPromiseError, isAwaitable, isError, repr } from '@spindle/loop/internal'
import { isCoroutine, isCoroutineFunction, newEventLoop, Runner, type Task } from '@spindle/task'
import { type Entropy, useEntropy } from './entropy.ts'
import type { Lane } from './lanes.ts'
import type { ScheduleItem } from './schedule.ts'
import { type Injected, TooManySteps, type WatchedQueue } from './watched-queue.ts'

/** What is explored. */
export interface Subject<S, T> {
  readonly setup: (() => S | Coroutine<S>) | undefined
  readonly program: (given: S) => Awaitable<T>
  readonly check: ((run: ExploredRun<S, T>) => unknown) | undefined
}

/** What a check can see of a run. */
export interface ExploredRun<out S, out T> {
  /** The value that `setup` returned. */
  readonly given: S
  /** The main Task. It is done. */
  readonly task: Task<T>
  /** The names of the Tasks that the schedule has cancelled: `main`, `main/worker`, `main/2`. */
  readonly cancelled: readonly string[]
}

/** How a run fails. */
export type FailureKind =
  | 'error'
  | 'check'
  | 'report'
  | 'deadlock'
  | 'lost wake-up'
  | 'cancel race'
  | 'abandoned'
  | 'endless'

export interface Failure {
  readonly kind: FailureKind
  readonly error: unknown
}

export interface Plan {
  readonly queue: WatchedQueue
  readonly clock: LateClock
  readonly entropy: Entropy
  /** Called with the loop before anything happens. */
  readonly watch?: ((loop: EventLoop) => void) | undefined
}

/** The outcome of a run. */
export interface Outcome {
  readonly plan: Plan
  readonly failure: Failure | undefined
  /** The Tasks that wait although nothing is left that could wake them. */
  readonly waiting: readonly Lane[]
  /** Whether the main Task is one of them, and its error message. */
  readonly deadlock: DeadlockError | undefined
  readonly injected: readonly Injected[]
}

/** A clock that may be late: when time jumps, it may jump further than requested. */
export class LateClock extends VirtualClock {
  /** The times it was set to, and the times it showed. */
  readonly jumps: { readonly at: number; readonly by: number }[] = []
  readonly #lateBy: ((at: number) => number) | undefined

  constructor(lateBy: ((at: number) => number) | undefined) {
    super()
    this.#lateBy = lateBy
  }

  override advanceTo(when: number): void {
    const by = this.#lateBy?.(when) ?? 0
    this.jumps.push({ at: when, by })
    super.advanceTo(when + by)
  }

  /** The late wake-ups, as items of a schedule. */
  get items(): ScheduleItem[] {
    return this.jumps.filter(({ by }) => by > 0).map(({ at, by }) => ({ kind: 'late', by, at }))
  }
}

// A run blocks its thread, so there is only one at a time.
let exploring = false

/** Whether a program is being explored. */
export function isExploring(): boolean {
  return exploring
}

// Tasks that are left when the main Task has ended continue until they wait forever, or for this many steps.
const MAX_STEPS_AFTER = 500

/** Runs the program once, in a new loop that blocks the thread, and checks how it ended. */
export function runExplored<S, T>(subject: Subject<S, T>, plan: Plan): Outcome {
  const { queue } = plan
  const loop = newEventLoop({ clock: plan.clock, ready: queue })
  const reports: ExceptionContext[] = []
  loop.setExceptionHandler((_loop, context) => reports.push(context))
  plan.watch?.(loop)
  const endEntropy = useEntropy(plan.entropy, loop)
  const outer = exploring
  exploring = true
  let main: Task<T> | undefined
  let deadlock: DeadlockError | undefined
  let waiting: Lane[] = []
  let failure: Failure | undefined
  try {
    const given = (subject.setup === undefined ? undefined : callInLoop(loop, subject.setup)) as S
    queue.begin(loop)
    const { program } = subject
    const coroutine = isCoroutineFunction(program) ? (program(given) as Coroutine<T>) : callProgram(program, given)
    main = loop.createTask(coroutine, { name: 'main' }) as Task<T>
    deadlock = runUntilDone(loop, main)
    if (deadlock === undefined) runWhatIsLeft(loop, queue)
    queue.end()
    waiting = queue.lanes.all.filter(({ task }) => task !== undefined && !task.done())
    failure = failureOf(main, queue.injected)
    if (deadlock === undefined && failure === undefined && subject.check !== undefined) {
      const cancelled = queue.injected.map(({ lane }) => lane.path)
      failure = check(loop, subject.check, { given, task: main, cancelled })
    }
  } catch (error) {
    failure ??= { kind: error instanceof TooManySteps ? 'endless' : 'error', error }
  } finally {
    queue.end()
    endEntropy()
    exploring = outer
    closeLoop(loop, (error) => {
      failure ??= { kind: error instanceof TooManySteps ? 'endless' : 'error', error }
    })
  }
  const report = reports.find(({ message }) => message !== DESTROYED)
  if (failure === undefined && report !== undefined) failure = reported(report, main)
  return { plan, failure, waiting, deadlock, injected: queue.injected }
}

/** An ordinary function may call something that needs the loop: `() => gather([…])`. */
function* callProgram<S, T>(program: (given: S) => Awaitable<T>, given: S): Coroutine<T> {
  const awaitable = program(given)
  if (!isAwaitable(awaitable)) {
    throw new TypeError(`explore() expected the program to be a coroutine function, it returned ${repr(awaitable)}`)
  }
  return yield* awaitable
}

const DESTROYED = 'Task was destroyed but it is pending!'

function runUntilDone(loop: EventLoop, main: Task<unknown>): DeadlockError | undefined {
  const ended = loop.createFuture<void>()
  main.addDoneCallback(() => ended.setResult())
  try {
    loop.runUntilCompleteSync(ended)
  } catch (error) {
    if (error instanceof DeadlockError) return error
    throw error
  }
  return undefined
}

/** The Tasks that the main Task has left continue until nothing can happen any more. */
function runWhatIsLeft(loop: EventLoop, queue: WatchedQueue): void {
  const left = [...loop.tasks] as Task[] // only Tasks are in there
  if (left.length === 0) return
  let running = left.length
  const ended = loop.createFuture<void>()
  for (const task of left) {
    task.addDoneCallback(() => {
      if (--running === 0) ended.setResult()
    })
  }
  queue.stopAfter(MAX_STEPS_AFTER)
  try {
    loop.runUntilCompleteSync(ended)
  } catch (error) {
    if (error instanceof TooManySteps) throw error
    // They wait forever, or run forever.
  }
}

function failureOf(main: Task<unknown>, injected: readonly Injected[]): Failure | undefined {
  if (!main.done() || !main.cancelled() || injected.length > 0) return undefined
  return { kind: 'error', error: new Error('the program ends with a CancelledError, and nothing was cancelled') }
}

function check<S, T>(
  loop: EventLoop,
  fn: (run: ExploredRun<S, T>) => unknown,
  run: ExploredRun<S, T>,
): Failure | undefined {
  try {
    callInLoop(loop, () => fn(run))
  } catch (error) {
    if (error instanceof TooManySteps) return { kind: 'endless', error }
    return { kind: 'check', error }
  }
  return undefined
}

function callInLoop(loop: EventLoop, fn: () => unknown): unknown {
  return loop.runUntilCompleteSync(loop.createTask(calling(fn), { name: 'explore()' }))
}

function* calling(fn: () => unknown): Coroutine<unknown> {
  const result = fn()
  if (isCoroutine(result)) return yield* result
  if (result instanceof Promise) {
    result.catch(() => {}) // reported here
    throw new TypeError(
      'setup and check of explore() may be coroutine functions, but not async functions: no promise settles during a run',
    )
  }
  return result
}

/** Cancels the remaining Tasks, and closes the loop. */
function closeLoop(loop: EventLoop, fail: (error: unknown) => void): void {
  if (loop.isClosed()) return
  try {
    if (loop.tasks.size > 0) {
      const runner = new Runner({ loopFactory: () => loop })
      runner.getLoop()
      runner.closeSync()
    }
  } catch (error) {
    if (!(error instanceof DeadlockError)) fail(error)
  }
  loop.close()
}

function reported({ message, exception }: ExceptionContext, main: Task<unknown> | undefined): Failure {
  if (isError(exception) && exception.message === blockedPromiseError().message) {
    return { kind: 'error', error: new TypeError(REAL_PROMISE, { cause: exception }) }
  }
  if (main?.hasException() && main.peekException() === exception) return { kind: 'error', error: exception }
  return { kind: 'report', error: new Error(`reported to the exception handler: ${message}`, { cause: exception }) }
}

const REAL_PROMISE =
  'the program awaits a promise of the host, and a schedule cannot decide when that settles. Put something in its place ' +
  'that lives in virtual time: a Future, a sleep()'

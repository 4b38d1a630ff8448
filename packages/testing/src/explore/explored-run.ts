import {
  type Awaitable,
  type Coroutine,
  DeadlockError,
  type EventLoop,
  type ExceptionContext,
  ensureFuture,
  isCoroutine,
  isCoroutineFunction,
  newEventLoop,
  Runner,
  Task,
} from 'spindle'
import { ambient, blockedPromiseError, explain, isAwaitable, isError, isThenable, repr } from 'spindle/internal'
import type { Choices } from './choices.ts'
import { useEntropy } from './entropy.ts'
import type { ExploreOptions } from './explore.ts'
import { type ExploredQueue, TooManySteps } from './explored-queue.ts'
import { ExploredTimers } from './explored-timers.ts'
import { useHost } from './host-globals.ts'
import { describeStep, type Lane } from './lanes.ts'
import type { LateClock } from './late-clock.ts'
import { OpenWaits } from './open-waits.ts'
import type { ExploredRun, Failure, Program } from './program.ts'
import { collectRejections } from './rejections.ts'
import { runEvents, settle, settlePromise } from './settle.ts'
import { SimulatedHost } from './simulated-host.ts'
import { textOf } from './tell.ts'

export interface Plan {
  readonly queue: ExploredQueue
  readonly clock: LateClock
  readonly choices: Choices
  /** Whether the simulated host drives the loop. Otherwise the loop blocks the thread, and no promise settles. */
  readonly isHosted: boolean
  /** How many events the simulated host may have. */
  readonly maxEvents: number
  /** Whether to find out where promises are awaited. */
  readonly notesAwaits: boolean
  /** Called with the loop before anything happens. */
  readonly watch?: ((loop: EventLoop) => void) | undefined
}

/** The outcome of a run. */
export interface Outcome {
  readonly plan: Plan
  failure: Failure | undefined
  /** The Tasks that wait although nothing is left that could wake them. */
  waiting: readonly Lane[]
  /** Whether a cancelled Task is one of them, and waits for something other than a Task. */
  isCancelledStuck: boolean
  /** Whether the main Task is one of them, and its error message. */
  deadlock: DeadlockError | undefined
  /** Whether the program has set a timer of the host, or posted a message; and the number of events of the host. */
  hasEvents: boolean
  events: number
  /** The real things that the program has begun and that have not answered, if that was noted. */
  real: readonly string[]
}

// A run blocks its thread, so there is only one at a time.
let current: { readonly loop: EventLoop; end(): void } | undefined

/** Whether a program is being explored. */
export function isExploring(): boolean {
  return current !== undefined
}

/** Ends the run that was stopped by force, without the clean-up of its program. */
export function abandonRun(): void {
  current?.loop.driver?.end() // another run in virtual time would wait for this one
  current?.end()
  ambient.runningLoop = undefined
}

// Tasks that are left when the main Task has ended continue until they wait forever, or for this many steps.
const MAX_STEPS_AFTER = 500

/** Runs the program once, in a new loop, and checks how it ended. */
export function runExplored<S, T>(
  program: Program<S, T>,
  options: Pick<ExploreOptions<S, T>, 'setup' | 'check' | 'always'>,
  plan: Plan,
): Outcome {
  const { queue, clock, choices } = plan
  explain()
  const simulated = new SimulatedHost(clock, choices, queue, plan.maxEvents)
  const host = plan.isHosted ? simulated : undefined
  const loop = newEventLoop({
    clock: host === undefined ? clock : { time: () => clock.time() }, // the host makes time pass
    ready: queue,
    timers: new ExploredTimers(clock, choices),
  })
  if (host !== undefined) Object.assign(loop, { taskCounter: { made: 0 } }) // as in virtual time
  const reports: ExceptionContext[] = []
  loop.setExceptionHandler((_loop, context) => reports.push(context))
  plan.watch?.(loop)
  const ends = [useEntropy(choices, loop), useHost(simulated)]
  if (host !== undefined && plan.notesAwaits) host.waits = new OpenWaits()
  const rejections = collectRejections()
  const end = (): void => {
    current = undefined
    for (const undo of ends) undo()
    host?.waits?.end()
    rejections.end()
  }
  current = { loop, end }
  const outcome: Outcome = {
    plan,
    failure: undefined,
    waiting: [],
    isCancelledStuck: false,
    deadlock: undefined,
    hasEvents: false,
    events: 0,
    real: [],
  }
  const fail = (error: unknown): void => {
    outcome.failure ??= { kind: error instanceof TooManySteps ? 'endless' : 'error', error }
  }
  let main: Task<T> | undefined
  try {
    const given = (options.setup === undefined ? undefined : callInLoop(loop, host, options.setup)) as S
    const { always } = options
    if (always !== undefined) queue.always = () => always(given)
    queue.begin(loop, host)
    const coroutine = isCoroutineFunction(program) ? (program(given) as Coroutine<T>) : callProgram(program, given)
    main = loop.createTask(coroutine, { name: 'main' }) as Task<T>
    outcome.deadlock = runUntilDone(loop, host, main)
    const pending = (): Lane[] => queue.lanes.all.filter(({ task }) => task !== undefined && !task.done())
    const left = pending().map(({ path }) => path)
    if (outcome.deadlock === undefined) runWhatIsLeft(loop, host, queue)
    queue.end()
    const waiting = pending()
    outcome.waiting = waiting
    outcome.isCancelledStuck = queue.injected.some(
      ({ lane }) => waiting.includes(lane) && !(lane.task?.waitedFor instanceof Task),
    )
    const cancelled = queue.injected.map(({ lane }) => lane.path)
    outcome.failure = queue.broken === undefined ? failureOf(main, cancelled) : brokenAt(queue.broken)
    if (outcome.deadlock === undefined && outcome.failure === undefined && options.check !== undefined) {
      outcome.failure = check(loop, host, options.check, { given, task: main, cancelled, left })
    }
  } catch (error) {
    fail(error)
  } finally {
    outcome.hasEvents = simulated.hasEvents // before the clean-up, which sets a timer
    outcome.events = simulated.events
    outcome.real = simulated.waits?.real ?? []
    queue.end()
    closeLoop(loop, host, fail)
    end()
  }
  const { lost } = rejections
  if (lost.length > 0) outcome.failure ??= { kind: 'report', error: lost[0] }
  const report = reports.find(({ message }) => message !== DESTROYED)
  if (report !== undefined) outcome.failure ??= reported(report, main)
  return outcome
}

/** An ordinary function may call something that needs the loop: `() => gather([…])`. */
function* callProgram<S, T>(program: Program<S, T>, given: S): Coroutine<T> {
  const awaitable = program(given)
  if (!isAwaitable(awaitable)) {
    if (isThenable<T>(awaitable)) return yield* ensureFuture(awaitable)
    throw new TypeError(
      `explore() expected the program to be a coroutine function or an async function, it returned ${repr(awaitable)}`,
    )
  }
  return yield* awaitable as Awaitable<T>
}

const DESTROYED = 'Task was destroyed but it is pending!'

function runUntilDone(
  loop: EventLoop,
  host: SimulatedHost | undefined,
  main: Task<unknown>,
): DeadlockError | undefined {
  const ended = loop.createFuture<void>()
  main.addDoneCallback(() => ended.setResult())
  try {
    settle(loop, host, ended)
  } catch (error) {
    if (error instanceof DeadlockError) return error
    throw error
  }
  return undefined
}

/** The Tasks that the main Task has left continue until nothing can happen any more. */
function runWhatIsLeft(loop: EventLoop, host: SimulatedHost | undefined, queue: ExploredQueue): void {
  const left = [...loop.tasks] as Task[] // only Tasks are in there
  if (left.length > 0) {
    let running = left.length
    const ended = loop.createFuture<void>()
    for (const task of left) {
      task.addDoneCallback(() => {
        if (--running === 0) ended.setResult()
      })
    }
    queue.stopAfter(MAX_STEPS_AFTER)
    try {
      settle(loop, host, ended)
    } catch (error) {
      if (error instanceof TooManySteps) throw error
      // They wait forever, or run forever.
    }
  }
  if (host !== undefined) runEvents(host, MAX_STEPS_AFTER)
}

function brokenAt({ step, error }: { readonly step: string; readonly error: unknown }): Failure {
  return { kind: 'check', error: new Error(`after ${describeStep(step)}: ${textOf(error)}`, { cause: error }) }
}

function failureOf(main: Task<unknown>, cancelled: readonly string[]): Failure | undefined {
  if (!main.done() || !main.cancelled() || cancelled.length > 0) return undefined
  return { kind: 'error', error: new Error('the program ends with a CancelledError, and nothing was cancelled') }
}

function check<S, T>(
  loop: EventLoop,
  host: SimulatedHost | undefined,
  fn: (run: ExploredRun<S, T>) => unknown,
  run: ExploredRun<S, T>,
): Failure | undefined {
  try {
    callInLoop(loop, host, () => fn(run))
  } catch (error) {
    if (error instanceof TooManySteps) return { kind: 'endless', error }
    const { task } = run
    const own = task.cancelled() || !task.hasException() ? error : task.peekException()
    return own === error ? { kind: 'check', error } : { kind: 'check', error, own }
  }
  return undefined
}

function callInLoop(loop: EventLoop, host: SimulatedHost | undefined, fn: () => unknown): unknown {
  return settle(loop, host, loop.createTask(calling(fn, host !== undefined), { name: 'explore()' }))
}

/** Calls a function, and awaits its result. */
export function* calling(fn: () => unknown, mayAwait: boolean): Coroutine<unknown> {
  const result = fn()
  if (isCoroutine(result)) return yield* result
  if (!isThenable(result)) return result
  if (mayAwait) return yield* ensureFuture(result)
  Promise.resolve(result).catch(() => {}) // reported here
  throw blockedPromiseError()
}

/** Cancels the remaining Tasks, and closes the loop. */
function closeLoop(loop: EventLoop, host: SimulatedHost | undefined, fail: (error: unknown) => void): void {
  if (loop.isClosed()) return
  try {
    if (loop.tasks.size > 0) {
      const runner = new Runner({ loopFactory: () => loop })
      runner.getLoop()
      if (host === undefined) runner.closeSync()
      else settlePromise(host, runner.close(), () => new DeadlockError('the clean-up waits forever'))
    }
  } catch (error) {
    if (!(error instanceof DeadlockError)) fail(error)
  }
  try {
    if (loop.isRunning()) loop.driver?.end()
    loop.close()
  } catch (error) {
    fail(error)
  }
}

/** Whether a run has used the host, or failed because it awaits a promise while the thread is blocked. */
export function needsHost({ failure, deadlock, hasEvents }: Outcome): boolean {
  if (hasEvents) return true
  for (let error: unknown = failure?.own ?? failure?.error ?? deadlock; isError(error); error = error.cause) {
    if (error instanceof RealPromiseError || IN_BLOCKING_RUN.test(error.message)) return true
  }
  return false
}

function reported({ message, exception }: ExceptionContext, main: Task<unknown> | undefined): Failure {
  if (isError(exception) && exception.message === blockedPromiseError().message) {
    return { kind: 'error', error: new RealPromiseError(REAL_PROMISE, { cause: exception }) }
  }
  if (main?.hasException() && main.peekException() === exception) return { kind: 'error', error: exception }
  const what = exception === undefined ? message : `${message}: ${textOf(exception)}`
  return { kind: 'report', error: new Error(`reported to the exception handler: ${what}`, { cause: exception }) }
}

const IN_BLOCKING_RUN = /in a blocking run|inside runSync\(\)|While the thread is blocked/

class RealPromiseError extends TypeError {}

const REAL_PROMISE =
  'the program awaits a promise of the host, which explore() can run on Node only. Put something in its place ' +
  'that lives in virtual time: a Future, a sleep()'

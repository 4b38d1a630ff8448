import {
  type Awaitable,
  type Coroutine,
  DeadlockError,
  type EventLoop,
  type ExceptionContext,
  ensureFuture,
  newEventLoop,
  Runner,
  Task,
} from 'spindle'
import { ambient, explain, hostProcess, isAwaitable, isThenable, repr } from 'spindle/internal'
import { isCoroutine, isCoroutineFunction } from 'spindle/more'
import type { PlatformAbortSignal } from 'spindle/types'
import type { ExploreContext, ExploreOptions } from '../explore/options.ts'
import { type ExploredRun, type Failure, type Program, TooManySteps, textOf } from '../explore/program.ts'
import { Aborts } from '../host/aborts.ts'
import { useHost } from '../host/host-globals.ts'
import type { LateClock } from '../host/late-clock.ts'
import { isNode } from '../host/node.ts'
import { OpenWaits } from '../host/open-waits.ts'
import { SimulatedHost } from '../host/simulated-host.ts'
import type { Choices } from '../schedule/choices.ts'
import { useEntropy } from '../schedule/entropy.ts'
import type { ExploredQueue } from './explored-queue.ts'
import { ExploredTimers } from './explored-timers.ts'
import { describeStep, type Lane } from './lanes.ts'
import { settle } from './settle.ts'

export interface Plan {
  readonly queue: ExploredQueue
  readonly clock: LateClock
  readonly choices: Choices
  /** How many events the simulated host may have. */
  readonly maxEvents: number
  /** Whether to find out where promises are awaited. */
  readonly notesAwaits: boolean
  /** Called with the loop before anything happens. */
  readonly watch: (loop: EventLoop, host: SimulatedHost) => void
}

/** The outcome of a run. */
export interface Outcome {
  readonly plan: Plan
  failure: Failure | undefined
  /** Whether the loop or the host has reported the failure: the program, and its check, have ended well. */
  isReported: boolean
  /** The Tasks that wait although nothing is left that could wake them. */
  waiting: readonly Lane[]
  /** Whether a cancelled Task is one of them, and waits for something other than a Task. */
  isCancelledStuck: boolean
  /** Whether the main Task is one of them, and its error message. */
  deadlock: DeadlockError | undefined
  readonly host: SimulatedHost
  /** Whether an earlier run of the search had the same events in the same order. */
  isRepeat: boolean
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
  const host = new SimulatedHost(clock, choices, queue, plan.maxEvents)
  const loop = newEventLoop({ clock, ready: queue, timers: new ExploredTimers(plan) })
  host.loop = loop
  Object.assign(loop, {
    taskCounter: { made: 0 }, // as in virtual time
    parts: {
      ...loop.parts,
      drivers: { ...loop.driversOf('blocking run'), runUntilCompleteBlocking: settle.bind(undefined, host) },
    },
  })
  const aborts = new Aborts(choices.items('abort'), plan.notesAwaits && isNode(), (item) => choices.note(item))
  host.aborts = aborts
  const reports: ExceptionContext[] = []
  loop.setExceptionHandler((_loop, context) =>
    reports.push({ ...context, message: `reported to the exception handler: ${context.message}` }),
  )
  host.onError = (exception) => reports.push({ message: EVENTS.uncaughtException, exception })
  plan.watch(loop, host)
  const ends = [useEntropy(choices, loop), useHost(host), collectRejections(reports), () => aborts.end()]
  if (plan.notesAwaits && isNode()) {
    host.waits = new OpenWaits()
    ends.push(host.waits.end)
  }
  const end = (): void => {
    current = undefined
    for (const undo of ends) undo()
  }
  current = { loop, end }
  const outcome: Outcome = {
    plan,
    failure: undefined,
    isReported: false,
    waiting: [],
    isCancelledStuck: false,
    deadlock: undefined,
    host,
    isRepeat: false,
  }
  const fail = (error: unknown): void => {
    outcome.failure ??= { kind: error instanceof TooManySteps ? 'endless' : 'error', error }
  }
  let main: Task<T> | undefined
  try {
    const { setup } = options
    const context: ExploreContext = {
      get signal() {
        return aborts.signal as PlatformAbortSignal // of the platform's own controller
      },
    }
    const ownGiven = program.length > 0 ? context : undefined
    const given = (setup === undefined ? ownGiven : callInLoop(loop, () => setup(context))) as S
    const { always } = options
    if (always !== undefined) queue.always = () => always(given)
    queue.begin(loop, host)
    const coroutine = isCoroutineFunction(program) ? (program(given) as Coroutine<T>) : callProgram(program, given)
    main = loop.createTask(coroutine, { name: 'main' }) as Task<T>
    const hang = runUntilEnded(loop, [main])
    if (hang instanceof DeadlockError) outcome.deadlock = hang
    else if (hang !== undefined) throw hang
    const pending = (): Lane[] => queue.lanes.all.filter(({ task }) => task !== undefined && !task.done())
    const left = pending().map(({ path }) => path)
    if (outcome.deadlock === undefined) {
      queue.stopAfter(MAX_STEPS_AFTER)
      runUntilEnded(loop, [...loop.tasks] as Task[]) // only Tasks are in there
      host.runEvents(MAX_STEPS_AFTER)
    }
    queue.end()
    const waiting = pending()
    outcome.waiting = waiting
    outcome.isCancelledStuck = queue.injected.some(
      ({ lane }) => waiting.includes(lane) && !(lane.task?.waitedFor instanceof Task),
    )
    const cancelled = queue.injected.map(({ lane }) => lane.path)
    outcome.failure = queue.broken === undefined ? failureOf(main, cancelled) : brokenAt(queue.broken)
    if (outcome.deadlock === undefined && outcome.failure === undefined && options.check !== undefined) {
      outcome.failure = check(loop, options.check, { given, task: main, cancelled, left })
    }
  } catch (error) {
    fail(error)
  } finally {
    queue.end()
    closeLoop(loop, reports, fail)
    end()
  }
  if (host.refused !== undefined) outcome.failure ??= { kind: 'error', error: host.refused }
  if (reports[0] !== undefined && outcome.failure === undefined) {
    outcome.failure = reported(reports[0], main)
    outcome.isReported = true
  }
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

/** Runs the loop until these Tasks have ended. Returns an error if they wait forever, or if the loop was stopped. */
function runUntilEnded(loop: EventLoop, tasks: readonly Task<unknown>[]): unknown {
  if (tasks.length === 0) return undefined
  let running = tasks.length
  const ended = loop.createFuture<void>()
  for (const task of tasks) {
    task.addDoneCallback(() => {
      if (--running === 0) ended.setResult()
    })
  }
  try {
    loop.runUntilCompleteSync(ended)
  } catch (error) {
    if (error instanceof TooManySteps) throw error
    return error
  }
  return undefined
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
  fn: (run: ExploredRun<S, T>) => unknown,
  run: ExploredRun<S, T>,
): Failure | undefined {
  try {
    callInLoop(loop, () => fn(run))
  } catch (error) {
    if (error instanceof TooManySteps) return { kind: 'endless', error }
    const { task } = run
    const own = task.cancelled() || !task.hasException() ? error : task.peekException()
    return own === error ? { kind: 'check', error } : { kind: 'check', error, own }
  }
  return undefined
}

function callInLoop(loop: EventLoop, fn: () => unknown): unknown {
  return loop.runUntilCompleteSync(loop.createTask(calling(fn), { name: 'explore()' }))
}

/** Calls a function, and awaits its result. */
export function* calling(fn: () => unknown): Coroutine<unknown> {
  const result = fn()
  if (isCoroutine(result)) return yield* result
  return isThenable(result) ? yield* ensureFuture(result) : result
}

/** Cancels the remaining Tasks, and closes the loop. That Tasks of the run do not end is no error of the clean-up. */
function closeLoop(loop: EventLoop, reports: ExceptionContext[], fail: (error: unknown) => void): void {
  if (loop.isClosed()) return
  const before = reports.length
  try {
    const runner = new Runner({ loopFactory: () => loop })
    runner.getLoop()
    runner.closeSync()
  } catch (error) {
    if (!(error instanceof DeadlockError)) fail(error)
  }
  const during = reports.splice(before)
  reports.push(...during.filter((context) => 'exception' in context))
}

function reported(context: ExceptionContext, main: Task<unknown> | undefined): Failure {
  const { message, exception } = context
  const isThrown = 'exception' in context // undefined can be thrown
  if (isThrown && main?.hasException() && main.peekException() === exception) return { kind: 'error', error: exception }
  const what = isThrown ? `${message}: ${textOf(exception)}` : message
  return { kind: 'report', error: new Error(what, { cause: exception }) }
}

// What the host reports about rejected promises that nothing handles, and about errors in its callbacks. They belong to
// the run that caused them, and would otherwise end the process.
const EVENTS = {
  unhandledRejection: 'nothing handled the rejection of a promise',
  uncaughtException: 'a callback of the host has failed',
}

type Listener = (...args: unknown[]) => void

interface Emitter {
  listeners(name: string): Listener[]
  removeAllListeners(name: string): unknown
  on(name: string, listener: Listener): unknown
  _tickCallback(): void
}

/** Collects the host's reports for this run. The returned function stops that. */
export function collectRejections(reports: ExceptionContext[]): () => void {
  if (!isNode()) return () => {}
  const process = hostProcess() as unknown as Emitter
  const undo = Object.entries(EVENTS).map(([name, message]) => {
    const before = process.listeners(name)
    process.removeAllListeners(name)
    process.on(name, (exception) => reports.push({ message, exception }))
    return () => {
      process.removeAllListeners(name)
      for (const listener of before) process.on(name, listener)
    }
  })
  return () => {
    process._tickCallback()
    for (const one of undo) one()
  }
}

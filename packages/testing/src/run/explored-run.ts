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
import { LateClock } from '../host/late-clock.ts'
import { isNode } from '../host/node.ts'
import { OpenWaits } from '../host/open-waits.ts'
import { SimulatedHost } from '../host/simulated-host.ts'
import { Choices, type Source } from '../schedule/choices.ts'
import { useEntropy } from '../schedule/entropy.ts'
import { ExploredQueue } from './explored-queue.ts'
import { ExploredTimers } from './explored-timers.ts'
import { describeStep, type Lane } from './lanes.ts'
import { settle } from './settle.ts'

/** What a run is like. */
export interface Plan extends Source {
  /** How many steps the loop may take, and how many events the simulated host may have. */
  readonly maxSteps: number
  /** In real time, when the run has to end: the engine may lose a stop by force that comes while it is inspected. */
  readonly deadline: number
  /** In real time, when the exploration has to end. */
  readonly endsAt: number
  /** Called before anything happens. */
  readonly watch: (run: Run) => void
}

// A run blocks its thread, so there is only one at a time.
let current: Run | undefined

/** Whether a program is being explored. */
export function isExploring(): boolean {
  return current !== undefined
}

/** Ends the run that was stopped by force, without the clean-up of its program. Returns it, if there is one. */
export function abandonRun(): Run | undefined {
  const run = current
  run?.loop.driver?.end() // another run in virtual time would wait for this one
  run?.end()
  ambient.runningLoop = undefined
  return run
}

// Tasks that are left when the main Task has ended continue until they wait forever, or for this many steps.
const MAX_STEPS_AFTER = 500

/** One run of a program, in a new loop whose host is simulated, and its outcome. */
export class Run {
  readonly choices: Choices
  readonly clock: LateClock
  readonly queue: ExploredQueue
  readonly host: SimulatedHost
  readonly loop: EventLoop
  failure: Failure | undefined
  /** Whether the loop or the host has reported the failure: the program, and its check, have ended well. */
  isReported = false
  /** The Tasks that wait although nothing is left that could wake them. */
  waiting: readonly Lane[] = []
  /** Whether a cancelled Task is one of them, and waits for something other than a Task. */
  isCancelledStuck = false
  /** Whether the main Task is one of them, and its error message. */
  deadlock: DeadlockError | undefined
  /** Whether an earlier run of the search had the same events in the same order. */
  isRepeat = false
  readonly #reports: ExceptionContext[] = []
  readonly #undo: (() => void)[]

  constructor(plan: Plan) {
    explain()
    const looksClosely = plan.looksClosely && isNode()
    this.choices = new Choices(plan, () => this.queue.currentStep)
    this.clock = new LateClock(this.choices)
    this.queue = new ExploredQueue(this.choices, this.clock, plan)
    this.host = new SimulatedHost(this.clock, this.choices, this.queue, plan.maxSteps)
    this.loop = newEventLoop({ clock: this.clock, ready: this.queue, timers: new ExploredTimers(this) })
    const { choices, host, loop } = this
    Object.assign(loop, {
      taskCounter: { made: 0 }, // as in virtual time
      parts: {
        ...loop.parts,
        drivers: { ...loop.driversOf('blocking run'), runUntilCompleteBlocking: settle.bind(undefined, host) },
      },
    })
    const aborts = new Aborts(choices.items('abort'), looksClosely, (item) => choices.note(item))
    host.loop = loop
    host.aborts = aborts
    host.onError = (exception) => this.#reports.push({ message: EVENTS.uncaughtException, exception })
    loop.setExceptionHandler((_loop, context) =>
      this.#reports.push({ ...context, message: `reported to the exception handler: ${context.message}` }),
    )
    plan.watch(this)
    this.#undo = [useEntropy(choices), useHost(host), collectRejections(this.#reports), () => aborts.end()]
    if (looksClosely) {
      host.waits = new OpenWaits()
      this.#undo.push(host.waits.end)
    }
    current = this
  }

  /** Runs the program, and checks how it ended. */
  execute<S, T>(program: Program<S, T>, { setup, check, always }: ExploreOptions<S, T>): void {
    const { loop, queue, host } = this
    let main: Task<T> | undefined
    try {
      const context = contextOf(host)
      const ownGiven = program.length > 0 ? context : undefined
      const given = (setup === undefined ? ownGiven : callInLoop(loop, () => setup(context))) as S
      queue.begin(loop, host, always && (() => always(given)))
      const coroutine = isCoroutineFunction(program) ? (program(given) as Coroutine<T>) : callProgram(program, given)
      main = loop.createTask(coroutine, { name: 'main' }) as Task<T>
      const hang = runUntilEnded(loop, [main])
      if (hang instanceof DeadlockError) this.deadlock = hang
      else if (hang !== undefined) throw hang
      const left = this.#pending().map(({ path }) => path)
      if (this.deadlock === undefined) {
        queue.stopAfter(MAX_STEPS_AFTER)
        runUntilEnded(loop, [...loop.tasks] as Task[]) // only Tasks are in there
        host.runEvents(MAX_STEPS_AFTER)
      }
      queue.end()
      this.waiting = this.#pending()
      this.isCancelledStuck = queue.injected.some(
        ({ lane }) => this.waiting.includes(lane) && !(lane.task?.waitedFor instanceof Task),
      )
      const cancelled = queue.injected.map(({ lane }) => lane.path)
      this.failure = queue.broken === undefined ? failureOf(main, cancelled) : brokenAt(queue.broken)
      if (this.deadlock === undefined && this.failure === undefined && check !== undefined) {
        this.failure = failureOfCheck(loop, check, { given, task: main, cancelled, left })
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      queue.end()
      this.#closeLoop()
      this.end()
    }
    if (host.refused !== undefined) this.failure ??= { kind: 'error', error: host.refused }
    const [report] = this.#reports
    if (report === undefined || this.failure !== undefined) return
    this.failure = reported(report, main)
    this.isReported = true
  }

  /** Gives the host back. */
  end(): void {
    current = undefined
    for (const undo of this.#undo) undo()
  }

  #fail(error: unknown): void {
    this.failure ??= { kind: error instanceof TooManySteps ? 'endless' : 'error', error }
  }

  #pending(): Lane[] {
    return this.queue.lanes.all.filter(({ task }) => task !== undefined && !task.done())
  }

  /** Cancels the remaining Tasks, and closes the loop. That Tasks of the run do not end is no error of the clean-up. */
  #closeLoop(): void {
    const { loop } = this
    if (loop.isClosed()) return
    const before = this.#reports.length
    try {
      const runner = new Runner({ loopFactory: () => loop })
      runner.getLoop()
      runner.closeSync()
    } catch (error) {
      if (!(error instanceof DeadlockError)) this.#fail(error)
    }
    const during = this.#reports.splice(before)
    this.#reports.push(...during.filter((context) => 'exception' in context))
  }
}

function contextOf({ aborts }: SimulatedHost): ExploreContext {
  return {
    get signal() {
      return aborts?.signal as PlatformAbortSignal // of the platform's own controller
    },
  }
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

function failureOfCheck<S, T>(
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
function collectRejections(reports: ExceptionContext[]): () => void {
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

import {
  type Awaitable,
  CancelledError,
  type Context,
  type Coroutine,
  DeadlockError,
  type EventLoop,
} from '@spindle/loop'
import { ambient, isAwaitable, isThenable, repr } from '@spindle/loop/internal'
import { callForCoroutine } from '../coroutines/coroutine-of.ts'
import { INSTEAD_OF_ASYNC } from '../coroutines/instead-of-async.ts'
import { isCoroutine } from '../coroutines/is-coroutine.ts'
import { type AbortSignalLike, linkToSignal } from '../scopes/link-to-signal.ts'
import { notAwaitableError, wrapAwaitable } from '../tasks/ensure-future.ts'
import { plainTaskFactory } from '../tasks/loop-parts.ts'
import { newLoopOfRun } from '../tasks/new-event-loop.ts'
import type { Task } from '../tasks/task.ts'
import { endingTasks } from './clean-up.ts'
import { onInterrupt } from './interrupt.ts'

export const RUNNER_OPTIONS: readonly string[] = ['asyncLocalStorage', 'debug', 'loopFactory', 'graceTime']

/** The main program of a run: an awaitable, or a function without parameters that returns one. */
export type MainSource<T> = Awaitable<T> | (() => Awaitable<T>)

/** The options of `run`, `runSync` and `Runner`. */
export interface RunnerOptions {
  /**
   * Whether Tasks keep Node's `AsyncLocalStorage`, as async functions do: each Task has the stores of its creator, and
   * `enterWith` affects only the Task that calls it. With false a step sees the stores of the driver, and saves
   * about 10 ns. An addition to asyncio.
   * @default true, unless the loop has a task factory
   */
  readonly asyncLocalStorage?: boolean | undefined
  /** Whether the loop runs in debug mode. @default the mode of the loop that `loopFactory` makes */
  readonly debug?: boolean | undefined
  /** Makes the loop. @default newEventLoop, in virtual time with the clock of the running loop */
  readonly loopFactory?: (() => EventLoop) | undefined
  /**
   * How many ms Tasks that are left at the end have to end after they were cancelled. The run reports Tasks that have
   * not ended by then, and ends without them. An addition to asyncio.
   * @default no limit
   */
  readonly graceTime?: number | undefined
}

/** The options of `run`. */
export interface RunOptions extends RunnerOptions {
  /** Cancels the main Task when it aborts; then `run` rejects with the signal's reason. An addition to asyncio. */
  readonly signal?: AbortSignalLike | undefined
  /**
   * Whether Ctrl-C cancels the main Task. Libraries pass false: the program decides. An addition to asyncio.
   * @default true; false inside a coroutine
   */
  readonly interrupt?: boolean | undefined
}

export function openLoop({ asyncLocalStorage, debug, loopFactory = newLoopOfRun }: RunnerOptions): EventLoop {
  const loop = loopFactory()
  if (typeof loop?.callSoon !== 'function') {
    throw new TypeError(`loopFactory must return an EventLoop, got ${repr(loop)}`)
  }
  if (debug !== undefined) loop.setDebug(debug)
  if (asyncLocalStorage === false) {
    loop.captureStores = undefined
    if (loop.getTaskFactory() === undefined) loop.setTaskFactory(plainTaskFactory)
  }
  return loop
}

export function startMain<T>(
  name: string,
  loop: EventLoop,
  main: MainSource<T>,
  context: Context | undefined,
): Task<T> {
  loop.checkRunnable(name === 'runSync') // before making the Task, which another run of the loop would drive
  const coroutine = mainCoroutine(loop, main, name, context)
  const task = loop.createTask(coroutine, { context }) as Task<T>
  loop.explainer?.runBegins(task)
  return task
}

export async function runInLoop<T>(
  loop: EventLoop,
  main: MainSource<T>,
  context: Context | undefined,
  signal: AbortSignalLike | undefined,
  interruptible: boolean,
): Promise<T> {
  const task = startMain('run', loop, main, context)
  const stop = signal === undefined ? undefined : linkToSignal(task, signal)
  const interrupt = interruptible ? onInterrupt(task) : undefined
  try {
    return await loop.runUntilComplete(task)
  } catch (error) {
    const isOurs = error instanceof CancelledError && (interrupt?.happened === true || signal?.aborted === true)
    if (!isOurs || task.uncancel() > 0) {
      loop.explainer?.leavesRun(task, error)
      throw error
    }
    throw interrupt?.happened === true ? interrupt.error() : signal?.reason
  } finally {
    loop.explainer?.runEnds(task)
    stop?.()
    interrupt?.stop()
  }
}

/** Ends the Tasks of a loop, and closes it. */
export async function closeLoop(loop: EventLoop, graceTime: number | undefined): Promise<void> {
  try {
    for (const awaited of endingTasks(loop, graceTime)) await loop.runUntilComplete(awaited)
  } finally {
    loop.close()
  }
}

/** Reports an error at the end of a run that has already failed, so that it does not replace the first one. */
export function reportSecond(loop: EventLoop, first: unknown, exception: unknown): void {
  if (exception === first) return // a KeyboardInterrupt that passes through several Tasks ends the clean-up, too
  if (exception instanceof DeadlockError) return // closing the loop has named the Tasks that would not end
  loop.callExceptionHandler({ message: 'exception at the end of a run that had failed', exception })
}

/** Rejects a call whose promise would not settle before the blocking run has ended. */
export function checkNotBlocking(caller: string): void {
  const loop = ambient.runningLoop
  if (loop?.blocking === true) throw loop.driversOf('blocking run').insideBlockingError(caller)
}

function mainCoroutine<T>(
  loop: EventLoop,
  given: MainSource<T>,
  name: string,
  context: Context | undefined,
): Coroutine<T> {
  const main = typeof given === 'function' ? callInside(loop, given, name, context) : given
  if (isCoroutine(main)) return main as Coroutine<T>
  if (isAwaitable(main)) return wrapAwaitable(main)
  throw notAwaitableError(main, isThenable(main) ? INSTEAD_OF_ASYNC : '')
}

/** Calls the function where its loop is the running one: `gather()` and others create Tasks at once. */
function callInside<T>(
  loop: EventLoop,
  main: () => Awaitable<T>,
  name: string,
  context: Context | undefined,
): Awaitable<T> {
  const outside = { runningLoop: ambient.runningLoop, context: ambient.context }
  ambient.runningLoop = loop
  if (context !== undefined) ambient.context = context
  try {
    return callForCoroutine(name, main, isAwaitable) as Awaitable<T>
  } finally {
    Object.assign(ambient, outside)
  }
}

import {
  type Awaitable,
  CancelledError,
  type Context,
  type Coroutine,
  DeadlockError,
  type EventLoop,
} from '@spindle/loop'
import { ambient, isAwaitable, isThenable, repr } from '@spindle/loop/internal'
import { noteFirstAwait } from '../coroutines/await-registry.ts'
import { callForCoroutine } from '../coroutines/coroutine-of.ts'
import { isGenerator } from '../coroutines/generators.ts'
import { INSTEAD_OF_ASYNC } from '../coroutines/instead-of-async.ts'
import { isCoroutine } from '../coroutines/is-coroutine.ts'
import { type AbortSignalLike, linkToSignal } from '../scopes/link-to-signal.ts'
import { notAwaitableError, wrapAwaitable } from '../tasks/ensure-future.ts'
import { newLoopOfRun, plainTaskFactory } from '../tasks/new-event-loop.ts'
import type { Task } from '../tasks/task.ts'
import { cancelLeftOver } from './clean-up.ts'
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
  const coroutine = mainCoroutine(main, name)
  // In debug mode each Task does so.
  if (isGenerator(coroutine) && !loop.getDebug()) noteFirstAwait(coroutine)
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

/** Cancels the remaining Tasks and closes the loop. Yields what has to be run to its end for that. */
export function* closing(
  loop: EventLoop,
  graceTime: number | undefined,
): Generator<Awaitable<unknown>, void, undefined> {
  try {
    const { left, ended } = cancelLeftOver(loop, graceTime)
    if (left.length > 0) yield ended
    for (const task of left) reportFailed(loop, task)
    const { shutdown } = loop.wakeSources
    if (shutdown !== undefined) yield shutdown()
  } finally {
    loop.close()
  }
}

export async function closeLoop(loop: EventLoop, graceTime: number | undefined): Promise<void> {
  for (const awaited of closing(loop, graceTime)) await loop.runUntilComplete(awaited)
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

function mainCoroutine<T>(given: MainSource<T>, name: string): Coroutine<T> {
  const main = typeof given === 'function' ? (callForCoroutine(name, given, isAwaitable) as Awaitable<T>) : given
  if (isCoroutine(main)) return main as Coroutine<T>
  if (isAwaitable(main)) return wrapAwaitable(main)
  throw notAwaitableError(main, isThenable(main) ? INSTEAD_OF_ASYNC : '')
}

function reportFailed(loop: EventLoop, task: Task): void {
  if (!task.done() || task.cancelled() || !task.hasException()) return
  const message = 'unhandled exception during run() shutdown'
  loop.callExceptionHandler({ message, exception: task.exception(), task })
}

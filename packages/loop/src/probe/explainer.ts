import type { CancelledError } from '../errors/errors.ts'
import type { EventLoop } from '../event-loop.ts'
import type { Future } from '../futures/future.ts'
import type { Wakeable } from '../futures/wake-list.ts'
import type { Task } from '../task-support.ts'
import type { Probe } from './probe.ts'

/** Adds places and reasons to the errors and reports of Tasks. Called on slow paths only. */
export interface Explainer {
  readonly unawaited: Probe
  /** Returns a Probe that observes the loop as long as it is in debug mode. */
  debugModeBegins(loop: EventLoop): Probe

  /** The name of the coroutine function of a Task; '' if it has none, or if the engine cannot tell. */
  coroutineName(task: Task): string
  /** The Tasks that wait through these waiters, each once. */
  tasksBehind(waiting: readonly Wakeable[]): Task[]

  runBegins(main: Task): void
  leavesRun(main: Task, error: unknown): void
  runEnds(main: Task): void
  /** The end of a run has cancelled these Tasks of one loop and waits for them. */
  awaitsEnd(tasks: readonly Task[]): void

  /** The trace for a step in which a cancelled wait will throw. */
  traceOf(task: Task): StepTrace | undefined
  /** In debug mode: the error of a cancelled wait, with its stack. */
  cancelled(future: Future, message: string | undefined): CancelledError
  endedCancelled(task: Task): void
  /** `error` passes from a coroutine to its awaiter. */
  passes(error: unknown): void
  /** Calls `tell` with `main.ts:12`, and that frame of a stack, once `error` has left the coroutines of Spindle. */
  findPlace(error: Error, tell: (place: string, frame: string) => void): void
  /** The place and awaitable of a cancelled Task: `; load() was waiting at main.ts:31 for sleep(3000)`. */
  describeWait(error: CancelledError): string
  /** What these Tasks wait for, save one another: `call(fetch) at main.ts:29`. */
  describeWaits(tasks: readonly Task[]): string[]
  /** `Task-2: load() at main.ts:31 waits for Queue.get()`, in at most 98 characters. */
  describeStuck(task: Task): string
  printStack(task: Task, options: Parameters<Task['printStack']>[0]): void
}

export interface StepTrace {
  waits(): void
  cancelled: Explainer['cancelled']
  passes: Explainer['passes']
}

/** The trace of the running step: the frames of its coroutines are on the stack only during the step. */
export const trace: { step: StepTrace | undefined } = {
  step: undefined,
}

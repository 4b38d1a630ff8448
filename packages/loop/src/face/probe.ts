// How the runtime is observed. There are two roles, because observing and answering compose differently:
//
//   Probe       observes events and answers nothing. Any number may be attached to a loop: events, debug mode, a leak
//               watch. Without one `loop.probe` is undefined, and that is the only check.
//   Explainer   answers questions on slow paths, such as the place of an error or the awaitable of a cancelled Task. A
//               loop has at most one.
//
// Neither may change the program's behaviour.

import type { CancelledError, DeadlockError } from '../errors/errors.ts'
import type { LoopEventMap, LoopEvents } from '../explain/loop-events.ts'
import type { Future } from '../futures/future.ts'
import type { Wakeable } from '../futures/wake-list.ts'
import type { creationStack } from '../inspect/creation-stack.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import type { Handle } from '../scheduling/handle.ts'
import type { Ready } from '../scheduling/ready.ts'
import type { LinkedTimer, Timer } from '../scheduling/timer-heap.ts'
import type { EventLoop } from './event-loop.ts'
import type { Task } from './task.ts'

export type ResumedBy = LoopEventMap['task:step']['resumedBy']

export type TaskOutcome = LoopEventMap['task:done']['outcome']

/** An operation of a lock, a semaphore or a queue. */
export type ResourceAction = LoopEventMap['resource']['action']

export interface CancelNotice {
  readonly via: Task | undefined
  /** The name of the canceller, if it is known. */
  readonly by: string | undefined
  readonly message: string | undefined
  /** The deadline that expired, if it is the reason. */
  readonly deadline: number | undefined
}

/** Observes one loop. Every method is optional, and is called synchronously, in the middle of the operation. */
export interface Probe {
  /** Whether `resumes` and `waits` are called: the hot path of a Task checks that separately. */
  readonly wantsSteps?: boolean
  /** Whether `made`, `awaitableMade` and `awaitableStarted` are called. */
  readonly wantsObjects?: boolean

  made?(object: Future | Handle): void
  /** `call` made an awaitable; `asTask` is the call that makes it run by itself. */
  awaitableMade?(awaitable: object, call: string, asTask: string | undefined): void
  /** The awaitable is awaited, or a Task runs it. */
  awaitableStarted?(awaitable: object): void
  /** Called before anything that waits is scheduled. */
  settled?(future: Future, waiting: Wakeable | undefined): void

  /** Called before the Task is scheduled. */
  taskMade?(task: Task, eager: boolean): void
  /** The first step of an eager Task is over, and what created it continues. */
  startedEagerly?(task: Task): void
  /** A step begins. It ends with `waits` or `taskEnds`. */
  resumes?(task: Task, resumedBy: ResumedBy, from: Future | undefined): void
  /** `future` is undefined if the Task waits for one turn of the loop. */
  waits?(task: Task, future: Future | undefined): void
  /** The last step is over, and the Task is not settled yet. */
  taskEnds?(task: Task, outcome: TaskOutcome): void
  /** Called after `settled`. */
  taskDone?(task: Task, outcome: TaskOutcome): void

  cancelRequested?(task: Task, notice: CancelNotice): void
  cancelRetracted?(task: Task): void
  limitSet?(task: Task, deadline: number | undefined, before: number | undefined): void
  limitKept?(task: Task, deadline: number): void
  /** `value` is the number of remaining permits or items; `to` the Task that receives a permit or item directly. */
  resource?(resource: object, action: ResourceAction, value: number, to: Task | undefined): void

  timerSet?(timer: Timer | LinkedTimer): void
  begins?(ready: Ready): void
  ran?(ready: Ready): void
  slept?(duration: number): void
  /** `lag` is how late the earliest timer was, in ms. */
  iterationEnded?(handles: number, lag: number): void
  deadlocked?(error: DeadlockError): void
  reported?(context: ExceptionContext): void
}

export interface Probes {
  /** Adds a Probe at the end, or with `first` at the beginning, so that an event precedes a report. */
  add(probe: Probe, first?: boolean): void
  remove(probe: Probe): void
  /** Called when a Probe changes the calls that it wants, and when the loop has closed. */
  changed(): void
}

/**
 * Events, debug mode, the places of errors and the text of reports. The loop and the Task use them only through this
 * interface, so that a page can omit them.
 */
export interface Tools {
  readonly explainer?: Explainer
  readonly creationStack: typeof creationStack
  probes(loop: EventLoop): Probes
  /** Calls the listeners of new loops. */
  loopMade(loop: EventLoop): void
  events(loop: EventLoop): LoopEvents
  /** Turns debug mode on. Returns a function that turns it off. */
  debug(loop: EventLoop): () => void
  printReport(loop: EventLoop, context: ExceptionContext): void
}

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

/** Receives what happens in one step: see `Explainer.traceOf`. */
export interface StepTrace {
  waits(): void
  cancelled(future: Future, message: string | undefined): CancelledError
  passes(error: unknown): void
}

/** The trace of the running step: the frames of its coroutines are on the stack only during the step. */
export const trace: { step: StepTrace | undefined } = {
  step: undefined,
}

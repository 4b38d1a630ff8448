// How the runtime is observed. There are two roles, because observing and answering compose differently:
//
//   Probe       observes events and answers nothing. Any number may be attached to a loop: events, debug mode, a leak
//               watch. Without one `loop.probe` is undefined, and that is the only check.
//   Explainer   answers questions on slow paths, such as the place of an error or the awaitable of a cancelled Task. A
//               loop has at most one: see explainer.ts.
//
// Neither may change the program's behaviour.

import type { DeadlockError } from '../errors/errors.ts'
import type { LoopEventMap } from '../explain/loop-events.ts'
import type { Future } from '../futures/future.ts'
import type { Wakeable } from '../futures/wake-list.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import type { Handle } from '../scheduling/handle.ts'
import type { Ready } from '../scheduling/ready.ts'
import type { LinkedTimer, Timer } from '../scheduling/timer-heap.ts'
import type { Task } from '../task-support.ts'

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

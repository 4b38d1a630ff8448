import type { Context } from './context/context.ts'
import type { EventLoop } from './event-loop.ts'
import type { Coroutine } from './futures/awaitable.ts'
import type { Future } from './futures/future.ts'
import type { SourceLocation } from './inspect/source-location.ts'

/** The options of `createTask()`. */
export interface CreateTaskOptions {
  /** @default 'Task-1', 'Task-2', … */
  readonly name?: string | undefined
  /** The context the Task runs in. @default a copy of the current one */
  readonly context?: Context | undefined
  /** Whether the first step runs at once, inside `createTask`, if the loop is running. @default false */
  readonly eagerStart?: boolean | undefined
}

/** The part of a Task that a loop uses. `Task` of `@spindle/task` implements it. */
export interface LoopTask<out T = unknown> extends Future<T> {
  /** Its name, `Task-1` by default. */
  getName(): string
  setName(name: string): void
  getCoro(): Coroutine<T>
  getContext(): Context
  /** How many cancellation requests are pending. */
  cancelling(): number
  /** Retracts one cancellation request, and returns how many are left. */
  uncancel(): number
  /** The current places of its coroutines, outermost first. */
  getStack(options?: { readonly limit?: number | undefined }): SourceLocation[]
}

/** Makes the Tasks of a loop. See `EventLoop.setTaskFactory`. */
export type TaskFactory = (loop: EventLoop, coroutine: Coroutine<unknown>, options: CreateTaskOptions) => Future

/** The functions that `@spindle/task` adds to each loop it creates, because this package does not contain Tasks. */
export interface TaskSupport {
  createTask: TaskFactory
  /** Calls a coroutine function. */
  coroutineOf<T>(given: () => Coroutine<T>): Coroutine<T>
  /** Called when the loop closes, before it reports unretrieved exceptions. */
  beforeClose(loop: EventLoop): void
}

import type { Awaitable, Coroutine } from './awaitable.ts'
import type { Context } from './context.ts'
import type { EventLoop } from './event-loop.ts'
import type { Future } from './future.ts'

/** How a Task is to be made. */
export interface CreateTaskOptions {
  /** @default 'Task-1', 'Task-2', … */
  readonly name?: string | undefined
  /** The context the Task runs in. @default a copy of the present one */
  readonly context?: Context | undefined
  /** Whether the first step runs at once, inside `createTask`, if the loop is running. @default false */
  readonly eagerStart?: boolean | undefined
}

/** Makes the Tasks of a loop. See `EventLoop.setTaskFactory`. */
export type TaskFactory = (loop: EventLoop, coroutine: Coroutine<unknown>, options: CreateTaskOptions) => Future

/**
 * What `@spindle/task` puts into each loop it makes, as this package knows no Tasks.
 */
export interface TaskSupport {
  createTask: TaskFactory
  ensureFuture(awaitable: Awaitable<unknown> | PromiseLike<unknown>, loop: EventLoop): Future
  /** Called when the loop closes, before it reports what nobody saw. */
  closing(loop: EventLoop): void
}

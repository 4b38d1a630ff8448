import type { Context } from '../context/context.ts'
import type { Coroutine } from '../futures/awaitable.ts'
import type { Future } from '../futures/future.ts'
import type { SourceLocation } from '../inspect/source-location.ts'
import type { EventLoop } from './event-loop.ts'

/** The options of `createTask()`. */
export interface CreateTaskOptions {
  /** The name of the Task. @default 'Task-1', 'Task-2', … */
  readonly name?: string | undefined
  /** The context the Task runs in. @default a copy of the current one */
  readonly context?: Context | undefined
  /** Whether the first step runs at once, inside `createTask`, if the loop is running. @default false */
  readonly eagerStart?: boolean | undefined
}

/** The latest cancellation request of a Task. See `Task.cancelledBy`. */
export interface CancelRequest {
  /** The canceller: the name of a Task, or `timeout()`, `TaskGroup`, …; undefined: plain code or a callback. */
  readonly by: string | undefined
  /** The name of the Task that awaits this one and passed its own request on. */
  readonly via: string | undefined
  /** The argument of `cancel()`. */
  readonly message: string | undefined
}

/**
 * A coroutine that runs concurrently with others. A Task is a Future whose result is the return value of the coroutine.
 * Create one with `createTask` or `ensureFuture`. asyncio: `asyncio.Task`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const task = createTask(sleep(10, 'done'), { name: 'sleeper' })
 *   console.log(task.getName(), task.done()) // prints: sleeper false
 *   console.log(yield* task) // prints: done
 * }
 * await run(main())
 * ```
 */
export interface Task<out T = unknown> extends Future<T> {
  /** The name of the Task: `Task-1`, `Task-2`, … unless it has another. */
  getName(): string
  /** Renames the Task. */
  setName(name: string): void
  /** The coroutine the Task runs. */
  getCoro(): Coroutine<T>
  /** The context the Task runs in. */
  getContext(): Context
  /**
   * Requests cancellation: in the next turn of the loop, a CancelledError is thrown into the coroutine, at the `yield*`
   * that it waits at. The awaited Future is cancelled too. The coroutine may clean up, and may even catch the error and
   * continue.
   * @returns false if the Task was already done
   */
  cancel(message?: string): boolean
  /** The number of cancellation requests that `uncancel()` has not retracted. */
  cancelling(): number
  /**
   * Retracts one cancellation request, and returns how many are left. For blocks like `timeout()`, which cancel the
   * Task they run in.
   */
  uncancel(): number
  /**
   * The last cancellation request: the Task that made it, and its message; undefined if there is none. An addition to
   * asyncio.
   *
   * @example
   * ```ts
   * function* main(): Coroutine<void> {
   *   const task = createTask(sleep(1000), { name: 'sleeper' })
   *   task.cancel('it takes too long')
   *   yield* wait([task])
   *   console.log(task.cancelledBy()?.message) // prints: it takes too long
   * }
   * await run(main())
   * ```
   */
  cancelledBy(): CancelRequest | undefined
  /**
   * Returns the current place of each coroutine of the Task, the outermost first. This includes all coroutines made by
   * `coroutine()`, but only the outermost bare generator. Empty when the Task is done.
   * @param options `limit`: the maximum number of places; the innermost are kept
   */
  getStack(options?: { readonly limit?: number | undefined }): SourceLocation[]
  /**
   * Prints the stack of the Task, or that of the exception it ended with. In a page it needs
   * `import 'spindle/explain'`.
   * @param options `limit`: as for `getStack`; `print`: called with the text instead of `console.error`
   */
  printStack(options?: {
    readonly limit?: number | undefined
    readonly print?: ((text: string) => void) | undefined
  }): void
  /** `cancel()` for callers that name themselves. @internal */
  requestCancel(request: { readonly by?: string; readonly message?: string | undefined }): boolean
  /** The awaited Future, if there is one. @internal */
  readonly waitedFor: Future | undefined
}

/** Makes the Tasks of a loop. See `EventLoop.setTaskFactory`. */
export type TaskFactory = (loop: EventLoop, coroutine: Coroutine<unknown>, options: CreateTaskOptions) => Future

/** A Task as an entry in the list of its loop. */
export interface TaskNode<out T = unknown> extends Task<T> {
  /** Its index in the list. @internal */
  listIndex: number
  /** Runs in `context` from now on. @internal */
  adoptContext(context: Context): void
  /** What it awaited has come from outside. @internal */
  noteCalled(): void
}

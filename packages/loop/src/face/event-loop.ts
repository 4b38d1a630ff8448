// What everything else knows of an event loop. `BaseEventLoop` is how it works: only what makes a loop imports that.

import { RuntimeError } from '../errors/errors.ts'
import type { LoopEvents } from '../explain/loop-events.ts'
import type { Advice } from '../futures/advice.ts'
import type { Awaitable, AwaitableSource, Coroutine, CoroutineSource } from '../futures/awaitable.ts'
import type { Future } from '../futures/future.ts'
import type { AsyncScope } from '../inspect/host-globals.ts'
import { inspectSymbol } from '../inspect/repr.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import type { Unretrieved } from '../reports/unretrieved-exception.ts'
import type { Handle, TimerHandle } from '../scheduling/handle.ts'
import type { Drivers, LoopParts } from './loop-parts.ts'
import type { Explainer, Probes, Tools } from './probe.ts'
import { Scheduler } from './scheduler.ts'
import type { CreateTaskOptions, Task, TaskFactory, TaskNode } from './task.ts'
import { TaskList } from './task-list.ts'

// Every option of a Task: reading from objects of one shape costs almost nothing.
interface OwnOptions extends CreateTaskOptions {
  readonly loop: EventLoop
}

/** Receives exceptions that nothing could catch. See `EventLoop.setExceptionHandler`. */
export type ExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void

/**
 * An event loop: callbacks and Tasks that are ready run one after another, on the thread that runs the loop; timers
 * make them ready later. Usually `run(main())` makes one, drives it and closes it. asyncio: `asyncio.EventLoop`.
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * loop.callLater(20, () => loop.stop())
 * loop.callSoon(() => console.log('first')) // prints: first
 * loop.runForeverSync()
 * loop.close()
 * ```
 */
export abstract class EventLoop extends Scheduler {
  /** The options for a Future of this loop: one object for all of them, because Futures are made often. @internal */
  readonly ownOptions: OwnOptions = { loop: this, name: undefined, context: undefined, eagerStart: undefined }
  /**
   * A callback or step that takes this long, in ms, is reported in debug mode and by the event `handle:slow`.
   * @default 100
   */
  slowCallbackDuration = 100

  /** Numbers the unnamed Tasks: of this loop in virtual time, otherwise of all loops. @internal */
  abstract readonly taskCounter: { made: number }
  /** The Task whose step is running. @internal */
  currentTask: TaskNode | undefined = undefined
  /** The Tasks that are not done, in order of creation. @internal */
  readonly tasks: TaskList<TaskNode> = new TaskList()
  /** The exceptions to report when the loop closes, unless they are retrieved before. @internal */
  readonly unretrieved: Set<Unretrieved> = new Set()
  /** Called when the loop closes, to release open sockets and processes. @internal */
  readonly closeCallbacks: Set<() => void> = new Set()
  /** Clean-up that a run awaits after its Tasks have ended and before the loop is closed. @internal */
  shutdown: (() => Awaitable<void>) | undefined = undefined
  /** The waits for what is being stopped. Each function ends one of them at once: `abandon()`. @internal */
  readonly graces: Set<() => void> = new Set()
  /** Whether the loop runs in a thread that is blocked while it waits. @internal */
  blocking = false
  /** Whether the host drives this loop, or was the last to drive it. @internal */
  hostDriven = false
  /** Returns the stores of `AsyncLocalStorage` that a callback keeps; undefined if it keeps none. @internal */
  abstract captureStores: (() => AsyncScope) | undefined
  /** What the makers of loops have added to them. @internal */
  abstract readonly parts: LoopParts

  /** Events emitted by this loop, for observers: `loop.events.on('task:done', …)`. */
  abstract get events(): LoopEvents
  /** Adds places and reasons to errors and reports. @internal */
  abstract get explainer(): Explainer | undefined
  /** The Probes of this loop. @internal */
  abstract get probes(): Probes

  /**
   * Schedules `callback(...args)` for the next iteration, after everything that is already ready. Wakes the loop if it
   * sleeps. From another thread, call `callSoonThreadsafe` of `spindle/thread`. asyncio: `loop.call_soon`.
   * @throws RuntimeError if the loop is closed
   */
  abstract callSoon<A extends readonly unknown[]>(callback: (...args: A) => unknown, ...args: A): Handle

  /**
   * Schedules `callback(...args)` for `delay` ms from now. It never runs earlier, and callbacks with equal times run
   * in the order in which they were scheduled. A negative delay counts as 0. asyncio: `loop.call_later`.
   * @throws RangeError if the delay is NaN; RuntimeError if the loop is closed
   */
  abstract callLater<A extends readonly unknown[]>(
    delay: number,
    callback: (...args: A) => unknown,
    ...args: A
  ): TimerHandle

  /**
   * Schedules `callback(...args)` for the time `when`, in ms on the loop's clock. asyncio: `loop.call_at`.
   * @throws RangeError if the time is NaN; RuntimeError if the loop is closed
   */
  abstract callAt<A extends readonly unknown[]>(
    when: number,
    callback: (...args: A) => unknown,
    ...args: A
  ): TimerHandle

  /** A Future that belongs to this loop. asyncio: `loop.create_future`. */
  abstract createFuture<T>(): Future<T>

  /**
   * Makes a Task of a coroutine, or of a coroutine function without parameters. It begins in the next iteration.
   * asyncio: `loop.create_task`.
   * @throws TypeError if the argument is not a coroutine, or if the task factory does not return a Task; RuntimeError
   * if the loop is closed
   */
  abstract createTask<T, C = CoroutineSource<T>>(
    source: CoroutineSource<T> | Advice<C, CoroutineSource<unknown>>,
    options?: CreateTaskOptions,
  ): Task<T>

  /**
   * Sets the function that creates the Tasks of this loop; undefined restores the default. asyncio:
   * `loop.set_task_factory`.
   */
  abstract setTaskFactory(factory: TaskFactory | undefined): void

  /** The argument of `setTaskFactory`. */
  abstract getTaskFactory(): TaskFactory | undefined

  /**
   * Runs until `stop()` is called, driven by the host: Node or the browser does its own work between iterations.
   * asyncio: `loop.run_forever`.
   * @throws RuntimeError if the loop is closed or runs already, or if this is called from inside a running loop;
   *   DeadlockError when nothing is left that could ever wake the loop
   */
  abstract runForever(): Promise<void>

  /**
   * Runs until `stop()` is called, and blocks the thread. Promises and sockets make no progress until it returns.
   * @throws what `runForever` does, and RuntimeError where the thread may not block (a browser's main thread)
   */
  abstract runForeverSync(): void

  /**
   * Runs until the Future, coroutine or other awaitable is done, driven by the host, and returns its result. A
   * coroutine function without parameters is called. asyncio: `loop.run_until_complete`.
   * @throws the exception of the awaitable; RuntimeError if the loop was stopped before; the errors of `runForever`
   */
  abstract runUntilComplete<T>(awaitable: AwaitableSource<T>): Promise<T>

  /** Like `runUntilComplete`, but blocks the thread and returns the result itself, as in Python. */
  abstract runUntilCompleteSync<T>(awaitable: Awaitable<T> | (() => Coroutine<T>)): T

  /**
   * Closes the loop: everything ready or scheduled is dropped, and unretrieved exceptions are reported. No-op if the
   * loop is already closed. asyncio: `loop.close`.
   * @throws RuntimeError if the loop is running
   */
  abstract close(): void

  /** Whether the loop is being run. */
  isRunning(): boolean {
    return this.blocking || this.driver !== undefined
  }

  /** Whether `close()` was called. */
  isClosed(): boolean {
    return this.closed
  }

  /** Whether debug mode is on. */
  abstract getDebug(): boolean

  /**
   * Turns debug mode on or off. Debug mode records where Tasks, Futures and Handles were created, reports slow
   * callbacks, swallowed cancellations and unretrieved exceptions at once, and adds the whole stack of coroutines to
   * errors. asyncio: `loop.set_debug`.
   */
  abstract setDebug(enabled: boolean): void

  /**
   * Sets the handler for exceptions that nothing could catch; undefined restores the default, which prints them.
   * asyncio: `loop.set_exception_handler`.
   */
  abstract setExceptionHandler(handler: ExceptionHandler | undefined): void

  /** The argument of `setExceptionHandler`. */
  abstract getExceptionHandler(): ExceptionHandler | undefined

  /**
   * Reports an exception to the exception handler, which prints it by default. asyncio: `loop.call_exception_handler`.
   */
  abstract callExceptionHandler(context: ExceptionContext): void

  /** Prints a report to the standard error output. asyncio: `loop.default_exception_handler`. */
  abstract defaultExceptionHandler(context: ExceptionContext): void

  /** The text of `toString()`. */
  toJSON(): string {
    return this.toString()
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** Makes a Future of another awaitable. @internal */
  abstract ensureFuture(awaitable: AwaitableSource<unknown>): Future

  /**
   * The host may begin to drive a loop inside a turn of another loop, which continues in its own turns. A blocking run
   * excludes all others.
   * @internal
   */
  abstract checkRunnable(blocking: boolean): void

  /** @internal */
  needTools(what: string): Tools {
    const { tools } = this.parts
    if (tools === undefined) throw new RuntimeError(`this loop cannot ${what}: \`import 'spindle/explain'\` first`)
    return tools
  }

  /** @internal */
  driversOf(what: string): Drivers {
    const { drivers } = this.parts
    if (drivers === undefined) throw new RuntimeError(`This loop has no ${what}. Use newEventLoop()`)
    return drivers
  }

  /** Whether the host drives both loops, so that Tasks of one may wait for Futures of the other. @internal */
  canMeet(other: EventLoop): boolean {
    return this.hostDriven && other.hostDriven
  }
}

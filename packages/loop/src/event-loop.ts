import { ambient } from './context/ambient-state.ts'
import type { Drivers } from './drivers/drivers.ts'
import { runByHost, runUntilCompleteByHost } from './drivers/host.ts'
import { checkDelay, checkTime } from './errors/check-delay.ts'
import { RuntimeError } from './errors/errors.ts'
import type { LoopEvents } from './explain/loop-events.ts'
import type { Advice } from './futures/advice.ts'
import type { Awaitable, AwaitableSource, Coroutine, CoroutineSource } from './futures/awaitable.ts'
import { Future, isFuture } from './futures/future.ts'
import { className } from './inspect/class-name.ts'
import type { AsyncScope } from './inspect/host-globals.ts'
import { inspectSymbol, repr } from './inspect/repr.ts'
import type { Probes, Toolbox, Tools } from './probe/tools.ts'
import type { ExceptionContext } from './reports/exception-context.ts'
import { type ExceptionHandler, printReport, reportException } from './reports/report-exception.ts'
import { reportUnretrieved, type Unretrieved } from './reports/unretrieved-exception.ts'
import { Scheduler } from './scheduler.ts'
import { checkCallback } from './scheduling/check-callback.ts'
import type { Clock } from './scheduling/clock.ts'
import { type Callback, Handle, NO_ARGUMENTS, TimerHandle } from './scheduling/handle.ts'
import type { Ready } from './scheduling/ready.ts'
import type { Ring } from './scheduling/ring.ts'
import type { TimerHeap } from './scheduling/timer-heap.ts'
import { TaskList, type TaskNode } from './task-list.ts'
import type { CreateTaskOptions, Task, TaskFactory, TaskSupport } from './task-support.ts'

/** The options of `newEventLoop()`. */
export interface EventLoopOptions {
  /** The clock of the loop. @default the machine's clock */
  readonly clock?: Clock | undefined
  /** Whether the loop starts in debug mode. @default false */
  readonly debug?: boolean | undefined
  /** @internal */
  readonly tasks?: TaskSupport | undefined
  /** @internal */
  readonly drivers?: Drivers | undefined
  /** @internal */
  readonly tools?: Toolbox | undefined
  /** Decides which entry runs next; exploration of schedules replaces it. @default first in, first out @internal */
  readonly ready?: Ring<Ready> | undefined
  /** Decides when a timer is due; exploration replaces it. @default the time it was set for @internal */
  readonly timers?: TimerHeap | undefined
}

// Every option of a Task: reading from objects of one shape costs almost nothing.
interface OwnOptions extends CreateTaskOptions {
  readonly loop: EventLoop
}

const allTasks = { made: 0 }

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
export class EventLoop extends Scheduler {
  /** @internal */
  static readonly className: string = 'EventLoop'

  /** The options for a Future of this loop: one object for all of them, because Futures are made often. @internal */
  readonly ownOptions: OwnOptions = { loop: this, name: undefined, context: undefined, eagerStart: undefined }
  /**
   * A callback or step that takes this long, in ms, is reported in debug mode and by the event `handle:slow`.
   * @default 100
   */
  slowCallbackDuration = 100

  /** Numbers the unnamed Tasks: of this loop in virtual time, otherwise of all loops. @internal */
  readonly taskCounter: { made: number }
  /** The Task whose step is running. @internal */
  currentTask: TaskNode | undefined = undefined
  /** The Tasks that are not done, in order of creation. @internal */
  readonly tasks: TaskList = new TaskList()
  /** The exceptions to report when the loop closes, unless they are retrieved before. @internal */
  readonly unretrieved: Set<Unretrieved> = new Set()
  /** Called when the loop closes, to release open sockets and processes. @internal */
  readonly closeCallbacks: Set<() => void> = new Set()
  /** The waits for what is being stopped. Each function ends one of them at once: `abandon()`. @internal */
  readonly graces: Set<() => void> = new Set()
  /** The Explainer in debug mode, where each cancelled wait has a stack. @internal */
  tracer: Tools['explainer'] = undefined
  /** Whether the loop runs in a thread that is blocked while it waits. @internal */
  blocking = false
  /** Whether the host drives this loop, or was the last to drive it. @internal */
  hostDriven = false

  /** Returns the stores of `AsyncLocalStorage` that a callback keeps; undefined if it keeps none. @internal */
  captureStores: (() => AsyncScope) | undefined
  /** The drivers other than the host in real time. @internal */
  drivers: Drivers | undefined
  readonly #tasks: TaskSupport | undefined
  readonly #toolbox: Toolbox | undefined
  // Turns debug mode off; undefined while it is off.
  #endDebug: (() => void) | undefined = undefined
  #probes: Probes | undefined = undefined
  #events: LoopEvents | undefined = undefined
  #taskFactory: TaskFactory | undefined = undefined
  #exceptionHandler: ExceptionHandler | undefined = undefined

  /** Users call `newEventLoop()`, whose loops can create Tasks. */
  constructor(options: EventLoopOptions = {}) {
    super(options)
    this.#tasks = options.tasks
    this.captureStores = options.tasks?.captureStores
    this.#toolbox = options.tools
    this.drivers = options.drivers
    if (options.debug) this.setDebug(true)
    this.taskCounter = this.hasVirtualTime ? { made: 0 } : allTasks
    this.tools?.loopMade(this)
  }

  /** Events emitted by this loop, for observers: `loop.events.on('task:done', …)`. */
  get events(): LoopEvents {
    this.#events ??= this.needTools('emit events').events(this)
    return this.#events
  }

  /** Events, debug mode and reports; undefined in a page that does not import them. @internal */
  get tools(): Tools | undefined {
    return this.#toolbox?.use
  }

  /** Adds places and reasons to errors and reports. @internal */
  get explainer(): Tools['explainer'] {
    return this.tools?.explainer
  }

  /** The Probes of this loop. @internal */
  get probes(): Probes {
    this.#probes ??= this.needTools('be observed').probes(this)
    return this.#probes
  }

  /**
   * Schedules `callback(...args)` for the next iteration, after everything that is already ready. Wakes the loop if it
   * sleeps. From another thread, call `callSoonThreadsafe` of `spindle/thread`. asyncio: `loop.call_soon`.
   * @throws RuntimeError if the loop is closed
   */
  callSoon<A extends readonly unknown[]>(callback: (...args: A) => unknown, ...args: A): Handle {
    checkCallback(callback, 'callSoon')
    const handle = new Handle(this, callback, args.length === 0 ? NO_ARGUMENTS : args, undefined)
    this.schedule(handle)
    return handle
  }

  /**
   * Schedules `callback(...args)` for `delay` ms from now. It never runs earlier, and callbacks with equal times run
   * in the order in which they were scheduled. A negative delay counts as 0. asyncio: `loop.call_later`.
   * @throws RangeError if the delay is NaN; RuntimeError if the loop is closed
   */
  callLater<A extends readonly unknown[]>(delay: number, callback: (...args: A) => unknown, ...args: A): TimerHandle {
    checkDelay('delay', delay)
    return this.#setTimer(this.time() + delay, callback, args, 'callLater')
  }

  /**
   * Schedules `callback(...args)` for the time `when`, in ms on the loop's clock. asyncio: `loop.call_at`.
   * @throws RangeError if the time is NaN; RuntimeError if the loop is closed
   */
  callAt<A extends readonly unknown[]>(when: number, callback: (...args: A) => unknown, ...args: A): TimerHandle {
    checkTime('when', when)
    return this.#setTimer(when, callback, args, 'callAt')
  }

  /** A Future that belongs to this loop. asyncio: `loop.create_future`. */
  createFuture<T>(): Future<T> {
    return new Future<T>(this.ownOptions)
  }

  /**
   * Makes a Task of a coroutine, or of a coroutine function without parameters. It begins in the next iteration.
   * asyncio: `loop.create_task`.
   * @throws TypeError if the argument is not a coroutine, or if the task factory does not return a Task; RuntimeError
   * if the loop is closed
   */
  createTask<T, C = CoroutineSource<T>>(
    source: CoroutineSource<T> | Advice<C, CoroutineSource<unknown>>,
    options: CreateTaskOptions = this.ownOptions,
  ): Task<T> {
    if (this.closed) this.checkClosed()
    const given = source as CoroutineSource<T>
    const coroutine = typeof given === 'function' ? (this.#tasks ?? noTasks()).coroutineOf(given) : given
    if (this.#taskFactory === undefined)
      return (this.#tasks ?? noTasks()).createTask(this, coroutine, options) as Task<T>
    const task = this.#taskFactory(this, coroutine, options)
    if (isFuture(task)) return task as Task<T> // a factory that makes another Future has broken its own promise
    const hint = 'Return `new Task(coroutine, { ...options, loop })`'
    throw new TypeError(`the task factory must return a Task, got ${repr(task)}. ${hint}`)
  }

  /**
   * Sets the function that creates the Tasks of this loop; undefined restores the default. asyncio:
   * `loop.set_task_factory`.
   */
  setTaskFactory(factory: TaskFactory | undefined): void {
    if (factory !== undefined && typeof factory !== 'function') {
      throw new TypeError('task factory must be a callable or undefined')
    }
    this.#taskFactory = factory
  }

  /** The argument of `setTaskFactory`. */
  getTaskFactory(): TaskFactory | undefined {
    return this.#taskFactory
  }

  /**
   * Runs until `stop()` is called, driven by the host: Node or the browser does its own work between iterations.
   * asyncio: `loop.run_forever`.
   * @throws RuntimeError if the loop is closed or runs already, or if this is called from inside a running loop;
   *   DeadlockError when nothing is left that could ever wake the loop
   */
  runForever(): Promise<void> {
    return runByHost(this)
  }

  /**
   * Runs until `stop()` is called, and blocks the thread. Promises and sockets make no progress until it returns.
   * @throws what `runForever` does, and RuntimeError where the thread may not block (a browser's main thread)
   */
  runForeverSync(): void {
    this.checkRunnable(true)
    this.driversOf('runForeverSync()').runBlocking(this)
  }

  /**
   * Runs until the Future, coroutine or other awaitable is done, driven by the host, and returns its result. A
   * coroutine function without parameters is called. asyncio: `loop.run_until_complete`.
   * @throws the exception of the awaitable; RuntimeError if the loop was stopped before; the errors of `runForever`
   */
  runUntilComplete<T>(awaitable: AwaitableSource<T>): Promise<T> {
    return runUntilCompleteByHost(this, awaitable)
  }

  /** Like `runUntilComplete`, but blocks the thread and returns the result itself, as in Python. */
  runUntilCompleteSync<T>(awaitable: Awaitable<T> | (() => Coroutine<T>)): T {
    this.checkRunnable(true)
    return this.driversOf('runUntilCompleteSync()').runUntilCompleteBlocking(this, awaitable)
  }

  /**
   * Closes the loop: everything ready or scheduled is dropped, and unretrieved exceptions are reported. No-op if the
   * loop is already closed. asyncio: `loop.close`.
   * @throws RuntimeError if the loop is running
   */
  close(): void {
    if (this.isRunning()) throw new RuntimeError('Cannot close a running event loop')
    if (this.closed) return
    this.closed = true
    this.clear()
    this.wakeSources.onClose?.()
    for (const onClose of [...this.closeCallbacks]) onClose()
    this.callAtNextIteration() // there is none any more
    this.#tasks?.beforeClose(this)
    reportUnretrieved(this)
    this.#probes?.changed()
  }

  /** Whether the loop is being run. */
  isRunning(): boolean {
    return this.blocking || this.driver !== undefined
  }

  /** Whether `close()` was called. */
  isClosed(): boolean {
    return this.closed
  }

  /** Whether debug mode is on. */
  getDebug(): boolean {
    return this.#endDebug !== undefined
  }

  /**
   * Turns debug mode on or off. Debug mode records where Tasks, Futures and Handles were created, reports slow
   * callbacks, swallowed cancellations and unretrieved exceptions at once, and adds the whole stack of coroutines to
   * errors. asyncio: `loop.set_debug`.
   */
  setDebug(enabled: boolean): void {
    if (enabled === this.getDebug()) return
    this.#endDebug?.()
    this.#endDebug = enabled ? this.needTools('run in debug mode').debug(this) : undefined
  }

  /**
   * Sets the handler for exceptions that nothing could catch; undefined restores the default, which prints them.
   * asyncio: `loop.set_exception_handler`.
   */
  setExceptionHandler(handler: ExceptionHandler | undefined): void {
    if (handler !== undefined && typeof handler !== 'function') {
      throw new TypeError(`A callable object or undefined is expected, got ${repr(handler)}`)
    }
    this.#exceptionHandler = handler
  }

  /** The argument of `setExceptionHandler`. */
  getExceptionHandler(): ExceptionHandler | undefined {
    return this.#exceptionHandler
  }

  /**
   * Reports an exception to the exception handler, which prints it by default. asyncio: `loop.call_exception_handler`.
   */
  callExceptionHandler(context: ExceptionContext): void {
    this.probe?.reported?.(context)
    reportException(this, this.#exceptionHandler, context)
  }

  /** Prints a report to the standard error output. asyncio: `loop.default_exception_handler`. */
  defaultExceptionHandler(context: ExceptionContext): void {
    printReport(this, context)
  }

  override toString(): string {
    return `<${className(this)} running=${this.isRunning()} closed=${this.closed} debug=${this.getDebug()}>`
  }

  /** The text of `toString()`. */
  toJSON(): string {
    return this.toString()
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** @internal */
  ensureFuture(awaitable: AwaitableSource<unknown>): Future {
    if (isFuture(awaitable)) return awaitable
    return this.drivers?.ensureFuture?.(awaitable, this) ?? noTasks()
  }

  /**
   * The host may begin to drive a loop inside a turn of another loop, which continues in its own turns. A blocking run
   * excludes all others.
   * @internal
   */
  checkRunnable(blocking: boolean): void {
    this.checkClosed()
    if (this.isRunning()) throw new RuntimeError('This event loop is already running')
    const running = ambient.runningLoop
    if (running !== undefined && (blocking || running.blocking)) {
      throw new RuntimeError('Cannot run the event loop while another loop is running')
    }
  }

  /** @internal */
  needTools(what: string): Tools {
    if (this.tools !== undefined) return this.tools
    throw new RuntimeError(`this loop cannot ${what}: \`import 'spindle/explain'\` first`)
  }

  /** @internal */
  driversOf(what: string): Drivers {
    if (this.drivers === undefined) throw new RuntimeError(`This loop has no ${what}. Use newEventLoop()`)
    return this.drivers
  }

  /** Whether the host drives both loops, so that Tasks of one may wait for Futures of the other. @internal */
  canMeet(other: EventLoop): boolean {
    return this.hostDriven && other.hostDriven
  }

  #setTimer(when: number, callback: Callback, args: readonly unknown[], method: string): TimerHandle {
    checkCallback(callback, method)
    const handle = new TimerHandle(this, when, callback, args.length === 0 ? NO_ARGUMENTS : args)
    this.scheduleTimer(handle)
    return handle
  }
}

function noTasks(): never {
  throw new RuntimeError('This loop cannot create Tasks. Use newEventLoop()')
}

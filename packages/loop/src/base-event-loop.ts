import { ambient } from './context/ambient-state.ts'
import { runByHost, runUntilCompleteByHost } from './drivers/host.ts'
import { checkDelay, checkTime } from './errors/check-delay.ts'
import { RuntimeError } from './errors/errors.ts'
import type { LoopEvents } from './explain/loop-events.ts'
import { EventLoop, type ExceptionHandler } from './face/event-loop.ts'
import type { LoopParts } from './face/loop-parts.ts'
import type { Explainer, Probes } from './face/probe.ts'
import type { CreateTaskOptions, Task, TaskFactory } from './face/task.ts'
import type { Advice } from './futures/advice.ts'
import type { Awaitable, AwaitableSource, Coroutine, CoroutineSource } from './futures/awaitable.ts'
import { Future, isFuture } from './futures/future.ts'
import { className } from './inspect/class-name.ts'
import type { AsyncScope } from './inspect/host-globals.ts'
import { repr } from './inspect/repr.ts'
import type { ExceptionContext } from './reports/exception-context.ts'
import { printReport, reportException } from './reports/report-exception.ts'
import { reportUnretrieved } from './reports/unretrieved-exception.ts'
import { type Callback, checkCallback } from './scheduling/check-callback.ts'
import type { Clock } from './scheduling/clock.ts'
import { Handle, NO_ARGUMENTS, TimerHandle } from './scheduling/handle.ts'
import type { Ready } from './scheduling/ready.ts'
import type { Ring } from './scheduling/ring.ts'
import type { TimerHeap } from './scheduling/timer-heap.ts'

/** The options of `newEventLoop()`. */
export interface EventLoopOptions {
  /** The clock of the loop. @default the machine's clock */
  readonly clock?: Clock | undefined
  /** Whether the loop starts in debug mode. @default false */
  readonly debug?: boolean | undefined
  /** @internal */
  readonly parts?: LoopParts | undefined
  /** Decides which entry runs next; exploration of schedules replaces it. @default first in, first out @internal */
  readonly ready?: Ring<Ready> | undefined
  /** Decides when a timer is due; exploration replaces it. @default the time it was set for @internal */
  readonly timers?: TimerHeap | undefined
}

const allTasks = { made: 0 }

export const NO_PARTS: LoopParts = { createTask: noTasks, coroutineOf: noTasks }

/** How an event loop works. Users call `newEventLoop()`, whose loops can create Tasks. */
export class BaseEventLoop extends EventLoop {
  /** @internal */
  static readonly className: string = 'EventLoop'

  /** @internal */
  override readonly taskCounter: { made: number }
  /** @internal */
  override captureStores: (() => AsyncScope) | undefined
  /** @internal */
  protected override readonly enterStores: LoopParts['enterStores']
  /** @internal */
  override readonly parts: LoopParts
  // Turns debug mode off; undefined while it is off.
  #endDebug: (() => void) | undefined = undefined
  #probes: Probes | undefined = undefined
  #events: LoopEvents | undefined = undefined
  #taskFactory: TaskFactory | undefined = undefined
  #exceptionHandler: ExceptionHandler | undefined = undefined

  constructor(options: EventLoopOptions = {}) {
    super(options)
    this.parts = options.parts ?? NO_PARTS
    this.captureStores = this.parts.captureStores
    this.enterStores = this.parts.enterStores
    if (options.debug) this.setDebug(true)
    this.taskCounter = this.hasVirtualTime ? { made: 0 } : allTasks
    this.parts.tools?.loopMade(this)
  }

  get events(): LoopEvents {
    this.#events ??= this.needTools('emit events').events(this)
    return this.#events
  }

  /** @internal */
  get explainer(): Explainer | undefined {
    return this.parts.tools?.explainer
  }

  /** @internal */
  get probes(): Probes {
    this.#probes ??= this.needTools('be observed').probes(this)
    return this.#probes
  }

  callSoon<A extends readonly unknown[]>(callback: (...args: A) => unknown, ...args: A): Handle {
    checkCallback(callback, 'callSoon')
    const handle = new Handle(this, callback, args.length === 0 ? NO_ARGUMENTS : args, undefined)
    this.schedule(handle)
    return handle
  }

  callLater<A extends readonly unknown[]>(delay: number, callback: (...args: A) => unknown, ...args: A): TimerHandle {
    checkDelay('delay', delay)
    return this.#setTimer(this.time() + delay, callback, args, 'callLater')
  }

  callAt<A extends readonly unknown[]>(when: number, callback: (...args: A) => unknown, ...args: A): TimerHandle {
    checkTime('when', when)
    return this.#setTimer(when, callback, args, 'callAt')
  }

  createFuture<T>(): Future<T> {
    return new Future<T>(this.ownOptions)
  }

  createTask<T, C = CoroutineSource<T>>(
    source: CoroutineSource<T> | Advice<C, CoroutineSource<unknown>>,
    options: CreateTaskOptions = this.ownOptions,
  ): Task<T> {
    if (this.closed) this.checkClosed()
    const given = source as CoroutineSource<T>
    const coroutine = typeof given === 'function' ? this.parts.coroutineOf(given) : given
    if (this.#taskFactory === undefined) return this.parts.createTask(this, coroutine, options) as Task<T>
    const task = this.#taskFactory(this, coroutine, options)
    if (isFuture(task)) return task as Task<T> // a factory that makes another Future has broken its own promise
    const hint = 'Return `new Task(coroutine, { ...options, loop })`'
    throw new TypeError(`the task factory must return a Task, got ${repr(task)}. ${hint}`)
  }

  setTaskFactory(factory: TaskFactory | undefined): void {
    if (factory !== undefined && typeof factory !== 'function') {
      throw new TypeError('task factory must be a callable or undefined')
    }
    this.#taskFactory = factory
  }

  getTaskFactory(): TaskFactory | undefined {
    return this.#taskFactory
  }

  runForever(): Promise<void> {
    return runByHost(this)
  }

  runForeverSync(): void {
    this.checkRunnable(true)
    this.driversOf('runForeverSync()').runBlocking(this)
  }

  runUntilComplete<T>(awaitable: AwaitableSource<T>): Promise<T> {
    return runUntilCompleteByHost(this, awaitable)
  }

  runUntilCompleteSync<T>(awaitable: Awaitable<T> | (() => Coroutine<T>)): T {
    this.checkRunnable(true)
    return this.driversOf('runUntilCompleteSync()').runUntilCompleteBlocking(this, awaitable)
  }

  close(): void {
    if (this.isRunning()) throw new RuntimeError('Cannot close a running event loop')
    if (this.closed) return
    this.closed = true
    this.clear()
    this.wakeSources.onClose?.()
    for (const onClose of [...this.closeCallbacks]) onClose()
    this.callAtNextIteration() // there is none any more
    this.parts.beforeClose?.(this)
    reportUnretrieved(this)
    this.#probes?.changed()
  }

  getDebug(): boolean {
    return this.#endDebug !== undefined
  }

  setDebug(enabled: boolean): void {
    if (enabled === this.getDebug()) return
    this.#endDebug?.()
    this.#endDebug = enabled ? this.needTools('run in debug mode').debug(this) : undefined
  }

  setExceptionHandler(handler: ExceptionHandler | undefined): void {
    if (handler !== undefined && typeof handler !== 'function') {
      throw new TypeError(`A callable object or undefined is expected, got ${repr(handler)}`)
    }
    this.#exceptionHandler = handler
  }

  getExceptionHandler(): ExceptionHandler | undefined {
    return this.#exceptionHandler
  }

  callExceptionHandler(context: ExceptionContext): void {
    this.probe?.reported?.(context)
    reportException(this, this.#exceptionHandler, context)
  }

  defaultExceptionHandler(context: ExceptionContext): void {
    printReport(this, context)
  }

  override toString(): string {
    return `<${className(this)} running=${this.isRunning()} closed=${this.closed} debug=${this.getDebug()}>`
  }

  /** @internal */
  ensureFuture(awaitable: AwaitableSource<unknown>): Future {
    if (isFuture(awaitable)) return awaitable
    return this.parts.drivers?.ensureFuture?.(awaitable, this) ?? noTasks()
  }

  /** @internal */
  checkRunnable(blocking: boolean): void {
    this.checkClosed()
    if (this.isRunning()) throw new RuntimeError('This event loop is already running')
    const running = ambient.runningLoop
    if (running !== undefined && (blocking || running.blocking)) {
      throw new RuntimeError('Cannot run the event loop while another loop is running')
    }
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

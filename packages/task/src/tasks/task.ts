// Hot path: bench/switch. A Task drives one coroutine: it resumes it, step by step, each time what it waits for is
// done.
//
// Until it is done, a Task is  waiting  waiter is pending, and the Task is among those who wait for it
//                              ready    the Task is in the loop's ready queue; waiter is done, or undefined
//                              running  its coroutine is on the JavaScript stack; waiter is undefined
//
// No `#` names and no field initialisers here or in Future: docs/explanation/architecture.md says why.
//
// cancel() while waiting cancels the waiter, which makes the Task ready; otherwise CANCEL_NEXT_STEP tells the next step
// to throw.

import {
  CancelledError,
  type Context,
  type Coroutine,
  type CreateTaskOptions,
  type EventLoop,
  Future,
  KeyboardInterrupt,
  type LoopEventMap,
  RuntimeError,
  type SourceLocation,
} from '@spindle/loop'
import {
  ambient,
  BLOCKED_PROMISE,
  CANCELLED,
  cancelledErrorWithoutStack,
  cancelTrace,
  checkOptions,
  currentContext,
  Handle,
  isSuspension,
  nameOf,
  RESUMED,
  RETURNED,
  repr,
  Suspension,
  type TaskNode,
  THREW,
  TURN,
} from '@spindle/loop/internal'
import { bareCoroutines } from '../coroutines/bare-coroutines.ts'
import { coroutineName, coroutineStack, describeCoroutine } from '../coroutines/coroutine-stack.ts'
import type { Frame } from '../coroutines/frame.ts'
import { isGenerator, resumeGenerator, throwIntoGenerator } from '../coroutines/generators.ts'
import { hasLinkedFrames, isFrame, TRAMPOLINE, takeLinkedFrames } from '../coroutines/linked-frames.ts'
import { badYieldError, errorAfterThrow, errorOfCoroutine } from './bad-yield-error.ts'
import { cancelChain } from './cancel-chain.ts'
import { type CancelRequest, CancelState, describeRequest, UncancellableBlock } from './cancellation.ts'
import { ForeignWait } from './foreign-wait.ts'
import { type PrintStackOptions, printStack } from './print-stack.ts'
import type { SwallowWatch } from './swallow-watch.ts'
import { swallowed } from './swallowed-cancellation.ts'
import { toResumable } from './to-resumable.ts'
import { uncaughtCancellation } from './uncaught-cancellation.ts'

/** What `new Task` takes besides its coroutine. */
export interface TaskOptions extends CreateTaskOptions {
  /** The loop that runs the Task. @default the running one, else the one that was set */
  readonly loop?: EventLoop | undefined
}

/** A cancellation request. See `Task.requestCancel`. */
interface CancelOptions {
  /**
   * How many `uncancellable()` blocks were active when the requesting scope was entered; 0: from outside. @default 0
   */
  readonly level?: number
  /** What cancels. @default the current Task */
  readonly by?: string
  readonly message?: string | undefined
  /** The time limit that is over, if that is why. */
  readonly deadline?: number | undefined
  /** Whether the CancelledErrors that come of it are to say where was waited. @default if they may leave a run */
  readonly traced?: boolean | undefined
}

// flags
const NOT_STARTED = 1 // it has not begun
const CANCEL_NEXT_STEP = 2 // the next step throws a CancelledError
const THROW_NEXT_STEP = 4 // the next step throws `cancelState.awaitError`
const CANCEL_DELIVERED = 8 // a CancelledError was thrown in
const AWAITED_SINCE_CANCEL = 16 // and the coroutine waited again afterwards
const CANCEL_PROPAGATED = 32 // what it waits for was asked to end: the next step looks whether a CancelledError comes of it

/**
 * A coroutine that runs by itself, beside others. It is a Future: its result is what the coroutine returns. Make one
 * with `ensureFuture` or `createTask`. asyncio: `asyncio.Task`.
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
export class Task<out T = unknown> extends Future<T> implements TaskNode {
  /** @internal */
  static override get className(): string {
    return 'Task'
  }

  /** Among the Tasks of its loop. @internal */
  place: number

  private coroutine: Coroutine<T>
  // What is resumed: the innermost frame of the coroutine, or the coroutine itself as long as there is none.
  private frame: Frame | undefined
  private waiter: Future | undefined
  private name: string | number
  private context: Context
  private flags: number
  // Created with the first cancellation request, or the first await that fails, as most Tasks never get either.
  private cancelState: CancelState | undefined

  /** @throws TypeError if it is not a coroutine; RuntimeError if it is being awaited already, or if there is no loop */
  constructor(coroutine: Coroutine<T>, options: TaskOptions = {}) {
    super(options)
    this.coroutine = coroutine
    this.frame = undefined
    if (!isGenerator(coroutine)) this.adopt(toResumable(coroutine))
    else if (this.getLoop().getDebug()) bareCoroutines.take(coroutine)
    this.place = 0
    this.waiter = undefined
    this.name = options.name === undefined ? ++this.getLoop().taskCounter.made : String(options.name)
    this.context = options.context ?? currentContext().snapshot()
    this.flags = NOT_STARTED
    this.cancelState = undefined
    const loop = this.getLoop()
    if (loop.observed || options.eagerStart === true) {
      this.startSlow(options.eagerStart === true)
    } else {
      loop.schedule(this) // first: a closed loop throws, and then there is no Task
      loop.tasks.add(this)
    }
  }

  /** The name of the Task: `Task-1`, `Task-2`, … unless it has another. */
  getName(): string {
    if (typeof this.name === 'number') this.name = `Task-${this.name}` // a Task that cancels many is named by each
    return this.name
  }

  /** Renames the Task. */
  setName(name: string): void {
    this.name = String(name)
  }

  /** The coroutine the Task runs. */
  getCoro(): Coroutine<T> {
    return this.coroutine
  }

  /** The context the Task runs in. */
  getContext(): Context {
    if (this.context.isSnapshot) {
      const isCurrent = this.context === ambient.context && this.getLoop().currentTask === this
      this.context = this.context.copy()
      if (isCurrent) ambient.context = this.context
    }
    return this.context
  }

  /** @internal */
  adoptContext(context: Context): void {
    this.context = context
  }

  /**
   * Asks the Task to end: a CancelledError is thrown into its coroutine, at the `yield*` where it waits, in the next
   * turn of the loop. What it awaits is cancelled along. The coroutine may clean up, and even catch the error and go
   * on.
   * @param message the message of the CancelledError
   * @returns false if the Task was done already
   */
  override cancel(message?: string): boolean {
    if (cancelChain.defer(this, message)) return true // as a Task that is not done always says
    return this.requestCancel({ message })
  }

  /**
   * `cancel()` for scopes, which cancel the Task they run in, and for callers that want to be named.
   * @internal
   */
  requestCancel({ level = 0, by, message, deadline, traced }: CancelOptions): boolean {
    if (this.done()) return super.cancel(message)
    const loop = this.getLoop()
    this.cancelState ??= new CancelState()
    if (cancelChain.comesRound(this)) return this.breakCircle(this.cancelState, message)
    this.cancelState.requests++
    const { via } = cancelChain
    const canceller = by ?? via?.cancelledBy()?.by ?? loop.currentTask?.label
    this.cancelState.request = { by: canceller, via: via?.getName(), message }
    this.cancelState.traced = traced ?? via?.cancelState?.traced
    this.cancelState.awaited = this.waiter
    if (loop.events.heard['task:cancelling']) this.emitCancelling(canceller, message, deadline)
    if (this.cancelState.hold(level, message)) return true
    if (this.waiter !== undefined && cancelChain.pass(this, this.waiter, message)) {
      // waiter stays: it may be a Task that refuses, and then it has to be asked again at the next cancel().
      this.flags |= CANCEL_PROPAGATED
      return true
    }
    this.cancelNextStep(this.cancelState, message)
    return true
  }

  /**
   * Has it said at once if it swallows the cancellation that was requested last, and so keeps a run from ending.
   * @internal
   */
  watchCancel(watch: SwallowWatch | undefined): void {
    if (this.cancelState !== undefined) this.cancelState.watch = watch
  }

  /** What it waited for when it was cancelled last. @internal */
  get awaitedAtCancel(): string | undefined {
    return this.cancelState?.awaited?.label
  }

  /** The number of cancellation requests, less those taken back by `uncancel()`. */
  cancelling(): number {
    return this.cancelState?.requests ?? 0
  }

  /**
   * Retracts one cancellation request, and returns how many are left. For blocks like `timeout()`, which cancel the
   * Task they run in.
   */
  uncancel(): number {
    const state = this.cancelState
    if (state === undefined) return 0
    if (state.requests === 0) return 0
    state.requests--
    if (this.visibleRequests === 0) this.flags &= ~CANCEL_NEXT_STEP
    const { events, currentTask } = this.getLoop()
    const count = state.requests
    if (events.heard['task:uncancelled']) events.emitEvent('task:uncancelled', { task: this, by: currentTask, count })
    return count
  }

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
  cancelledBy(): CancelRequest | undefined {
    return this.cancelState?.latest
  }

  /**
   * Throws a cancellation that had reached the coroutine already once more, at its next wait. Without a message, as in
   * asyncio.
   * @internal
   */
  redeliverCancel(): void {
    if (this.cancelState !== undefined) this.cancelNextStep(this.cancelState, undefined)
  }

  /** `cancelling()`, without the requests that `uncancellable()` blocks hold back. @internal */
  get visibleRequests(): number {
    const state = this.cancelState
    return state === undefined ? 0 : state.requests - state.heldBack
  }

  /** How many `uncancellable()` blocks are active. @internal */
  get uncancellableDepth(): number {
    return this.cancelState?.uncancellable?.level ?? 0
  }

  /** From now on requests from outside are held back. Called in a step of the Task. @internal */
  enterUncancellable(): void {
    this.cancelState ??= new CancelState()
    const block = new UncancellableBlock(this.cancelState.uncancellable)
    if (this.cancelPending) block.hold(this.cancelState.message)
    this.flags &= ~CANCEL_NEXT_STEP
    this.cancelState.uncancellable = block
  }

  /** Delivers what was held back. Called in a step of the Task. @internal */
  leaveUncancellable(): void {
    const state = this.cancelState
    const block = state?.uncancellable
    if (state === undefined || block === undefined) return
    state.uncancellable = block.outer
    if (block.heldBack > 0 && this.visibleRequests > 0) this.cancelNextStep(state, block.message)
  }

  /** Whether a request to end has not reached the coroutine yet. @internal */
  get cancelPending(): boolean {
    return (this.flags & CANCEL_NEXT_STEP) !== 0
  }

  /** Not for Tasks. @throws RuntimeError always: the result of a Task is what its coroutine returns */
  override setResult(_result: T): never {
    throw new RuntimeError('Task does not support set_result operation')
  }

  /** Not for Tasks. @throws RuntimeError always: the exception of a Task is what its coroutine throws */
  override setException(_exception: unknown): never {
    throw new RuntimeError('Task does not support set_exception operation')
  }

  /**
   * Where the Task stands: one place for each of its coroutines that is known, the outermost first. Coroutines made by
   * `coroutine()` are all known, of bare generators the outermost is. Empty when the Task is done.
   * @param options `limit`: how many places at most, of the innermost
   */
  getStack(options: { readonly limit?: number | undefined } = {}): SourceLocation[] {
    checkOptions('getStack()', options, ['limit'])
    if (this.done()) return []
    const stack = coroutineStack(this.coroutine, this.frame)
    return options.limit === undefined ? stack : stack.slice(Math.max(0, stack.length - options.limit))
  }

  /**
   * Prints where the Task stands, or the stack of the exception it ended with.
   * @param options `limit`: as for `getStack`; `print`: called with the text instead of `console.error`
   */
  printStack(options: PrintStackOptions = {}): void {
    printStack(this, options)
  }

  /** @internal */
  override get label(): string {
    return this.getName()
  }

  /** The message of a request that came in the last step of a Task, which threw instead. @internal */
  override get cancelMessage(): string | undefined {
    return this.cancelled() ? super.cancelMessage : this.cancelState?.message
  }

  /** What it waits for is done. @internal */
  wake(loop: EventLoop): void {
    loop.schedule(this)
  }

  /** Takes a step, as what it waited for is done, or as it is the first. @internal */
  run(): void {
    const waiter = this.waiter
    const loop = this.getLoop()
    if (waiter !== undefined) this.waiter = undefined
    // These two are not restored here: the next handle sets them, and the driver does at the end of the turn.
    loop.currentTask = this
    // Most Tasks share one context: a look is cheaper than a store, by 5 % of a switch.
    if (ambient.context !== this.context) ambient.context = this.context
    if ((this.flags & ~NOT_STARTED) !== 0 || loop.stepsObserved) return this.stepSlow(waiter)
    this.flags = 0
    this.resume(false, undefined)
  }

  /** Among the callbacks of what it waits for. @internal */
  describe(): string {
    return 'Task.task_wakeup()'
  }

  /** Slow path of `run()`: the loop is observed, an error is to be thrown in, or the Task was cancelled before. */
  private stepSlow(waiter: Future | undefined): void {
    const flags = this.flags
    this.flags &= ~(NOT_STARTED | CANCEL_NEXT_STEP | THROW_NEXT_STEP | CANCEL_PROPAGATED)
    let throwing = (flags & THROW_NEXT_STEP) !== 0
    let thrown: unknown = throwing ? this.cancelState?.takeAwaitError() : undefined
    if ((flags & CANCEL_NEXT_STEP) !== 0 && !endedCancelled(waiter)) {
      if (waiter?.hasException()) waiter.exception() // it is dropped, but was not overlooked
      throwing = true
      thrown = cancelledErrorWithoutStack(this.cancelState?.message)
    }
    const isCancel = throwing ? thrown instanceof CancelledError : endedCancelled(waiter)
    if (isCancel && this.cancelling() > 0) this.flags |= CANCEL_DELIVERED
    if (this.getLoop().events.heard['task:step']) {
      let resumedBy: LoopEventMap['task:step']['resumedBy'] = (flags & NOT_STARTED) !== 0 ? 'start' : 'value'
      if (isCancel) resumedBy = 'cancel'
      else if (throwing || waiter?.hasException()) resumedBy = 'error'
      this.getLoop().events.emitEvent('task:step', { task: this, resumedBy, from: waiter })
    }
    const watch = this.cancelState?.watch
    if (watch !== undefined) return this.resumeWatched(watch, throwing, thrown)
    if ((flags & CANCEL_PROPAGATED) === 0) return this.resume(throwing, thrown)
    cancelTrace.wanted = this.cancelState?.traced ?? uncaughtCancellation.mayLeave(this)
    try {
      this.resume(throwing, thrown)
    } finally {
      cancelTrace.wanted = false
    }
  }

  /** A closure in `stepSlow` would cost each of its calls an object for what it captures. */
  private resumeWatched(watch: SwallowWatch, throwing: boolean, thrown: unknown): void {
    watch.step(this, () => this.resume(throwing, thrown))
  }

  /** It is not a bare generator. */
  private adopt(driven: Coroutine<unknown> | Frame): void {
    this.coroutine = driven as Coroutine<T> // a Frame counts as a generator for its users
    if (isFrame(driven)) this.frame = driven
  }

  /** Slow path of the constructor: the loop is observed, or the Task may take its first step at once. */
  private startSlow(eagerStart: boolean): void {
    const loop = this.getLoop()
    const eager = eagerStart && ambient.runningLoop === loop
    // A context that was passed in, rather than a snapshot, which is shared and never written to.
    if (eager && !this.context.isSnapshot) this.context.checkEnter()
    if (loop.events.heard['task:created']) {
      const { coroutine } = this
      loop.events.emitEvent('task:created', {
        task: this,
        parent: loop.currentTask,
        name: this.getName(),
        get coroutine() {
          return coroutineName(coroutine) // it may take asking the engine
        },
        eager,
      })
    }
    if (!eager) loop.schedule(this)
    loop.tasks.add(this)
    if (eager) this.startEagerly()
  }

  /** The first step, inside the step of the Task that makes this one. */
  private startEagerly(): void {
    const loop = this.getLoop()
    const outerTask = loop.currentTask
    const outerContext = ambient.context
    try {
      if (outerContext === undefined || outerContext.isSnapshot) this.run()
      else outerContext.runInside(() => this.run())
    } finally {
      loop.currentTask = outerTask
      ambient.context = outerContext
    }
  }

  /**
   * Runs the coroutine until it waits or ends. When the innermost frame ends, its caller continues with the outcome.
   */
  private resume(throwing: boolean, thrown: unknown): void {
    let frame = this.frame
    for (;;) {
      const generator = frame === undefined ? this.coroutine : frame.generator
      let step: IteratorResult<unknown, unknown>
      try {
        step = throwing ? throwIntoGenerator(generator, thrown) : resumeGenerator(generator, RESUMED)
      } catch (failure) {
        const error = throwing ? errorAfterThrow(failure, thrown) : errorOfCoroutine(failure)
        takeLinkedFrames(undefined, undefined)
        frame?.threw()
        if (frame === undefined || frame === (this.coroutine as unknown)) return this.fail(error)
        frame.appendCallers(error, this.coroutine, this.getLoop().getDebug())
        frame = frame.caller
        throwing = true
        thrown = error
        continue
      }
      // First what is yielded most often, and all is known of it: asked the long way round, a switch takes 10 % more.
      if (step === TURN && frame === this.frame && this.flags === 0 && !hasLinkedFrames()) {
        const loop = this.getLoop()
        if (!loop.stepsObserved && TURN.take()) return loop.schedule(this)
      }
      // Not by its `done`: as each kind of Suspension has a shape of its own, reading that costs more than asking what
      // it is.
      if (step instanceof Suspension) {
        if (hasLinkedFrames()) frame = takeLinkedFrames(step, frame)
        if (frame !== this.frame) this.frame = frame
        return this.suspend(step)
      }
      if (!step.done) {
        if (hasLinkedFrames()) frame = takeLinkedFrames(step.value, frame)
        if (frame !== this.frame) this.frame = frame
        if (step.value !== TRAMPOLINE)
          return isSuspension(step.value) ? this.suspend(step.value) : this.refuse(step.value)
        throwing = false
      } else if (frame === undefined || frame === (this.coroutine as unknown)) {
        if (hasLinkedFrames()) takeLinkedFrames(undefined, undefined) // of a coroutine that was driven by hand, and left
        frame?.returned(undefined)
        return this.finish(step.value as T) // what the outermost coroutine returns is a T
      } else {
        frame.returned(step.value)
        frame = frame.caller
        throwing = false
      }
    }
  }

  private suspend(suspension: Suspension): void {
    const loop = this.getLoop()
    if (this.flags !== 0 || loop.stepsObserved) return this.suspendSlow(suspension)
    if (!suspension.take()) return this.refuse(suspension)
    this.waitFor(suspension.future)
  }

  /** Slow path of a wait: the loop is observed, or the Task has a cancellation request. */
  private suspendSlow(suspension: Suspension): void {
    if (!suspension.take()) return this.refuse(suspension)
    const future = suspension.future
    if ((this.flags & CANCEL_DELIVERED) !== 0) this.noteAwaitAfterCancel()
    if (this.getLoop().stepsObserved) this.emitSuspended(future)
    this.waitFor(future)
    if ((this.flags & CANCEL_NEXT_STEP) === 0 || this.waiter === undefined) return
    if (cancelChain.pass(this, this.waiter, this.cancelState?.message))
      this.flags = (this.flags & ~CANCEL_NEXT_STEP) | CANCEL_PROPAGATED
  }

  /** Waits for `future`, or for one turn of the loop. */
  private waitFor(future: Future | undefined): void {
    const loop = this.getLoop()
    if (future === undefined) return loop.schedule(this)
    if (future.getLoop() !== loop || future === this || (loop.blocking && future.isPromise)) {
      return this.waitForSpecial(future)
    }
    future.addWakeable(this)
    this.waiter = future
  }

  /** Waits for a Future of another loop that the host drives, too; a Future of any other loop is an error. */
  private waitForSpecial(future: Future): void {
    const owner = future.getLoop()
    if (!this.getLoop().canMeet(owner) || owner.isClosed() || future === this) {
      return this.throwNext(this.cannotAwaitError(future))
    }
    this.waiter = future
    future.addWakeable(new ForeignWait(this, future))
  }

  /** The loop of what it waits for has closed: it will never be done. @internal */
  abandonWait(future: Future): void {
    if (this.waiter === future) this.throwNext(this.cannotAwaitError(future))
  }

  /** What it waits for, as far as that is known. @internal */
  get waitedFor(): Future | undefined {
    return this.waiter
  }

  /** Why the Task can't wait for it. */
  private cannotAwaitError(future: Future): RuntimeError {
    const owner = future.getLoop()
    if (owner !== this.getLoop()) {
      const why =
        this.getLoop().canMeet(owner) && owner.isClosed()
          ? 'of a loop that is closed: it will never be done'
          : 'attached to a different loop'
      return new RuntimeError(`Task ${this} got Future ${future} ${why}`)
    }
    return new RuntimeError(future === this ? `Task cannot await on itself: ${this}` : BLOCKED_PROMISE)
  }

  /** Has the next step throw an error about what is nothing to wait for. */
  private refuse(yielded: unknown): void {
    if (this.getLoop().stepsObserved) this.emitSuspended(undefined)
    this.throwNext(badYieldError(this, this.frame ?? this.coroutine, yielded))
  }

  private finish(result: T): void {
    if ((this.flags & CANCEL_NEXT_STEP) !== 0) {
      this.end(CANCELLED, this.cancelState?.message, 'cancelled') // cancelled in its last step
    } else {
      this.end(RETURNED, result, 'returned')
    }
  }

  private fail(error: unknown): void {
    if (error instanceof CancelledError) {
      uncaughtCancellation.note(this)
      return this.end(CANCELLED, error, 'cancelled')
    }
    this.end(THREW, error, 'threw')
    if (error instanceof KeyboardInterrupt) throw error
  }

  private end(state: typeof CANCELLED | typeof RETURNED | typeof THREW, outcome: unknown, how: TaskOutcome): void {
    const loop = this.getLoop()
    this.frame = undefined
    loop.tasks.remove(this)
    if (how !== 'cancelled' && (this.flags & AWAITED_SINCE_CANCEL) !== 0 && this.cancelling() > 0)
      swallowed.report(this)
    this.settle(state, outcome)
    if (loop.observed && loop.events.heard['task:done'])
      loop.events.emitEvent('task:done', { task: this, outcome: how })
  }

  /** Makes the next step throw an error into the coroutine. */
  private throwNext(error: Error): void {
    this.waiter = undefined
    this.cancelState ??= new CancelState()
    this.cancelState.awaitError = error
    this.flags |= THROW_NEXT_STEP
    this.getLoop().schedule(this)
  }

  /** It was cancelled, and yet it waits again. */
  private noteAwaitAfterCancel(): void {
    if ((this.flags & AWAITED_SINCE_CANCEL) === 0 && this.getLoop().getDebug()) swallowed.note(this)
    this.flags |= AWAITED_SINCE_CANCEL
  }

  /** The next step throws a CancelledError. */
  private cancelNextStep(state: CancelState, message: string | undefined): void {
    this.flags |= CANCEL_NEXT_STEP
    state.message = message
  }

  /** It waits, through others, for itself: one of them has to receive the error first. */
  private breakCircle(state: CancelState, message: string | undefined): true {
    const { waiter } = this
    if (waiter?.removeWakeable(this) !== true) return true
    this.cancelNextStep(state, message)
    this.getLoop().schedule(this)
    if (!(waiter instanceof Task)) waiter.addDoneCallback(retrieve) // a gather, which nothing awaits any more
    return true
  }

  private emitSuspended(future: Future | undefined): void {
    const { events } = this.getLoop()
    if (!events.heard['task:suspended']) return
    const kind = future === undefined ? 'turn' : future instanceof Task ? 'task' : 'future'
    events.emitEvent('task:suspended', { task: this, kind, label: future?.label ?? 'sleep(0)', future })
  }

  private emitCancelling(known: string | undefined, message: string | undefined, deadline: number | undefined): void {
    const loop = this.getLoop()
    const by = loop.currentTask
    const canceller = known ?? (loop.currentHandle instanceof Handle ? callbackName(loop.currentHandle) : undefined)
    const count = this.cancelling()
    loop.events.emitEvent('task:cancelling', {
      task: this,
      by,
      via: cancelChain.via,
      canceller,
      deadline,
      message,
      count,
    })
  }

  /** @internal */
  override describeForReport(): () => string {
    const name = this.getName()
    const coroutine = this.coroutine
    return () => `name=${repr(name)} coro=<${describeCoroutine(coroutine, true)}> `
  }

  /** @internal */
  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    const shown = this.cancelling() > 0 && !this.done() ? 'cancelling' : state
    const info = [shown, `name=${repr(this.getName())}`, `coro=<${describeCoroutine(this.coroutine, this.done())}>`]
    if (this.waiter !== undefined) info.push(`wait_for=${this.waiter}`)
    const request = this.cancelling() > 0 || this.cancelled() ? this.cancelledBy() : undefined
    return [...info, ...rest, ...(request === undefined ? [] : describeRequest(request, repr))]
  }
}

function retrieve(future: Future): void {
  if (future.hasException()) future.exception()
}

type TaskOutcome = LoopEventMap['task:done']['outcome']

/** Without its place, for which the engine would have to be asked. */
function callbackName(handle: Handle): string {
  const callback = handle.getCallback()
  return `${(callback && nameOf(callback)) || '<anonymous>'}()`
}

/** Whether its waiters receive a CancelledError: gather() has it as its exception, and is not cancelled itself. */
function endedCancelled(future: Future | undefined): boolean {
  if (future === undefined) return false
  return future.cancelled() || (future.hasException() && future.peekException() instanceof CancelledError)
}

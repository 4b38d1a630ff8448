// Hot path: bench/switch. A Task drives one coroutine: each time the awaited Future is done, it resumes the coroutine
// for one step.
//
// Until it is done, a Task is  waiting  waiter is pending, and the Task is among its waiters
//                              ready    the Task is in the loop's ready queue; waiter is done, or undefined
//                              running  its coroutine is on the JavaScript stack; waiter is undefined
//
// No `#` names and no field initialisers here or in Future: docs/explanation/architecture.md says why.
//
// cancellable-task.ts is the half that receives cancellation requests.

import {
  CancelledError,
  type Context,
  type Coroutine,
  type CreateTaskOptions,
  type EventLoop,
  type Future,
  KeyboardInterrupt,
  RuntimeError,
  type SourceLocation,
} from '@spindle/loop'
import {
  AlreadyAwaited,
  ambient,
  CANCELLED,
  cancelledErrorWithoutStack,
  checkOptions,
  currentContext,
  isSuspension,
  NEXT_ITERATION,
  RESUMED,
  RETURNED,
  repr,
  Suspension,
  type TaskNode,
  type TaskOutcome,
  THREW,
  trace,
} from '@spindle/loop/internal'
import { noteAwaited, reuseError, wasAwaited } from '../coroutines/await-registry.ts'
import { coroutineStack, describeCoroutine } from '../coroutines/coroutine-stack.ts'
import type { Frame } from '../coroutines/frame.ts'
import { isGenerator, resumeGenerator, throwIntoGenerator } from '../coroutines/generators.ts'
import { dropLinkedFrames, innermostFrame, isFrame, TRAMPOLINE } from '../coroutines/linked-frames.ts'
import { badYieldError, errorAfterThrow, errorOfCoroutine } from './bad-yield-error.ts'
import { cancelChain } from './cancel-chain.ts'
import {
  CANCEL_NEXT_STEP,
  CANCEL_PROPAGATED,
  CANCEL_PUT_OFF,
  CancellableTask,
  HAS_CALLED,
  IS_SPECIAL,
  NOT_STARTED,
  THROW_NEXT_STEP,
} from './cancellable-task.ts'
import { CancelState } from './cancellation.ts'
import { cannotAwaitError, describeTask } from './describe-task.ts'
import { ForeignWait } from './foreign-wait.ts'
import { beginsWhenCancelled, toResumable } from './to-resumable.ts'

/** The options of `new Task`. */
export interface TaskOptions extends CreateTaskOptions {
  /** The loop that runs the Task. @default the running loop, otherwise the loop that was set */
  readonly loop?: EventLoop | undefined
}

/** The class of all Tasks. Users see it as the interface `Task`, which a loop can promise, too. */
export class Task<out T = unknown> extends CancellableTask<T> implements TaskNode<T> {
  /** @internal */
  static override readonly className: string = 'Task'

  /** Its entry among the Tasks of its loop. @internal */
  listIndex: number

  private coroutine: Coroutine<T>
  // The object to resume: the innermost frame of the coroutine, or the coroutine itself while there is no frame.
  private frame: Frame | undefined
  private name: string | number
  private context: Context

  /** @throws TypeError if it is not a coroutine; RuntimeError if it is already being awaited, or if there is no loop */
  constructor(coroutine: Coroutine<T>, options: TaskOptions = {}) {
    super(options)
    this.coroutine = coroutine
    this.frame = undefined
    if (!isGenerator(coroutine)) this.adopt(toResumable(coroutine))
    this.listIndex = 0
    this.name = options.name === undefined ? ++this.getLoop().taskCounter.made : String(options.name)
    this.context = options.context ?? currentContext().snapshot()
    const loop = this.getLoop()
    if (loop.probe !== undefined || options.eagerStart === true) {
      this.startSlow(options.eagerStart === true)
    } else {
      loop.schedule(this) // first, because a closed loop throws, and then there must be no Task
      loop.tasks.add(this)
    }
  }

  getName(): string {
    if (typeof this.name === 'number') this.name = `Task-${this.name}` // formatted once: the Tasks it cancels store it
    return this.name
  }

  setName(name: string): void {
    this.name = String(name)
  }

  getCoro(): Coroutine<T> {
    return this.coroutine
  }

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

  /** Not for Tasks. @throws RuntimeError always: a Task ends with the result of its coroutine */
  override setResult(_result: T): never {
    throw new RuntimeError('Task does not support set_result operation')
  }

  /** Not for Tasks. @throws RuntimeError always: a Task ends with the exception of its coroutine */
  override setException(_exception: unknown): never {
    throw new RuntimeError('Task does not support set_exception operation')
  }

  getStack(options: { readonly limit?: number | undefined } = {}): SourceLocation[] {
    checkOptions('getStack()', options, ['limit'])
    if (this.done()) return []
    const stack = coroutineStack(this.coroutine, this.frame)
    return options.limit === undefined ? stack : stack.slice(Math.max(0, stack.length - options.limit))
  }

  printStack(options?: Parameters<TaskNode['printStack']>[0]): void {
    this.getLoop().needTools('print stacks').explainer?.printStack(this, options)
  }

  /** @internal */
  override get label(): string {
    return this.getName()
  }

  /** Called when the awaited Future is done. @internal */
  wake(loop: EventLoop): void {
    loop.schedule(this)
  }

  /** @internal */
  run(): void {
    this.step()
  }

  /** Takes a step: the first one, or the next one after the awaited Future is done. */
  protected step(): void {
    const waiter = this.waiter
    const loop = this.getLoop()
    if (waiter !== undefined) this.waiter = undefined
    // These two are not restored here: the next handle sets them, and so does the driver at the end of the turn.
    loop.currentTask = this
    // Most Tasks share one context. A comparison is cheaper than a store, by 5 % of a switch.
    if (ambient.context !== this.context) ambient.context = this.context
    if ((this.flags & IS_SPECIAL) !== 0 || loop.stepProbe !== undefined) return this.stepSlow(waiter)
    this.flags &= HAS_CALLED
    this.resume(false, undefined)
  }

  /** Called as a callback of the awaited Future. @internal */
  describe(): string {
    return 'Task.task_wakeup()'
  }

  /** Slow path of `run()`: the loop is observed, an error has to be thrown in, or the Task was cancelled before. */
  private stepSlow(waiter: Future | undefined): void {
    const flags = this.flags
    this.flags &= ~(NOT_STARTED | CANCEL_NEXT_STEP | THROW_NEXT_STEP | CANCEL_PROPAGATED | CANCEL_PUT_OFF)
    let throwing = (flags & THROW_NEXT_STEP) !== 0
    let thrown: unknown = throwing ? this.cancelState?.awaitError : undefined
    if ((flags & CANCEL_NEXT_STEP) !== 0 && !endedCancelled(waiter)) {
      const isDone = waiter?.done() === true
      if ((flags & NOT_STARTED) !== 0 && beginsWhenCancelled(this.coroutine)) this.flags |= CANCEL_NEXT_STEP
      else if (isDone && waiter.isFromOutside && !waiter.hasException()) this.putOffCancel(this.cancelState?.message)
      else {
        if (waiter?.hasException())
          waiter.exception() // marks it as retrieved, although it is dropped
        else if (isDone) waiter.dropResult()
        throwing = true
        thrown = cancelledErrorWithoutStack(this.cancelState?.message)
      }
    }
    const loop = this.getLoop()
    if (loop.stepProbe !== undefined) {
      const isCancel = throwing ? thrown instanceof CancelledError : endedCancelled(waiter)
      const isError = throwing || waiter?.hasException()
      const isStart = (flags & NOT_STARTED) !== 0
      loop.stepProbe.resumes?.(this, isCancel ? 'cancel' : isError ? 'error' : isStart ? 'start' : 'value', waiter)
    }
    if ((flags & CANCEL_PROPAGATED) === 0) return this.resume(throwing, thrown)
    if (waiter?.isCancelPutOff && !endedCancelled(waiter)) this.putOffCancel(this.cancelState?.request?.message)
    trace.step ??= loop.explainer?.traceOf(this)
    try {
      this.resume(throwing, thrown)
    } finally {
      trace.step = undefined
    }
  }

  /** Slow path of the constructor: the coroutine is not a bare generator. */
  private adopt(driven: Coroutine<unknown> | Frame): void {
    this.coroutine = driven as Coroutine<T> // users see a Frame as a generator
    if (isFrame(driven)) this.frame = driven
  }

  /** Slow path of the constructor: the loop is observed, or the Task may take its first step at once. */
  private startSlow(eagerStart: boolean): void {
    const loop = this.getLoop()
    const eager = eagerStart && ambient.runningLoop === loop
    // The context was passed in. A snapshot, by contrast, is shared and never written to.
    if (eager && !this.context.isSnapshot) this.context.checkEnter()
    loop.probe?.taskMade?.(this, eager)
    if (!eager) loop.schedule(this)
    loop.tasks.add(this)
    if (eager) this.startEagerly()
  }

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
      loop.probe?.startedEagerly?.(this)
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
        dropLinkedFrames()
        frame?.threw()
        if (frame === undefined) noteAwaited(generator)
        if (frame === undefined || frame === (this.coroutine as unknown)) return this.fail(error)
        frame.appendCallers(error, this.coroutine, this.getLoop().getDebug())
        frame = frame.caller
        throwing = true
        thrown = error
        continue
      }
      frame = innermostFrame(step, frame)
      // The most frequent case first, for which everything is known: with general checks, a switch takes 10 % longer.
      if (step === NEXT_ITERATION && this.waitsForTurnOnly(frame)) return this.getLoop().schedule(this)
      // Does not read `done`: each kind of Suspension has its own shape, so a check of the type costs less.
      if (step instanceof Suspension) {
        if (frame !== this.frame) this.frame = frame
        return this.suspend(step)
      }
      if (!step.done) {
        if (frame !== this.frame) this.frame = frame
        if (step.value !== TRAMPOLINE)
          return isSuspension(step.value) ? this.suspend(step.value) : this.refuse(step.value)
        throwing = false
      } else if (frame === undefined || frame === (this.coroutine as unknown)) {
        if (frame !== undefined) frame.returned(undefined)
        else if (wasAwaited(generator)) return this.fail(reuseError(generator))
        else noteAwaited(generator)
        return this.finish(step.value as T) // the outermost coroutine returns a T
      } else {
        frame.returned(step.value)
        frame = frame.caller
        throwing = false
      }
    }
  }

  /** Whether a step that yielded NEXT_ITERATION did nothing else: no other frame, no request, no observer. */
  private waitsForTurnOnly(frame: Frame | undefined): boolean {
    const isOrdinary = frame === this.frame && (this.flags & IS_SPECIAL) === 0
    return isOrdinary && this.getLoop().stepProbe === undefined && NEXT_ITERATION.take()
  }

  private suspend(suspension: Suspension): void {
    const loop = this.getLoop()
    if ((this.flags & IS_SPECIAL) !== 0 || loop.stepProbe !== undefined) return this.suspendSlow(suspension)
    if (!suspension.take()) return this.refuse(suspension)
    this.waitFor(suspension.future)
  }

  /** Slow path of a wait: the loop is observed, or the Task has a cancellation request. */
  private suspendSlow(suspension: Suspension): void {
    if (!suspension.take()) return this.refuse(suspension)
    const future = suspension.future
    this.getLoop().stepProbe?.waits?.(this, future)
    this.waitFor(future)
    const state = this.cancelState
    if ((this.flags & CANCEL_NEXT_STEP) === 0 || this.waiter === undefined || state === undefined) return
    state.passedOn = undefined
    if (cancelChain.passOn(this, this.waiter, state.message))
      this.flags = (this.flags & ~CANCEL_NEXT_STEP) | CANCEL_PROPAGATED
  }

  private waitFor(future: Future | undefined): void {
    const loop = this.getLoop()
    if (future === undefined) return loop.schedule(this)
    if (future.getLoop() !== loop || future === this || (loop.blocking && future.isPromise)) {
      return this.waitForSpecial(future)
    }
    future.addWakeable(this)
    this.waiter = future
  }

  /** Waits for a Future of another loop. That is an error unless the host drives both loops. */
  private waitForSpecial(future: Future): void {
    const owner = future.getLoop()
    if (!this.getLoop().canMeet(owner) || owner.isClosed() || future === this) {
      return this.throwNext(cannotAwaitError(this, future))
    }
    this.waiter = future
    future.addWakeable(new ForeignWait(this, future))
  }

  /** Called when the loop of the awaited Future has closed: that Future will never be done. @internal */
  abandonWait(future: Future): void {
    if (this.waiter === future) this.throwNext(cannotAwaitError(this, future))
  }

  /** Makes the next step throw: the value is not awaitable. Throws if another Task runs the coroutine. */
  private refuse(yielded: unknown): void {
    if (yielded instanceof AlreadyAwaited) return this.fail(yielded.error)
    this.getLoop().stepProbe?.waits?.(this, undefined)
    this.throwNext(badYieldError(this, this.frame ?? this.coroutine, yielded))
  }

  private finish(result: T): void {
    if (this.cancelPending && !this.isCancelPutOff) {
      this.end(CANCELLED, this.cancelState?.message, 'cancelled') // it was cancelled in its last step
    } else {
      this.end(RETURNED, result, 'returned')
    }
  }

  private fail(error: unknown): void {
    if (error instanceof CancelledError) {
      this.getLoop().explainer?.endedCancelled(this)
      return this.end(CANCELLED, error, 'cancelled')
    }
    this.end(THREW, error, 'threw')
    if (error instanceof KeyboardInterrupt) throw error
  }

  private end(state: typeof CANCELLED | typeof RETURNED | typeof THREW, outcome: unknown, how: TaskOutcome): void {
    const loop = this.getLoop()
    this.frame = undefined
    loop.tasks.remove(this)
    if (loop.probe !== undefined) loop.probe.taskEnds?.(this, how)
    this.settle(state, outcome)
    if (loop.probe !== undefined) loop.probe.taskDone?.(this, how)
  }

  private throwNext(error: Error): void {
    this.waiter = undefined
    this.cancelState ??= new CancelState()
    this.cancelState.awaitError = error
    this.flags |= THROW_NEXT_STEP
    this.getLoop().schedule(this)
  }

  /** @internal */
  override describeForReport(): () => string {
    const name = this.getName()
    const coroutine = this.coroutine
    return () => `name=${repr(name)} coro=<${describeCoroutine(coroutine, true)}> `
  }

  /** @internal */
  protected override reprInfo(): string[] {
    return describeTask(this, super.reprInfo())
  }
}

/** Whether its waiters receive a CancelledError. A gather() has it as its exception, without being cancelled. */
function endedCancelled(future: Future | undefined): boolean {
  if (future === undefined) return false
  return future.cancelled() || (future.hasException() && future.peekException() instanceof CancelledError)
}

// Hot path: bench/switch. A Task drives one coroutine: it resumes it, step by step, each time what it waits for is done.
//
// Until it is done, a Task is  waiting  waiter is pending, and the Task is among those who wait for it
//                              ready    the Task is in the loop's ready queue; waiter is done, or undefined
//                              running  its coroutine is on the JavaScript stack; waiter is undefined
//
// Nothing is `#` here or in Future, and fields are declared only, to be set in the constructor: the engine does not compile `super()`
// into where it is called if there are fields or `#` names up there. It took a sixth of making a Task and awaiting it.
//
// cancel() while waiting cancels the waiter, which makes us ready; otherwise MUST_CANCEL tells the next step to throw.

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
  BLOCKED_PROMISE,
  CANCELLED,
  cancelledErrorWithoutStack,
  currentContext,
  formatError,
  formatLocation,
  isSuspension,
  printable,
  RESUMED,
  RETURNED,
  repr,
  Suspension,
  type TaskNode,
  THREW,
  TURN,
  threadState,
} from '@spindle/loop/internal'
import {
  Frame,
  GO_DOWN,
  isChainPending,
  isGenerator,
  resumeGenerator,
  takeChain,
  throwIntoGenerator,
} from '../coroutines/coroutine.ts'
import { appendCallers, coroutineStack, describeCoroutine } from '../coroutines/coroutine-stack.ts'
import { afterThrow, badYield } from './bad-yield.ts'
import { type CancelRequest, CancelState, describeRequest, Shield } from './cancellation.ts'
import { PromiseFuture } from './promise-future.ts'
import { swallowed } from './swallowed-cancellation.ts'
import { drivable } from './to-resumable.ts'

/** What `new Task` takes besides its coroutine. */
export interface TaskOptions extends CreateTaskOptions {
  /** The loop that runs the Task. @default the running one, else the one that was set */
  readonly loop?: EventLoop | undefined
}

// flags
const FRESH = 1 // it has not begun
const MUST_CANCEL = 2 // the next step throws a CancelledError
const MUST_THROW = 4 // the next step throws what is in waiter: an error of ours about what was yielded
const WAS_CANCELLED = 8 // a CancelledError was thrown in
const WENT_ON = 16 // and the coroutine waited again afterwards
const PASSED_ON = 32 // what it waits for was asked to end: the next step looks whether a CancelledError comes of it

let tasksMade = 0
// The Task whose cancel() is passing the request on at this moment: for those who observe.
let passingOn: Task | undefined
// How many Tasks pass a request on inside of each other, and those who have to wait, as there are too many for the stack.
let passingDepth = 0
const DEEPEST_PASSING = 200
const passLater: { task: Task; via: Task | undefined; message: string | undefined }[] = []

/**
 * A coroutine that runs by itself, beside others. It is a Future: its result is what the coroutine returns. Make one with
 * `ensureFuture` or `createTask`. asyncio: `asyncio.Task`.
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
  /** Among the Tasks of its loop. @internal */
  declare place: number

  declare private coroutine: Coroutine<T>
  // What is resumed: the innermost frame of the coroutine, or the coroutine itself as long as there is none.
  declare private frame: Frame | undefined
  declare private waiter: Future | undefined
  declare private name: string | number
  declare private context: Context
  declare private flags: number
  // Made with the first request to end.
  declare private cancelState: CancelState | undefined

  /** @throws TypeError if it is no coroutine; RuntimeError if it is being awaited already, or if there is no loop */
  constructor(coroutine: Coroutine<T>, options: TaskOptions = {}) {
    super(options)
    this.coroutine = coroutine
    this.frame = undefined
    if (!isGenerator(coroutine)) this.drive(drivable(coroutine))
    this.place = 0
    this.waiter = undefined
    this.name = options.name === undefined ? ++tasksMade : String(options.name)
    this.context = options.context ?? currentContext().snapshot()
    this.flags = FRESH
    this.cancelState = undefined
    const loop = this.getLoop()
    if (loop.observed || options.eagerStart === true) {
      this.beginWithCare(options.eagerStart === true)
    } else {
      loop.schedule(this) // first: a loop that is closed refuses, and then there is no Task
      loop.tasks.add(this)
    }
  }

  /** The name of the Task: the one it was given, or `Task-1`, `Task-2`, … */
  getName(): string {
    return typeof this.name === 'number' ? `Task-${this.name}` : this.name
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
      const isCurrent = this.context === threadState.context && this.getLoop().currentTask === this
      this.context = this.context.copy()
      if (isCurrent) threadState.context = this.context
    }
    return this.context
  }

  /** @internal */
  adoptContext(context: Context): void {
    this.context = context
  }

  /**
   * Asks the Task to end: a CancelledError is thrown into its coroutine, at the `yield*` where it waits, in the next turn of the loop.
   * What it awaits is cancelled along. The coroutine may clean up, and even catch the error and go on.
   * @param message the message of the CancelledError
   * @returns false if the Task was done already
   */
  override cancel(message?: string): boolean {
    if (passingDepth < DEEPEST_PASSING || this.done()) return this.cancelFrom(0, undefined, message)
    passLater.push({ task: this, via: passingOn, message })
    return true // as a Task that is not done always says
  }

  /**
   * `cancel()` for blocks that cancel the Task they run in, and for others who want to be named.
   * @param level how many shields were up when the block was entered; 0: it comes from outside
   * @param by who cancels, if it is not the current Task
   * @internal
   */
  cancelFrom(level: number, by: string | undefined, message?: string): boolean {
    if (this.done()) return super.cancel(message)
    const loop = this.getLoop()
    this.cancelState ??= new CancelState()
    this.cancelState.requests++
    const canceller = by ?? passingOn?.cancelledBy()?.by ?? loop.currentTask?.label
    this.cancelState.request = { by: canceller, via: passingOn?.getName(), message }
    if (loop.observed) {
      const count = this.cancelState.requests
      loop.events.tell('task:cancelling', { task: this, by: loop.currentTask, via: passingOn, message, count })
    }
    if (this.cancelState.holdsBack(level, message)) return true
    if (this.waiter !== undefined && (this.flags & MUST_THROW) === 0 && this.passOn(this.waiter, message)) {
      // waiter stays: it may be a Task that refuses, and then it has to be asked again at the next cancel().
      this.flags |= PASSED_ON
      return true
    }
    this.mustCancel(this.cancelState, message)
    return true
  }

  /** How many times the Task was asked to end, less the requests taken back by `uncancel()`. */
  cancelling(): number {
    return this.cancelState?.requests ?? 0
  }

  /** Takes one request to end back, and tells how many are left. For blocks like `timeout()`, which cancel the Task they run in. */
  uncancel(): number {
    const state = this.cancelState
    if (state === undefined) return 0
    if (state.requests > 0) state.requests--
    if (this.requestsSeen === 0) this.flags &= ~MUST_CANCEL
    return state.requests
  }

  /**
   * Who asked the Task to end last, and with what message; undefined if nobody did. An addition to asyncio.
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
    return this.cancelState?.standing
  }

  /**
   * Throws a cancellation that had reached the coroutine already once more, at its next wait. Without a message, as in asyncio.
   * @internal
   */
  cancelAgain(): void {
    if (this.cancelState !== undefined) this.mustCancel(this.cancelState, undefined)
  }

  /** `cancelling()`, without the requests that a shield holds back. @internal */
  get requestsSeen(): number {
    const state = this.cancelState
    return state === undefined ? 0 : state.requests - state.held
  }

  /** How many shields are up. @internal */
  get shieldLevel(): number {
    return this.cancelState?.shield?.level ?? 0
  }

  /** From now on requests from outside are held back. Called in a step of the Task. @internal */
  raiseShield(): void {
    this.cancelState ??= new CancelState()
    const shield = new Shield(this.cancelState.shield)
    if (this.cancelPending) shield.hold(this.cancelState.message)
    this.flags &= ~MUST_CANCEL
    this.cancelState.shield = shield
  }

  /** Delivers what was held back. Called in a step of the Task. @internal */
  lowerShield(): void {
    const state = this.cancelState
    const shield = state?.shield
    if (state === undefined || shield === undefined) return
    state.shield = shield.outer
    if (shield.held > 0 && this.requestsSeen > 0) this.mustCancel(state, shield.message)
  }

  /** Whether a request to end has not reached the coroutine yet. @internal */
  get cancelPending(): boolean {
    return (this.flags & MUST_CANCEL) !== 0
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
    if (this.done()) return []
    const stack = coroutineStack(this.coroutine, this.frame)
    return options.limit === undefined ? stack : stack.slice(Math.max(0, stack.length - options.limit))
  }

  /**
   * Prints where the Task stands, or the stack of the exception it ended with.
   * @param options `limit`: as for `getStack`; `print`: called with the text instead of `console.error`
   */
  printStack(options: { readonly limit?: number | undefined; readonly print?: (text: string) => void } = {}): void {
    const print = options.print ?? ((text: string): void => console.error(text))
    const stack = this.getStack(options)
    const thrown = this.hasException() ? this.peekException() : undefined
    if (this.hasException()) print(`Traceback for ${this} (most recent call first):\n${formatError(thrown)}`)
    else if (stack.length === 0) print(`No stack for ${this}`)
    else print([`Stack for ${this} (most recent call last):`, ...stack.map(formatFrame)].join('\n'))
  }

  /** @internal */
  override get label(): string {
    return this.getName()
  }

  /** Of a Task that was asked to end in its last step, and threw instead: the message it was asked with. @internal */
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
    // Nobody puts these two back: whoever runs next sets them, too, and the driver does at the end of the turn.
    loop.currentTask = this
    // Most Tasks share one context: a look is cheaper than a store, by 5 % of a switch.
    if (threadState.context !== this.context) threadState.context = this.context
    if (this.flags > FRESH || loop.observed) return this.stepWithCare(waiter)
    this.flags = 0
    this.resume(false, undefined)
  }

  /** Among the callbacks of what it waits for. @internal */
  describe(): string {
    return 'Task.task_wakeup()'
  }

  /** A step with something to it: somebody observes it, an error is to be thrown in, or the Task was cancelled once. */
  private stepWithCare(waiter: Future | undefined): void {
    const flags = this.flags
    this.flags &= ~(FRESH | MUST_CANCEL | MUST_THROW | PASSED_ON)
    const from = (flags & MUST_THROW) === 0 ? waiter : undefined
    let throwing = (flags & MUST_THROW) !== 0
    let thrown: unknown = throwing ? waiter : undefined
    if ((flags & MUST_CANCEL) !== 0 && !endedCancelled(from)) {
      if (from?.hasException()) from.exception() // it is dropped, but was not overlooked
      throwing = true
      thrown = cancelledErrorWithoutStack(this.cancelState?.message)
    }
    const isCancel = throwing ? thrown instanceof CancelledError : endedCancelled(from)
    if (isCancel && this.cancelling() > 0) this.flags |= WAS_CANCELLED
    if (this.getLoop().observed) {
      let resumedBy: LoopEventMap['task:step']['resumedBy'] = (flags & FRESH) !== 0 ? 'start' : 'value'
      if (isCancel) resumedBy = 'cancel'
      else if (throwing || from?.hasException()) resumedBy = 'error'
      this.getLoop().events.tell('task:step', { task: this, resumedBy, from })
    }
    this.resume(throwing, thrown)
  }

  /** It is no bare generator. */
  private drive(driven: Coroutine<unknown> | Frame): void {
    this.coroutine = driven as Coroutine<T> // a Frame is one for all who see it
    if (driven instanceof Frame) this.frame = driven
  }

  /** As the constructor has it begin, if somebody observes it, or if it may take its first step at once. */
  private beginWithCare(eagerStart: boolean): void {
    const loop = this.getLoop()
    const eager = eagerStart && threadState.runningLoop === loop
    if (loop.observed) {
      loop.events.tell('task:created', { task: this, parent: loop.currentTask, name: this.getName(), eager })
    }
    if (!eager) loop.schedule(this)
    loop.tasks.add(this)
    if (eager) this.startEagerly()
  }

  /** The first step, inside the step of the Task that makes this one. */
  private startEagerly(): void {
    const loop = this.getLoop()
    const outerTask = loop.currentTask
    const outerContext = threadState.context
    try {
      this.run()
    } finally {
      loop.currentTask = outerTask
      threadState.context = outerContext
    }
  }

  /** Runs the coroutine until it waits or ends. When the innermost frame ends, its caller goes on with the outcome. */
  private resume(throwing: boolean, thrown: unknown): void {
    let frame = this.frame
    for (;;) {
      const generator = frame === undefined ? this.coroutine : frame.generator
      let step: IteratorResult<unknown, unknown>
      try {
        step = throwing ? throwIntoGenerator(generator, thrown) : resumeGenerator(generator, RESUMED)
      } catch (failure) {
        const error = throwing ? afterThrow(failure, thrown) : failure
        takeChain(undefined, undefined)
        frame?.threw()
        if (frame === undefined || frame === (this.coroutine as unknown)) return this.fail(error)
        appendCallers(error, frame, this.coroutine, this.getLoop().getDebug())
        frame = frame.caller
        throwing = true
        thrown = error
        continue
      }
      // First what is yielded most often, and all is known of it: asked the long way round, a switch takes 10 % more.
      if (step === TURN && frame === this.frame && this.flags === 0 && !isChainPending()) {
        const loop = this.getLoop()
        if (!loop.observed && TURN.take()) return loop.schedule(this)
      }
      // Not by its `done`: as each kind of Suspension has a shape of its own, reading that costs more than asking what it is.
      if (step instanceof Suspension) {
        if (isChainPending()) frame = takeChain(step, frame)
        if (frame !== this.frame) this.frame = frame
        return this.suspend(step)
      }
      if (!step.done) {
        if (isChainPending()) frame = takeChain(step.value, frame)
        if (frame !== this.frame) this.frame = frame
        if (step.value !== GO_DOWN) return isSuspension(step.value) ? this.suspend(step.value) : this.refuse(step.value)
        throwing = false
      } else if (frame === undefined || frame === (this.coroutine as unknown)) {
        if (isChainPending()) takeChain(undefined, undefined) // of a coroutine that was driven by hand, and left
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
    if (this.flags !== 0 || loop.observed) return this.suspendWithCare(suspension)
    if (!suspension.take()) return this.refuse(suspension)
    this.waitFor(suspension.future)
  }

  /** A wait with something to it: somebody observes it, or the Task was asked to end. */
  private suspendWithCare(suspension: Suspension): void {
    if (!suspension.take()) return this.refuse(suspension)
    const future = suspension.future
    if ((this.flags & WAS_CANCELLED) !== 0) this.goOn()
    if (this.getLoop().observed) this.tellSuspended(future)
    this.waitFor(future)
    if ((this.flags & MUST_CANCEL) === 0 || this.waiter === undefined || (this.flags & MUST_THROW) !== 0) return
    if (this.passOn(this.waiter, this.cancelState?.message)) this.flags = (this.flags & ~MUST_CANCEL) | PASSED_ON
  }

  /** Waits for `future`, or for one turn of the loop. */
  private waitFor(future: Future | undefined): void {
    const loop = this.getLoop()
    if (future === undefined) return loop.schedule(this)
    if (future.getLoop() !== loop || future === this || (loop.blocking && future instanceof PromiseFuture)) {
      return this.throwNext(this.whyNot(future))
    }
    future.addWaiting(this)
    this.waiter = future
  }

  /** Why the Task can't wait for it. */
  private whyNot(future: Future): RuntimeError {
    if (future.getLoop() !== this.getLoop()) {
      return new RuntimeError(`Task ${this} got Future ${future} attached to a different loop`)
    }
    return new RuntimeError(future === this ? `Task cannot await on itself: ${this}` : BLOCKED_PROMISE)
  }

  /** Has the next step throw an error about what is nothing to wait for. */
  private refuse(yielded: unknown): void {
    if (this.getLoop().observed) this.tellSuspended(undefined)
    this.throwNext(badYield(this, this.frame ?? this.coroutine, yielded))
  }

  private finish(result: T): void {
    if ((this.flags & MUST_CANCEL) !== 0) {
      this.end(CANCELLED, this.cancelState?.message, 'cancelled') // cancelled in its last step
    } else {
      this.end(RETURNED, result, 'returned')
    }
  }

  private fail(error: unknown): void {
    if (error instanceof CancelledError) return this.end(CANCELLED, error, 'cancelled')
    this.end(THREW, error, 'threw')
    if (error instanceof KeyboardInterrupt) throw error
  }

  private end(state: typeof CANCELLED | typeof RETURNED | typeof THREW, outcome: unknown, how: TaskOutcome): void {
    const loop = this.getLoop()
    this.frame = undefined
    loop.tasks.remove(this)
    if (how !== 'cancelled' && (this.flags & WENT_ON) !== 0 && this.cancelling() > 0) swallowed.report(this)
    this.settle(state, outcome)
    if (loop.observed) loop.events.tell('task:done', { task: this, outcome: how })
  }

  /** Has the next step throw an error of ours into the coroutine. */
  private throwNext(error: Error): void {
    this.waiter = error as never // MUST_THROW says what is in there
    this.flags |= MUST_THROW
    this.getLoop().schedule(this)
  }

  /** It was cancelled, and yet it waits again. */
  private goOn(): void {
    if ((this.flags & WENT_ON) === 0 && this.getLoop().getDebug()) swallowed.note(this)
    this.flags |= WENT_ON
  }

  /** The next step throws a CancelledError. */
  private mustCancel(state: CancelState, message: string | undefined): void {
    this.flags |= MUST_CANCEL
    state.message = message
  }

  private passOn(waiter: Future, message: string | undefined): boolean {
    const outer = passingOn
    passingOn = this
    passingDepth++
    try {
      return waiter.cancel(message)
    } finally {
      passingDepth--
      if (passingDepth === 0 && passLater.length > 0) passOnLater()
      passingOn = outer
    }
  }

  private tellSuspended(future: Future | undefined): void {
    const kind = future === undefined ? 'turn' : future instanceof Task ? 'task' : 'future'
    this.getLoop().events.tell('task:suspended', { task: this, kind, label: future?.label ?? 'sleep(0)', future })
  }

  /** @internal */
  override epitaph(): () => string {
    const name = this.getName()
    const coroutine = this.coroutine
    return () => `name=${repr(name)} coro=<${describeCoroutine(coroutine, true)}> `
  }

  /** @internal */
  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    const shown = this.cancelling() > 0 && !this.done() ? 'cancelling' : state
    const info = [shown, `name=${repr(this.getName())}`, `coro=<${describeCoroutine(this.coroutine, this.done())}>`]
    if (this.waiter !== undefined && (this.flags & MUST_THROW) === 0) info.push(`wait_for=${this.waiter}`)
    const request = this.cancelling() > 0 || this.cancelled() ? this.cancelledBy() : undefined
    return [...info, ...rest, ...(request === undefined ? [] : describeRequest(request, repr))]
  }
}

type TaskOutcome = LoopEventMap['task:done']['outcome']

/** Goes on where a chain of Tasks that wait for each other was too long for the stack. */
function passOnLater(): void {
  passingDepth = 1 // they come from inside of another
  try {
    for (const { task, via, message } of passLater) {
      passingOn = via
      task.cancelFrom(0, undefined, message)
    }
  } finally {
    passingDepth = 0
    passLater.length = 0
  }
}

declare const console: { error(text: string): void }

/** Whether who waits for it gets a CancelledError: gather() has it as its exception, and is not cancelled itself. */
function endedCancelled(future: Future | undefined): boolean {
  if (future === undefined) return false
  return future.cancelled() || (future.hasException() && future.peekException() instanceof CancelledError)
}

function formatFrame(location: SourceLocation): string {
  return `  at ${printable(location.name) || '<anonymous>'} (${formatLocation(location)}:${location.column})`
}

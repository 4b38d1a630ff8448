// The half of a Task that receives cancellation requests, counts them, passes them on to the awaited Future, and
// decides whether its next step throws. The other half, task.ts, takes the steps.
//
// cancel() while waiting cancels the waiter, which makes the Task ready. Otherwise CANCEL_NEXT_STEP makes the next step
// throw. No `#` names and no field initialisers: docs/explanation/architecture.md says why.

import { type CancelRequest, Future, type FutureOptions } from '@spindle/loop'
import { cancelChain } from './cancel-chain.ts'
import { CancelState, type ToldBlock, UncancellableBlock } from './cancellation.ts'
import type { Task } from './task.ts'

/** A cancellation request. See `Task.requestCancel`. */
interface CancelOptions {
  /**
   * How many `uncancellable()` blocks were active when the requesting scope was entered; 0: from outside. @default 0
   */
  readonly level?: number
  /** The block around the requesting scope that hears of requests, but not of this one. @default none */
  readonly within?: ToldBlock | undefined
  /** The canceller. @default the current Task */
  readonly by?: string
  readonly message?: string | undefined
  /** The deadline that expired, if it is the reason. */
  readonly deadline?: number | undefined
  /** Whether the resulting CancelledErrors contain the place of the wait. @default if they may leave a run */
  readonly traced?: boolean | undefined
}

// The flags of a Task.
export const NOT_STARTED = 1 // the coroutine has not begun
export const CANCEL_NEXT_STEP = 2 // the next step throws a CancelledError
export const THROW_NEXT_STEP = 4 // the next step throws `cancelState.awaitError`
export const CANCEL_PROPAGATED = 8 // the request was passed on to the waiter: the next step checks for a CancelledError
export const CANCEL_PUT_OFF = 16 // besides CANCEL_NEXT_STEP: a Task that returns before that step returns
/** Of these, the ones that need the slow path of a step. */
export const IS_SPECIAL: number = CANCEL_NEXT_STEP | THROW_NEXT_STEP | CANCEL_PROPAGATED | CANCEL_PUT_OFF
export const HAS_CALLED = 32 // call() or the like has returned something to it

/** Receives `cancel()`. `Task` is the only subclass. */
export abstract class CancellableTask<out T> extends Future<T> {
  protected waiter: Future | undefined
  protected flags: number
  /** Created by the first cancellation request or the first invalid await. Most Tasks have neither. @internal */
  cancelState: CancelState | undefined

  constructor(options: FutureOptions) {
    super(options)
    this.waiter = undefined
    this.flags = NOT_STARTED
    this.cancelState = undefined
  }

  override cancel(message?: string): boolean {
    if (cancelChain.defer(this.asTask, message)) return true // a Task that is not done always returns true
    return this.requestCancel({ message })
  }

  /**
   * `cancel()` for scopes, which cancel the Task they run in, and for callers that name themselves.
   * @internal
   */
  requestCancel({ level = 0, within, by, message, deadline, traced }: CancelOptions): boolean {
    if (this.done()) return super.cancel(message)
    const loop = this.getLoop()
    if (loop.isClosed()) return false // nothing runs its steps any more
    this.cancelState ??= new CancelState()
    if (cancelChain.isCircular(this.asTask)) return this.breakCircle(this.cancelState, message)
    this.cancelState.requests++
    const via = cancelChain.via()
    const request =
      via === undefined || by !== undefined
        ? { by: by ?? loop.currentTask?.label, via: via?.getName(), message }
        : via.requestToPassOn(message)
    this.cancelState.request = request
    this.cancelState.traced = traced ?? via?.cancelState?.traced
    this.cancelState.awaited = this.waiter
    loop.probe?.cancelRequested?.(this.asTask, { by: request.by, via, message, deadline })
    if (this.cancelState.holdBack(level, message)) return true
    tellBlocks(this.cancelState.told, within)
    this.cancelState.passedOn = undefined
    if (this.waiter !== undefined && cancelChain.passOn(this.asTask, this.waiter, message)) {
      // Keeps waiter: it may be a Task that refuses, and then the next cancel() has to request it again.
      this.flags |= CANCEL_PROPAGATED
      return true
    }
    this.cancelNextStep(this.cancelState, message)
    return true
  }

  /** The request in the form for the awaited Future: one object, however many Tasks await it. */
  private requestToPassOn(message: string | undefined): CancelRequest {
    const state = this.cancelState as CancelState // a Task that passes a request on has received one
    if (state.passedOn === undefined || state.passedOn.message !== message) {
      const by = state.latest?.by ?? this.getLoop().currentTask?.label
      state.passedOn = { by, via: this.label, message }
    }
    return state.passedOn
  }

  cancelling(): number {
    return this.cancelState?.requests ?? 0
  }

  uncancel(): number {
    const state = this.cancelState
    if (state === undefined) return 0
    if (state.requests === 0) return 0
    state.requests--
    if (this.visibleRequests === 0) this.flags &= ~CANCEL_NEXT_STEP
    this.getLoop().probe?.cancelRetracted?.(this.asTask)
    return state.requests
  }

  cancelledBy(): CancelRequest | undefined {
    return this.cancelState?.latest
  }

  /**
   * Puts a cancellation off to the next wait. A Task that ends before it ends with its own outcome, because what was
   * done in the meantime must not be reported as cancelled. The Task that passed the request on then receives it at its
   * own next wait.
   * @internal
   */
  putOffCancel(message?: string): void {
    this.redeliverCancel(message)
    if (this.cancelPending) this.flags |= CANCEL_PUT_OFF
  }

  /** Whether a cancellation is put off: at the end of the Task, whether it was never delivered. @internal */
  override get isCancelPutOff(): boolean {
    return this.cancelPending && (this.flags & CANCEL_PUT_OFF) !== 0
  }

  /** A call to the outside returns something to it. @internal */
  noteCalled(): void {
    this.flags |= HAS_CALLED
  }

  /** @internal */
  override get isFromOutside(): boolean {
    return (this.flags & HAS_CALLED) !== 0
  }

  /**
   * Throws a cancellation that has already reached the coroutine again, at its next wait. Nothing happens if all
   * requests were retracted.
   * @internal
   */
  redeliverCancel(message?: string): void {
    const state = this.cancelState
    if (state === undefined || this.visibleRequests === 0) return
    tellBlocks(state.told, undefined)
    this.cancelNextStep(state, message)
  }

  /** Forgets a request that was put off, and was the only one. @internal */
  dropPendingCancel(): void {
    this.flags &= ~CANCEL_NEXT_STEP
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

  /** Enters a block that hears of requests. Called in a step of the Task. @internal */
  enterTold(tell: () => void): void {
    this.cancelState ??= new CancelState()
    this.cancelState.told = { outer: this.cancelState.told, tell }
  }

  /** @internal */
  leaveTold(): void {
    const state = this.cancelState
    if (state?.told !== undefined) state.told = state.told.outer
  }

  /** Holds back requests from outside from now on. Called in a step of the Task. @internal */
  enterUncancellable(): void {
    this.cancelState ??= new CancelState()
    const block = new UncancellableBlock(this.cancelState.uncancellable)
    if (this.cancelPending) block.holdBack(this.cancelState.message)
    this.flags &= ~CANCEL_NEXT_STEP
    this.cancelState.uncancellable = block
  }

  /** Delivers the requests that were held back. Called in a step of the Task. @internal */
  leaveUncancellable(): void {
    const state = this.cancelState
    const block = state?.uncancellable
    if (state === undefined || block === undefined) return
    state.uncancellable = block.outer
    if (block.heldBack > 0) this.putOffCancel(block.message)
  }

  /** Whether a cancellation request has not reached the coroutine yet. @internal */
  get cancelPending(): boolean {
    return (this.flags & CANCEL_NEXT_STEP) !== 0
  }

  /** The message of a request that arrived in the last step of a Task, which threw another error. @internal */
  override get cancelMessage(): string | undefined {
    return this.cancelled() ? super.cancelMessage : this.cancelState?.message
  }

  /** The awaited Future, if there is one. @internal */
  get waitedFor(): Future | undefined {
    return this.waiter
  }

  /** Makes the next step throw a CancelledError. */
  protected cancelNextStep(state: CancelState, message: string | undefined): void {
    this.flags = (this.flags & ~CANCEL_PUT_OFF) | CANCEL_NEXT_STEP
    state.message = message
  }

  /** The Task waits for itself through others: one of them has to receive the error first. */
  private breakCircle(state: CancelState, message: string | undefined): true {
    const { waiter } = this
    if (waiter?.removeWakeable(this.asTask) !== true) return true
    this.cancelNextStep(state, message)
    this.getLoop().schedule(this.asTask)
    if (!(waiter instanceof CancellableTask)) waiter.addDoneCallback(retrieve) // a gather that nothing awaits any more
    return true
  }

  private get asTask(): Task {
    return this as unknown as Task // the only class made from this one
  }
}

/** Innermost first. */
function tellBlocks(innermost: ToldBlock | undefined, within: ToldBlock | undefined): void {
  for (let block = innermost; block !== undefined && block !== within; block = block.outer) block.tell()
}

function retrieve(future: Future): void {
  if (future.hasException()) future.exception()
}

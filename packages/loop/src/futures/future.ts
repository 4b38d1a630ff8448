// Hot path: bench/future. A result to come.
//
//   PENDING ──setResult──▶ RETURNED
//      ├──── setException ▶ THREW_UNRETRIEVED ──result(), exception()──▶ THREW     (reported if it stays unretrieved)
//      └──── cancel ──────▶ CANCELLED
//
// No `#` names and no field initialisers: docs/explanation/architecture.md says why.
//
// Waiters are called through the loop, never from here: the code that settles a Future continues before its waiters.

import type { Context } from '../context/context.ts'
import { currentLoop } from '../context/current-loop.ts'
import { checkOptions } from '../errors/check-options.ts'
import { type CancelledError, cancelledErrorWithoutStack, InvalidStateError, RuntimeError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import { trace } from '../face/probe.ts'
import { className } from '../inspect/class-name.ts'
import { inspectSymbol, repr } from '../inspect/repr.ts'
import { UnretrievedException } from '../reports/unretrieved-exception.ts'
import { checkCallback } from '../scheduling/check-callback.ts'
import { Handle } from '../scheduling/handle.ts'
import { type Awaitable, Suspension } from './awaitable.ts'
import { type Wakeable, WakeList } from './wake-list.ts'

const PENDING = 0
export const CANCELLED = 1
export const RETURNED = 2
const THREW_UNRETRIEVED = 3
export const THREW = 4

type State = typeof PENDING | typeof CANCELLED | typeof RETURNED | typeof THREW_UNRETRIEVED | typeof THREW
const STATE_NAMES = ['pending', 'cancelled', 'finished', 'finished', 'finished']

const FUTURE = Symbol.for('spindle.future')

/** Called with the Future once it is done. */
export type DoneCallback = (future: Future) => unknown

/** The options of a Future. */
export interface FutureOptions {
  /** The loop of the Future. @default the running loop, otherwise the loop set by `setEventLoop` */
  readonly loop?: EventLoop | undefined
}

/**
 * A result to come. `yield*` waits for it, then returns the result or throws the exception; cancelling the waiting Task
 * cancels the Future. In plain async code it can be awaited like a promise. asyncio: `asyncio.Future`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<string> {
 *   const future = getRunningLoop().createFuture<string>()
 *   getRunningLoop().callLater(10, () => future.setResult('here it is'))
 *   return yield* future
 * }
 * console.log(await run(main())) // prints: here it is
 * ```
 */
export class Future<out T = unknown> implements Awaitable<T>, PromiseLike<T> {
  /** @internal */
  static readonly className: string = 'Future'

  private readonly loop: EventLoop
  private state: State
  // RETURNED: the result. THREW: the exception; THREW_UNRETRIEVED: its UnretrievedException. CANCELLED: the message, or
  // the very error that ended a Task, for the first caller that asks. PENDING: nothing, or the result of a sleep.
  /** @internal */
  protected outcome: unknown
  // No waiter, one, or several. A Task waits as itself, any other callback as a Handle that is not scheduled yet.
  private callbacks: Wakeable | undefined

  /** @throws TypeError if the options are not an object; RuntimeError if there is no loop */
  constructor(options: FutureOptions = {}) {
    if (typeof options !== 'object' || options === null) checkOptions(className(this), options, ['loop'])
    this.loop = options.loop ?? currentLoop()
    this.state = PENDING
    this.outcome = undefined
    this.callbacks = undefined
    if (this.loop.objectProbe !== undefined) this.loop.objectProbe.made?.(this)
  }

  getLoop(): EventLoop {
    return this.loop
  }

  /** Whether there is a result or an exception, or the Future was cancelled. */
  done(): boolean {
    return this.state !== PENDING
  }

  /** Whether the Future was cancelled. */
  cancelled(): boolean {
    return this.state === CANCELLED
  }

  /**
   * The result. A Future that ended with an exception throws it.
   * @throws CancelledError if the Future was cancelled; InvalidStateError if it is not done yet
   */
  result(): T {
    if (this.state === RETURNED) return this.outcome as T
    if (this.state === PENDING) throw new InvalidStateError('Result is not set.')
    throw this.state === CANCELLED ? this.takeCancelledError() : this.markRetrieved()
  }

  /**
   * The exception the Future ended with; undefined if it has a result. Of type `unknown`, because JavaScript can throw
   * any value.
   * @throws CancelledError if the Future was cancelled; InvalidStateError if it is not done yet
   */
  exception(): unknown {
    if (this.state === RETURNED) return undefined
    if (this.state === PENDING) throw new InvalidStateError('Exception is not set.')
    if (this.state === CANCELLED) throw this.takeCancelledError()
    const error = this.markRetrieved()
    return error === undefined ? new RuntimeError('undefined was thrown: throw an Error instead') : error
  }

  /** Ends the Future with a result. @throws InvalidStateError if it is done already */
  setResult(result: T): void {
    this.settle(RETURNED, result)
  }

  /**
   * Ends the Future with an exception. If it is never retrieved, the loop's exception handler receives it.
   * @throws InvalidStateError if the Future is done already
   */
  setException(exception: unknown): void {
    const isClass = exception === Error || (typeof exception === 'function' && exception.prototype instanceof Error)
    this.settle(THREW, isClass ? Reflect.construct(exception as typeof Error, []) : exception)
  }

  /**
   * Cancels the Future. Everything awaiting it receives a CancelledError with this message.
   * @returns false, with nothing changed, if the Future was done already
   */
  cancel(message?: string): boolean {
    if (this.state !== PENDING) {
      if (this.state === THREW_UNRETRIEVED) this.markRetrieved()
      return false
    }
    this.settle(CANCELLED, message)
    return true
  }

  /**
   * Schedules `callback` with this Future once it is done, or for the next iteration if it is done already.
   * @param options `context`: the context of the call. @default a copy of the current one
   */
  addDoneCallback(callback: (future: this) => unknown, options?: { readonly context?: Context | undefined }): void {
    checkCallback(callback, 'addDoneCallback')
    if (options !== undefined) checkOptions('addDoneCallback()', options, ['context'])
    const handle = new Handle(this.loop, callback, this, options?.context)
    if (this.state !== PENDING) this.loop.schedule(handle)
    else this.addWakeable(handle)
  }

  /** Removes every registration of `callback`, and returns how many there were. */
  removeDoneCallback(callback: (future: this) => unknown): number {
    const wakeables = this.callbacks
    if (wakeables instanceof WakeList) return wakeables.remove(callback as DoneCallback)
    if (!(wakeables instanceof Handle && wakeables.getCallback() === callback)) return 0
    this.callbacks = undefined
    return 1
  }

  /** Waits for the result: `yield* future`. */
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return new Suspension(this)
  }

  /** Waits for the result from plain async code: `await future`. */
  // biome-ignore lint/suspicious/noThenProperty: a Future is a thenable on purpose
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null | undefined,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null | undefined,
  ): Promise<A | B> {
    const promise = new Promise<T>((resolve, reject) => {
      // Not through the loop: a promise calls back at its own time, even while the loop is not running.
      const wake = (): void => {
        try {
          resolve(this.result())
        } catch (error) {
          reject(error)
        }
      }
      if (this.state !== PENDING) wake()
      else this.addWakeable({ wake, describe: () => 'Promise.then()' })
    })
    if (onFulfilled === undefined && onRejected === undefined) return promise as Promise<never> // then() would return the same
    return promise.then(onFulfilled, onRejected)
  }

  toString(): string {
    // It is part of its own result, or at the end of a long chain of Tasks that wait for each other.
    if (printing.has(this) || printing.size === MAX_REPR_DEPTH) return '...'
    printing.add(this)
    try {
      return `<${this.reprName} ${this.reprInfo().join(' ')}>`
    } finally {
      printing.delete(this)
    }
  }

  /** The text of `toString()`: a logger may print what refers to a Future. */
  toJSON(): string {
    return this.toString()
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** @internal */
  get [FUTURE](): true {
    return true
  }

  /** The name to print: a Future of an internal subclass is still a Future to the reader. @internal */
  get reprName(): string {
    return className(this)
  }

  /** Whether it represents a promise, which cannot settle in a blocking run. @internal */
  get isPromise(): boolean {
    return false
  }

  /** Whether it was cancelled while it waited, and ended with an outcome before it could deliver that. @internal */
  get isCancelPutOff(): boolean {
    return false
  }

  /** Whether its result comes from outside of the loop, by `call()` or the like. @internal */
  get isFromOutside(): boolean {
    return false
  }

  /** Called when a Task that awaited it is cancelled although it is done: its result is dropped. @internal */
  dropResult(): void {}

  /** Its name in a timeline: `future`, `sleep(100)`, `Lock`. @internal */
  get label(): string {
    return 'future'
  }

  /** The Futures that a gather, a group, … waits for: whoever waits for this one waits for them. @internal */
  get members(): Iterable<Future> {
    return []
  }

  /** Adds a waiter, which the loop runs when this is done. @internal */
  addWakeable(waiting: Wakeable): void {
    if (this.callbacks === undefined) this.callbacks = waiting
    else if (this.callbacks instanceof WakeList) this.callbacks.add(waiting)
    else this.callbacks = new WakeList(this.callbacks, waiting)
  }

  /** Removes what `addWakeable()` added. @returns whether it was still waiting @internal */
  removeWakeable(waiting: Wakeable): boolean {
    if (this.callbacks instanceof WakeList) return this.callbacks.removeOne(waiting)
    if (this.callbacks !== waiting) return false
    this.callbacks = undefined
    return true
  }

  /** The waiters, in order of arrival. @internal */
  waiting(): readonly Wakeable[] {
    if (this.callbacks === undefined) return []
    return this.callbacks instanceof WakeList ? this.callbacks.all() : [this.callbacks]
  }

  /** Whether one of `candidates` waits. Makes no list, because each cancelled Task asks. @internal */
  isAwaitedByOneOf(candidates: { has(candidate: unknown): boolean }): boolean {
    const waiting = this.callbacks
    if (!(waiting instanceof WakeList)) return candidates.has(waiting)
    return waiting.all().some((one) => candidates.has(one))
  }

  /** Describes this Future for a report after its end: the text between its state and its exception. @internal */
  describeForReport(): () => string {
    return () => ''
  }

  /** The one transition there is. @internal */
  protected settle(state: typeof CANCELLED | typeof RETURNED | typeof THREW, outcome: unknown): void {
    if (this.state !== PENDING) throw new InvalidStateError(`invalid state: ${this}`)
    const waiting = this.callbacks
    this.callbacks = undefined
    this.state = state
    this.outcome = outcome
    if (state === THREW) {
      this.state = THREW_UNRETRIEVED
      this.outcome = new UnretrievedException(this, outcome, waiting !== undefined)
    }
    if (this.loop.probe !== undefined) this.loop.probe.settled?.(this, waiting)
    if (waiting !== undefined) waiting.wake(this.loop, this)
  }

  /** Undoes `settle()`, where nothing has kept the Future that it was. @internal */
  protected renew(): void {
    this.state = PENDING
    this.outcome = undefined
  }

  /** Whether it ended with an exception. @internal */
  hasException(): boolean {
    return this.state >= THREW_UNRETRIEVED
  }

  /** The exception, without marking it as retrieved. @internal */
  peekException(): unknown {
    return this.state === THREW_UNRETRIEVED ? (this.outcome as UnretrievedException).exception : this.outcome
  }

  /** The message of `cancel()`; undefined for a Task, whose error has it. @internal */
  get cancelMessage(): string | undefined {
    return this.state === CANCELLED && typeof this.outcome === 'string' ? this.outcome : undefined
  }

  /** The error for a caller that asks a cancelled Future. @internal */
  takeCancelledError(): CancelledError {
    const outcome = this.outcome
    if (typeof outcome !== 'object') {
      const message = outcome as string | undefined
      const tracer = trace.step ?? (this.loop.getDebug() ? this.loop.explainer : undefined)
      return tracer === undefined ? cancelledErrorWithoutStack(message) : tracer.cancelled(this, message)
    }
    this.outcome = undefined // as in asyncio: only the first caller gets the original, with its message
    return outcome as CancelledError
  }

  private markRetrieved(): unknown {
    if (this.state === THREW_UNRETRIEVED) {
      const report = this.outcome as UnretrievedException
      report.dismiss()
      this.outcome = report.exception
      this.state = THREW
    }
    return this.outcome
  }

  /** @internal */
  protected reprInfo(): string[] {
    const info = [STATE_NAMES[this.state] as string]
    if (this.state === RETURNED) info.push(`result=${repr(this.outcome)}`)
    if (this.hasException()) info.push(`exception=${repr(this.peekException())}`)
    const callbacks = this.waiting().map((one) => String(one.describe?.() ?? one))
    if (callbacks.length > 2) callbacks.splice(1, callbacks.length - 2, `<${callbacks.length - 2} more>`)
    if (callbacks.length > 0) info.push(`cb=[${callbacks.join(', ')}]`)
    this.loop.parts.tools?.creationStack.addPlace(info, this)
    return info
  }
}

// The Futures that are being printed, outermost first, and the most there may be: each level looks up a place in the
// source.
const printing = new Set<Future>()
const MAX_REPR_DEPTH = 20

/**
 * Whether `value` is a Future or a Task, from any copy of this package. asyncio: `asyncio.isfuture`.
 *
 * @example
 * ```ts
 * console.log(isFuture(getHostLoop().createFuture()), isFuture(Promise.resolve())) // prints: true false
 * ```
 */
export function isFuture(value: unknown): value is Future {
  if (value instanceof Future) return true
  return typeof value === 'object' && value !== null && (value as { [FUTURE]?: unknown })[FUTURE] === true
}

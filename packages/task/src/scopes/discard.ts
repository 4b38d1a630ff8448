// Discards results that nobody receives, because their Task was given up: a loser of race(), a child of a gather() that
// failed, a call that was told to abort. A guard is released, and an item returns to the front of its queue. Anything
// else goes to the `release` of the combinator, or of the call() that has returned it. Without either it is left alone,
// because it may be shared; debug mode reports it if it can be closed.

import { CancelledError, type Coroutine, type EventLoop, type Future, type Task } from '@spindle/loop'
import { isAwaitable, isThenable, reportDropped, repr } from '@spindle/loop/internal'
import { isGuard } from '../sync/acquire.ts'
import { Operation } from '../sync/operation.ts'
import { awaitReturned } from '../tasks/await-returned.ts'
import { runningTask } from '../tasks/current-task.ts'
import { beginAlways } from '../tasks/to-resumable.ts'
import { disposerOf } from './disposer-of.ts'
import { cleanUp } from './uncancellable.ts'

/** Receives a dropped result. `'dispose'` calls its `[Symbol.asyncDispose]` or `[Symbol.dispose]`. */
export type ReleaseOption<T = never> = ((value: T) => unknown) | 'dispose'

export function checkRelease(release: unknown): void {
  if (release === undefined || release === 'dispose' || typeof release === 'function') return
  throw new TypeError(`release must be a function or 'dispose', got ${repr(release)}`)
}

/** Calls a release, and returns its result. @throws its error */
export function callRelease<T>(release: ReleaseOption<T>, value: T): unknown {
  return release === 'dispose' ? disposerOf(value, "release: 'dispose' got no disposable")() : release(value)
}

// The `release` of each object that a call() with one has returned: a combinator may discard it later.
const releases = new WeakMap<object, ReleaseOption<unknown>>()

/** Remembers how to discard a value that a Task is about to receive. */
export function remember(value: unknown, release: ReleaseOption<never> | undefined): void {
  if (release !== undefined && typeof value === 'object' && value !== null) {
    releases.set(value, release as ReleaseOption<unknown>)
  }
}

/** The values that one combinator discards. */
export class Discards {
  readonly #loop: EventLoop
  readonly #where: string
  readonly #release: ReleaseOption<unknown> | undefined
  readonly #releasing = new Set<Task>()
  #isCancelled = false
  #onEmpty: (() => void) | undefined = undefined

  /** @param where names the discarded value in reports: `a loser of race()` */
  constructor(loop: EventLoop, where: string, release: ReleaseOption<never> | undefined) {
    this.#loop = loop
    this.#where = where
    this.#release = release as ReleaseOption<unknown> | undefined
  }

  /** Discards a result. @param source the awaitable that returned it, if that is known */
  add(value: unknown, source?: unknown): void {
    if (source instanceof Operation && source.giveBack(value)) return
    if (isGuard(value)) return value[Symbol.dispose]()
    const release = this.#release ?? releases.get(value as object)
    if (release !== undefined) this.#call(release, value)
    else if (Array.isArray(value)) for (const item of [...value].reverse()) this.add(item)
    else if (this.#loop.getDebug()) reportDropped(this.#loop, this.#where, value)
  }

  /** Calls back when each release has ended: at once, if none is pending. */
  whenEmpty(callback: () => void): void {
    if (this.#releasing.size === 0) callback()
    else this.#onEmpty = callback
  }

  /** The caller was cancelled: from now on, `abandon()` ends the releases. */
  cancel(): void {
    this.#isCancelled = true
    for (const task of this.#releasing) task.cancel()
  }

  #call(release: ReleaseOption<unknown>, value: unknown): void {
    try {
      const returned = callRelease(release, value)
      if (this.#loop.isClosed() || !(isThenable(returned) || isAwaitable(returned))) return
      const task = this.#loop.createTask(beginAlways(releasing(returned)))
      this.#releasing.add(task)
      task.addDoneCallback(() => this.#released(task))
      if (this.#isCancelled) task.cancel()
    } catch (exception) {
      this.#report(exception)
    }
  }

  #released(task: Task): void {
    if (task.hasException()) this.#report(task.exception())
    this.#releasing.delete(task)
    if (this.#releasing.size > 0) return
    this.#onEmpty?.()
    this.#onEmpty = undefined
  }

  #report(exception: unknown): void {
    this.#loop.callExceptionHandler({ message: `the release of ${this.#where} failed`, exception })
  }
}

/** Nothing but `abandon()` interrupts it. */
function* releasing(returned: unknown): Coroutine<void> {
  yield* cleanUp(() => awaitReturned(returned))
}

/**
 * Awaits a Future that has no other reference. Puts off a cancellation in the turn in which the Future ends, because
 * its result would be lost.
 */
export function* awaitOwn<T>(future: Future<T>): Coroutine<T> {
  try {
    return yield* future
  } catch (error) {
    if (!(error instanceof CancelledError) || !succeeded(future)) throw error
    runningTask()?.putOffCancel(error.message || undefined)
    return future.result()
  }
}

/** Whether it ended with a result. */
export function succeeded(future: Future): boolean {
  return future.done() && !future.cancelled() && !future.hasException()
}

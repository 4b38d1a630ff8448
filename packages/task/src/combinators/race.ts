import {
  type AwaitableSource,
  CancelledError,
  type Coroutine,
  type EventLoop,
  type Future,
  getRunningLoop,
  isFuture,
  KeyboardInterrupt,
} from '@spindle/loop'
import { checkOptions, repr, SharedDoneCallback } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { coroutineOf } from '../coroutines/coroutine-of.ts'
import { sleep } from '../coroutines/sleep.ts'
import { isCancelPutOff } from '../scopes/call-future.ts'
import { awaitOwn, checkRelease, Discards, type ReleaseOption, succeeded } from '../scopes/discard.ts'
import { ensureFuture, type ListAdvice, type ResultOf, withoutRepeats } from '../tasks/ensure-future.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'
import { Task as TaskClass } from '../tasks/task.ts'

/** The options of `race` and `any`. */
export interface RaceOptions<in T = never> {
  /**
   * Receives the result of a contestant that ends with one although it has lost, or the caller is cancelled. If it
   * returns a promise or an awaitable, that is awaited, and nothing but `abandon()` interrupts it. Its error is
   * reported. `'dispose'` calls the `[Symbol.asyncDispose]` or `[Symbol.dispose]` of the result. Guards of locks and
   * items of `queue.get()` go back in any case.
   * @default the result is dropped, which debug mode reports if it can be closed
   */
  readonly release?: ReleaseOption<T> | undefined
}

/**
 * Waits for the first of several awaitables to settle, and returns its result or throws its error. The others are
 * cancelled at once and awaited first, so nothing is left running. Coroutines and coroutine functions become Tasks. If
 * the caller is cancelled, all are cancelled and awaited. An exception of a loser in its clean-up is reported. What a
 * loser has brought is not lost: a guard of a lock is released, an item of `queue.get()` returns to the front of its
 * queue, and `release` receives anything else. Like `Promise.race`, which leaves the losers running. An addition to
 * asyncio.
 *
 * Also called: first to finish.
 * @param contestants awaitables, coroutine functions included
 * @param options `release` receives the results of losers
 * @throws the error of the first to settle; TypeError for an empty list
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   console.log(yield* race([sleep(10, 'quick'), sleep(60_000, 'slow')])) // prints: quick
 * }
 * await run(main())
 * ```
 */
export function race<const A extends readonly AwaitableSource<unknown>[], L = A>(
  contestants: A | ListAdvice<L>,
  options: RaceOptions<ResultOf<A[number]>> = {},
): Coroutine<ResultOf<A[number]>> {
  checkContest('race', contestants, options)
  if ((contestants as A).length === 0) throw new TypeError('race() of nothing would never end')
  return decided('race', contestants as A, options.release) as Coroutine<ResultOf<A[number]>>
}

/**
 * Waits for the first of several awaitables to succeed, and returns its result. The others are cancelled and awaited
 * first. Coroutines and coroutine functions become Tasks. If the caller is cancelled, all are cancelled and awaited. A
 * later exception of a loser is reported. What a loser has brought goes back, or to `release`, as with `race`. Like
 * `Promise.any`, which leaves the losers running. An addition to asyncio.
 * @param contestants awaitables, coroutine functions included
 * @param options `release` receives the results of losers
 * @throws AggregateError if all fail, with their errors in the order of the list
 *
 * @example
 * ```ts
 * function* mirror(name: string, takes: number): Coroutine<string> {
 *   yield* sleep(takes)
 *   if (name === 'broken') throw new Error('503')
 *   return `the file from ${name}`
 * }
 * function* main(): Coroutine<void> {
 *   console.log(yield* any([mirror('broken', 5), mirror('good', 10)])) // prints: the file from good
 * }
 * await run(main())
 * ```
 */
export function any<const A extends readonly AwaitableSource<unknown>[], L = A>(
  contestants: A | ListAdvice<L>,
  options: RaceOptions<ResultOf<A[number]>> = {},
): Coroutine<ResultOf<A[number]>> {
  checkContest('any', contestants, options)
  return decided('any', contestants as A, options.release) as Coroutine<ResultOf<A[number]>>
}

const decided = coroutine(function* race(
  caller: 'race' | 'any',
  contestants: readonly AwaitableSource<unknown>[],
  release: ReleaseOption<never> | undefined,
): Coroutine<unknown> {
  if (isCancelPutOff()) yield* sleep(0) // throws it: no contestant begins
  const contest = new Contest(getRunningLoop(), caller, withoutRepeats(contestants), release)
  const winner = yield* awaitOwn(contest)
  if (winner !== undefined) return winner.result()
  const errors = contest.errors()
  throw new AggregateError(errors, `all ${errors.length} of any() failed`)
})

/**
 * Decided by the first contestant that ends, for `any` by the first that succeeds. Then the others are cancelled, and
 * when they have ended, it is done: with the winner, or undefined if all of `any` failed.
 */
class Contest extends LabelledFuture<Future | undefined> {
  readonly #caller: 'race' | 'any'
  readonly #sources: readonly unknown[]
  readonly #contestants: readonly Future[]
  readonly #discards: Discards
  #left: number
  #winner: Future | undefined = undefined
  /** The contestants that were cancelled, with their place in the list; undefined before that. */
  #losers: Map<Future, number> | undefined = undefined
  /** Whether the caller was cancelled, and the message of the latest request. */
  #request: { readonly message: string | undefined } | undefined = undefined

  constructor(
    loop: EventLoop,
    caller: 'race' | 'any',
    contestants: readonly AwaitableSource<unknown>[],
    release: ReleaseOption<never> | undefined,
  ) {
    const sources = contestants.map((one) => coroutineOf('ensureFuture', one as never))
    const futures = sources.map((one) => ensureFuture(one))
    super(loop, () => `${caller} of ${futures.length}`, futures)
    this.#caller = caller
    this.#sources = sources
    this.#contestants = futures
    this.#discards = new Discards(loop, `a loser of ${caller}()`, release)
    this.#left = contestants.length
    const watch = new SharedDoneCallback(loop, (future: Future) => this.#ended(future))
    for (const future of this.#contestants) watch.add(future)
    if (this.#left === 0) this.setResult(undefined)
  }

  override get isCancelPutOff(): boolean {
    return this.#request !== undefined && !this.cancelled()
  }

  override get isFromOutside(): boolean {
    return this.#winner?.isFromOutside === true
  }

  errors(): unknown[] {
    return this.#contestants.map(errorOf)
  }

  /** Cancels the contestants. After the decision a request is put off: it must not interrupt their clean-up. */
  override cancel(message?: string): boolean {
    if (this.done()) return false
    if (this.#losers === undefined) {
      this.#winner = this.#contestants.find((future) => future.done() && this.#decides(future)) // in this turn
      this.#giveUp(message)
    }
    this.#request = { message }
    this.#discards.cancel()
    return true
  }

  #giveUp(message: string | undefined): void {
    this.#losers = new Map()
    const early = new Map<Future, number>()
    for (const [index, future] of this.#contestants.entries())
      if (future !== this.#winner) (future.done() ? early : this.#losers).set(future, index)
    for (const future of this.#losers.keys()) {
      if (this.#winner !== undefined && future instanceof TaskClass) future.requestCancel({ by: `${this.#caller}()` })
      else future.cancel(message)
    }
    // The last first, so that several items of a queue return in their order.
    for (const [future, index] of [...early].reverse()) this.#discard(future, index)
  }

  #ended(future: Future): void {
    this.#left--
    const error = errorOf(future) // marks the exception as retrieved
    if (this.#losers !== undefined) this.#endedLate(future, this.#losers.get(future), error)
    else if (this.#decides(future)) {
      this.#winner = future
      this.#giveUp(undefined)
    }
    if (this.#left === 0) this.#discards.whenEmpty(() => this.#end())
  }

  #decides(future: Future): boolean {
    return this.#caller === 'race' || succeeded(future) || errorOf(future) instanceof KeyboardInterrupt
  }

  #endedLate(future: Future, index: number | undefined, exception: unknown): void {
    if (index === undefined) return // it had ended before
    // It has done its work although the caller is cancelled: the caller must not take that work for undone.
    if (this.#winner === undefined && succeeded(future) && future.isCancelPutOff) this.#winner = future
    else if (future.hasException()) {
      const message = `a loser of ${this.#caller}() failed when it was cancelled`
      this.getLoop().callExceptionHandler({ message, exception, future })
    } else this.#discard(future, index)
  }

  /** Discards the result of a Task that the contest has made. A Task of the caller keeps its result. */
  #discard(future: Future, index: number): void {
    const source = this.#sources[index]
    if (succeeded(future) && !isFuture(source)) this.#discards.add(future.result(), source)
  }

  #end(): void {
    if (this.#request !== undefined && this.#winner === undefined) super.cancel(this.#request.message)
    else this.setResult(this.#winner)
  }
}

function errorOf(future: Future): unknown {
  return future.cancelled() ? new CancelledError() : future.exception()
}

function checkContest(caller: string, contestants: unknown, options: RaceOptions): void {
  if (!Array.isArray(contestants))
    throw new TypeError(`${caller}() takes an array, got ${repr(contestants)}. Write: ${caller}([a(), b()])`)
  checkOptions(`${caller}()`, options, ['release'])
  checkRelease(options.release)
}

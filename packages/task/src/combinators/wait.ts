import { type Coroutine, type EventLoop, type Future, getRunningLoop, isFuture } from '@spindle/loop'
import { checkOptions, checkTimeout, repr, SharedDoneCallback } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { isGenerator } from '../coroutines/generators.ts'
import { isCoroutine } from '../coroutines/is-coroutine.ts'
import { callAtLimit } from '../scopes/call-at-limit.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'
import { isIterable } from './for-each.ts'

/** `wait` returns as soon as a Future is done. asyncio: `asyncio.FIRST_COMPLETED`. */
export const FIRST_COMPLETED = 'FIRST_COMPLETED'
/** `wait` returns when a Future has ended with an exception, or all are done. asyncio: `asyncio.FIRST_EXCEPTION`. */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION'
/** `wait` returns when all are done. asyncio: `asyncio.ALL_COMPLETED`. */
export const ALL_COMPLETED = 'ALL_COMPLETED'

/** The condition that ends a `wait`. */
export type ReturnWhen = typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION | typeof ALL_COMPLETED

/** The options of `wait`. */
export interface WaitOptions {
  /** How many ms to wait at most. @default no limit */
  readonly timeout?: number | undefined
  /** The condition that ends the wait. @default ALL_COMPLETED */
  readonly returnWhen?: ReturnWhen | undefined
}

/** The result of `wait`: the finished and the pending Futures, each in the order of the list. */
export interface WaitResult<F> {
  readonly done: Set<F>
  readonly pending: Set<F>
}

/** The advice for an argument of `wait` that is not a list of Futures. */
export type WaitAdvice<L> =
  L extends Iterable<Future>
    ? never
    : [L] extends [never]
      ? L // never reached: from this place the compiler infers `L`
      : 'write a list of Tasks or Futures: `[createTask(…), ensureFuture(…)]`'

/**
 * Waits for Tasks and Futures, and returns which of them are done. It throws neither their exceptions nor a
 * TimeoutError, and cancels nothing: pending Futures continue, even if the caller is cancelled. asyncio:
 * `asyncio.wait`.
 * @param futures Tasks and Futures, but no coroutines: create their Tasks first
 * @param options `timeout` in ms, no limit by default; `returnWhen`: `ALL_COMPLETED` by default
 * @throws TypeError for coroutines and anything else that is not a Future: make Tasks of them first; RangeError for an
 * empty list
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const tasks = [createTask(sleep(10, 'fast')), createTask(sleep(500, 'slow'))]
 *   const { done, pending } = yield* wait(tasks, { returnWhen: FIRST_COMPLETED })
 *   for (const task of done) console.log(task.result()) // prints: fast
 *   for (const task of pending) task.cancel()
 * }
 * await run(main())
 * ```
 */
export function wait<F extends Future, L = Iterable<F>>(
  futures: Iterable<F> | WaitAdvice<L>,
  options: WaitOptions = {},
): Coroutine<WaitResult<F>> {
  checkOptions('wait()', options, ['timeout', 'returnWhen'])
  return waiting(futures as Iterable<F>, options)
}

const waiting = coroutine(function* wait<F extends Future>(
  futures: Iterable<F>,
  options: WaitOptions,
): Coroutine<WaitResult<F>> {
  const { timeout, returnWhen = ALL_COMPLETED } = options
  const all = checkFutures(futures)
  if (returnWhen !== FIRST_COMPLETED && returnWhen !== FIRST_EXCEPTION && returnWhen !== ALL_COMPLETED) {
    throw new RangeError(`Invalid return_when value: ${returnWhen}`)
  }
  checkTimeout('timeout', timeout)
  const waiter = new WaitFuture(getRunningLoop(), all, returnWhen)
  waiter.watch(timeout)
  try {
    yield* waiter
  } finally {
    waiter.unwatch()
  }
  const done = new Set<F>()
  const pending = new Set<F>()
  for (const future of all) (future.done() ? done : pending).add(future)
  return { done, pending }
})

// A generator may be a coroutine, or make the Tasks one by one: its first item shows which.
function checkFutures<F extends Future>(futures: Iterable<F>): Set<F> {
  if (!isIterable(futures) || isFuture(futures) || (isCoroutine(futures) && !isGenerator(futures))) {
    throw new TypeError(`expect a list of futures, not ${repr(futures)}`)
  }
  const all = new Set<F>()
  for (const future of futures) {
    if (isFuture(future)) all.add(future)
    else if (isGenerator(futures) && all.size === 0) throw new TypeError('expect a list of futures, not a coroutine')
    else if (isCoroutine(future)) throw new TypeError('Passing coroutines is forbidden, use tasks explicitly.')
    else throw new TypeError(`wait() takes Tasks and Futures, got ${repr(future)}. Make one of it with ensureFuture()`)
  }
  if (all.size === 0) throw new RangeError('Set of Tasks/Futures is empty.')
  return all
}

class WaitFuture extends LabelledFuture<void> {
  readonly #returnWhen: ReturnWhen
  #left: number
  #timer: { cancel(): void } | undefined
  readonly #watch: SharedDoneCallback

  constructor(loop: EventLoop, futures: ReadonlySet<Future>, returnWhen: ReturnWhen) {
    super(loop, () => `wait(${futures.size})`, futures)
    this.#returnWhen = returnWhen
    this.#left = futures.size
    const onDone = (future: Future): void => this.#oneDone(future)
    this.#watch = new SharedDoneCallback(loop, onDone, returnWhen !== FIRST_COMPLETED)
  }

  watch(timeout: number | undefined): void {
    if (timeout !== undefined) {
      const loop = this.getLoop()
      this.#timer = callAtLimit(loop, loop.time() + timeout, () => this.#release())
    }
    for (const future of this.members) this.#watch.add(future)
  }

  unwatch(): void {
    this.#timer?.cancel()
    for (const future of this.members) future.removeWakeable(this.#watch)
  }

  #oneDone(future: Future): void {
    this.#left--
    const enough =
      this.#left <= 0 ||
      this.#returnWhen === FIRST_COMPLETED ||
      (this.#returnWhen === FIRST_EXCEPTION && failed(future))
    if (!enough) return
    this.#timer?.cancel()
    this.#release()
  }

  #release(): void {
    if (!this.done()) this.setResult()
  }
}

/** Whether it failed. The caller receives the exception, so it counts as retrieved. */
function failed(future: Future): boolean {
  if (!future.hasException()) return false
  future.exception()
  return true
}

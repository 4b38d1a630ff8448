import {
  type AwaitableSource,
  CancelledError,
  type Coroutine,
  type Future,
  getRunningLoop,
  KeyboardInterrupt,
} from '@spindle/loop'
import { repr, SharedDoneCallback } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { uncancellable } from '../scopes/uncancellable.ts'
import { ensureFuture, type ListAdvice, type ResultOf, withoutRepeats } from '../tasks/ensure-future.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'
import { wait } from './wait.ts'

/**
 * Waits for the first of several awaitables to settle, and returns its result or throws its error. The others are
 * cancelled and awaited first, so nothing is left running. Coroutines and coroutine functions become Tasks. If the
 * caller is cancelled, all are cancelled and awaited. An exception of a loser in its clean-up is reported. Like
 * `Promise.race`, which leaves the losers running. An addition to asyncio.
 * @param contestants awaitables, coroutine functions included
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
): Coroutine<ResultOf<A[number]>> {
  checkContestants('race', contestants)
  if ((contestants as A).length === 0) throw new TypeError('race() of nothing would never end')
  return decided('race', contestants as A, true) as Coroutine<ResultOf<A[number]>>
}

/**
 * Waits for the first of several awaitables to succeed, and returns its result. The others are cancelled and awaited
 * first. Coroutines and coroutine functions become Tasks. If the caller is cancelled, all are cancelled and awaited. A
 * later exception of a loser is reported. Like `Promise.any`, which leaves the losers running. An addition to asyncio.
 * @param contestants awaitables, coroutine functions included
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
): Coroutine<ResultOf<A[number]>> {
  checkContestants('any', contestants)
  return decided('any', contestants as A, false) as Coroutine<ResultOf<A[number]>>
}

const decided = coroutine(function* race(
  caller: 'race' | 'any',
  contestants: readonly AwaitableSource<unknown>[],
  failureWins: boolean,
): Coroutine<unknown> {
  const futures = withoutRepeats(contestants).map((one) => ensureFuture(one))
  const loop = getRunningLoop()
  const decision = new LabelledFuture<Future | undefined>(loop, () => `${caller} of ${futures.length}`, futures)
  let left = futures.length
  const onDone = (future: Future): void => {
    left--
    errorOf(future) // retrieved: nobody else would do it
    if (decision.done()) return
    if (failureWins || succeeded(future) || wasInterrupted(future)) decision.setResult(future)
    else if (left === 0) decision.setResult(undefined)
  }
  const watch = new SharedDoneCallback(loop, onDone)
  for (const future of futures) watch.add(future)
  if (left === 0) decision.setResult(undefined)
  let winner: Future | undefined
  try {
    winner = yield* decision
  } catch (error) {
    const message = error instanceof CancelledError ? error.message || undefined : undefined
    yield* cancelAll(caller, futures, undefined, message)
    throw error
  }
  if (winner === undefined) throw new AggregateError(futures.map(errorOf), `all ${futures.length} of any() failed`)
  yield* cancelAll(caller, futures, winner, undefined)
  return winner.result()
})

function* cancelAll(
  caller: string,
  futures: readonly Future[],
  winner: Future | undefined,
  message: string | undefined,
): Coroutine<void> {
  const left = new Set(futures.filter((future) => !future.done()))
  for (const future of left) future.cancel(message)
  if (left.size > 0) yield* uncancellable(() => wait(left))
  for (const future of futures) {
    if (future === winner) continue
    if (succeeded(future)) {
      future.getLoop().probe?.valueDropped?.(`a loser of ${caller}()`, future.result())
    } else if (left.has(future) && !future.cancelled()) {
      const context = { message: `a loser of ${caller}() failed when it was cancelled`, exception: future.exception() }
      future.getLoop().callExceptionHandler({ ...context, future })
    } else errorOf(future) // retrieved: it has lost
  }
}

function succeeded(future: Future): boolean {
  return !future.cancelled() && !future.hasException()
}

function wasInterrupted(future: Future): boolean {
  return future.hasException() && future.peekException() instanceof KeyboardInterrupt
}

function errorOf(future: Future): unknown {
  return future.cancelled() ? new CancelledError() : future.exception()
}

function checkContestants(caller: string, contestants: unknown): void {
  if (Array.isArray(contestants)) return
  throw new TypeError(`${caller}() takes an array, got ${repr(contestants)}. Write: ${caller}([a(), b()])`)
}

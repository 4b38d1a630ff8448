import { checkOptions, repr } from '@spindle/loop/internal'
import { ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, type ReturnWhen } from '@spindle/task'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import { waitUntil } from '../shared-memory/wakeup.ts'
import { Future } from './future.ts'

/** How `wait` waits. */
export interface WaitOptions {
  /** How many ms to wait at most. @default no limit */
  readonly timeout?: number | undefined
  /** The condition that ends the wait: all are done, or the first is done or has failed. @default ALL_COMPLETED */
  readonly returnWhen?: ReturnWhen | undefined
}

/** The result of `wait`: the Futures that are done, and the others, each in the order of the list. */
export interface WaitResult<F> {
  readonly done: Set<F>
  readonly pending: Set<F>
}

/**
 * Blocks the thread until Futures of executors are done: all, or the first of them. It throws none of their exceptions,
 * and no TimeoutError. In a coroutine use the `wait` of `spindle`, on what `wrapFuture` returns. Python:
 * `concurrent.futures.wait`.
 *
 * @param futures of any executors
 * @param options `timeout` in ms, no limit by default; `returnWhen`: `ALL_COMPLETED` by default
 * @throws RangeError for another `returnWhen`
 *
 * @example
 * ```ts
 * const [first, second] = [new concurrent.Future<number>(), new concurrent.Future<number>()]
 * first.setResult(1)
 * const { done, pending } = concurrent.wait([first, second], { returnWhen: FIRST_COMPLETED })
 * console.log(done.has(first), pending.has(second)) // prints: true true
 * ```
 */
export function wait<F extends Future>(futures: Iterable<F>, options: WaitOptions = {}): WaitResult<F> {
  checkOptions('wait()', options, ['timeout', 'returnWhen'])
  const { returnWhen = ALL_COMPLETED } = options
  const limit = checkedTimeout(options.timeout)
  const all = checkFutures(futures)
  const enough = condition(all, returnWhen)
  if (!enough()) waitUntil(enough, limit, () => `wait() for ${all.size} futures`)
  const done = new Set<F>()
  const pending = new Set<F>()
  for (const future of all) (future.settled ? done : pending).add(future)
  for (const future of done) future.ignoreException() // the caller has the Future
  return { done, pending }
}

/** The Futures of a list, each once. */
export function checkFutures<F extends Future>(futures: Iterable<F>): Set<F> {
  // A single Future is iterable, too.
  if (typeof futures?.[Symbol.iterator] !== 'function' || (futures as unknown) instanceof Future)
    throw new TypeError(`a list of Futures of executors is expected, got ${repr(futures)}. Write: [future]`)
  const all = new Set(futures)
  for (const future of all)
    if (!(future instanceof Future))
      throw new TypeError(
        `a Future of an executor is expected, got ${repr(future)}. ` +
          "For promises, Tasks and Futures of a loop there is wait() of 'spindle'",
      )
  return all
}

function condition(futures: ReadonlySet<Future>, returnWhen: ReturnWhen): () => boolean {
  const all = [...futures]
  const counts = all.filter((future) => !future.settled)
  // Called after every message, so it drops settled Futures.
  const allSettled = (): boolean => {
    while (counts.length > 0 && counts[counts.length - 1]?.settled) counts.pop()
    return counts.length === 0
  }
  if (returnWhen === ALL_COMPLETED) return allSettled
  if (returnWhen === FIRST_COMPLETED) return () => all.length === 0 || all.some((future) => future.settled)
  if (returnWhen === FIRST_EXCEPTION) return () => allSettled() || all.some((future) => future.settled && future.failed)
  throw new RangeError(
    `Invalid return condition: ${repr(returnWhen)}. Pass ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION`,
  )
}

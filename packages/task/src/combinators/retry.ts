import { type Awaitable, CancelledError, type Coroutine, KeyboardInterrupt } from '@spindle/loop'
import { type Advice, checkOptions, repr } from '@spindle/loop/internal'
import { type Block, callBlock, checkBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'

/** The options of `retry`. */
export interface RetryOptions {
  /** The maximum number of attempts, including the first. @default 3 */
  readonly attempts?: number | undefined
  /** The longest wait after the first failure, in ms; it doubles after each further failure. @default 100 */
  readonly backoff?: number | undefined
  /** The longest wait, in ms. @default 30000 */
  readonly maxBackoff?: number | undefined
  /**
   * Whether each wait is shortened at random, to no less than half, so that callers that failed together do not retry
   * together. A function replaces `Math.random`.
   * @default true
   */
  readonly jitter?: boolean | (() => number) | undefined
  /** Whether an error is worth another attempt; `attempt` counts from 1. @default all are */
  readonly retryIf?: ((error: unknown, attempt: number) => boolean) | undefined
}

/**
 * Calls `block` and waits for the awaitable that it returns. If that fails, it tries again after a wait, which doubles
 * each time. A cancellation is never retried, and ends a wait. An addition to asyncio.
 *
 * Also called: exponential backoff, jitter, try again.
 * @param block receives the number of the attempt, from 1
 * @param options `attempts`: 3 by default; `backoff` and `maxBackoff`: the waits in ms, 100 and 30,000
 * @throws the error of the last attempt; RangeError if `attempts` is less than 1
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const answer = yield* retry(
 *     function* (attempt) {
 *       yield* sleep(10)
 *       if (attempt < 3) throw new Error('503 Service Unavailable')
 *       return `attempt ${attempt} succeeded`
 *     },
 *     { attempts: 5, backoff: 50, retryIf: (error) => String(error).includes('503') },
 *   )
 *   console.log(answer) // prints: attempt 3 succeeded
 * }
 * await run(main())
 * ```
 */
export function retry<T, C = (attempt: number) => Awaitable<T>>(
  block: ((attempt: number) => Awaitable<T>) | Advice<C, Block>,
  options: RetryOptions = {},
): Coroutine<T> {
  checkBlock('retry', block)
  checkOptions('retry()', options, ['attempts', 'backoff', 'maxBackoff', 'jitter', 'retryIf'])
  const { attempts = 3, backoff = 100, maxBackoff = 30_000, jitter = true, retryIf = () => true } = options
  if (!(attempts >= 1)) throw new RangeError(`attempts must be at least 1, got ${repr(attempts)}`)
  if (!(backoff >= 0)) throw new RangeError(`backoff must be a number of milliseconds from 0 on, got ${repr(backoff)}`)
  if (!(maxBackoff >= 0))
    throw new RangeError(`maxBackoff must be a number of milliseconds from 0 on, got ${repr(maxBackoff)}`)
  return retrying(block as (attempt: number) => Awaitable<T>, { attempts, backoff, maxBackoff, jitter, retryIf })
}

const retrying = coroutine(function* retry<T>(
  block: (attempt: number) => Awaitable<T>,
  options: { readonly [K in keyof RetryOptions]-?: NonNullable<RetryOptions[K]> },
): Coroutine<T> {
  const { attempts, backoff, maxBackoff, jitter, retryIf } = options
  const random = typeof jitter === 'function' ? jitter : Math.random
  for (let attempt = 1; ; attempt++) {
    try {
      return yield* callBlock('retry', block, attempt)
    } catch (error) {
      if (error instanceof CancelledError || error instanceof KeyboardInterrupt) throw error
      if (attempt >= attempts || retryIf(error, attempt) === false) throw error
    }
    const wait = Math.min(backoff * 2 ** (attempt - 1), maxBackoff)
    yield* sleep(jitter === false ? wait : wait * (0.5 + random() / 2))
  }
})

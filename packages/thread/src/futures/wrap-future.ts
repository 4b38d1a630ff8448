import { type EventLoop, isFuture, type Future as LoopFuture } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import { getEventLoop } from '@spindle/task'
import { Future } from './future.ts'
import { loopFuture } from './loop-future.ts'

/**
 * The Future of a loop that ends like the Future of an executor. Cancelling it cancels the other as well. A Future of a
 * loop is returned unchanged. To wait for a Future, `yield* future` is enough. asyncio: `asyncio.wrap_future`.
 *
 * @param future of an executor
 * @param options `loop`: the loop of the result; `getEventLoop()` if left out
 *
 * @example
 * ```ts
 * const future = new concurrent.Future<string>()
 * function* main(): Coroutine<string> {
 *   const wrapped = wrapFuture(future)
 *   getRunningLoop().callLater(10, () => future.setResult('done'))
 *   return yield* wrapped
 * }
 * console.log(await run(main())) // prints: done
 * ```
 */
export function wrapFuture<T>(
  future: Future<T> | LoopFuture<T>,
  options: { readonly loop?: EventLoop | undefined } = {},
): LoopFuture<T> {
  checkOptions('wrapFuture()', options, ['loop'])
  if (isFuture(future)) return future as LoopFuture<T>
  if (!(future instanceof Future)) throw new TypeError(`concurrent.futures.Future is expected, got ${repr(future)}`)
  return loopFuture(future, options.loop ?? getEventLoop())
}

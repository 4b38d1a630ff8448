import type { Coroutine } from '@spindle/loop'
import { EventLoop, isAwaitable, repr } from '@spindle/loop/internal'
import { Future } from '../futures/future.ts'
import type { SentFor } from '../threads/thread.ts'
import { LoopHandle } from './loop-handle.ts'

/**
 * Runs a coroutine on the loop of another thread, and returns a Future for the result, on which this thread can block.
 * Cancelling it cancels the coroutine. `fn` is an exported function of a module that the loop's thread has loaded, or
 * can load; `args` are cloned. With a loop of this thread it works, too. asyncio: `asyncio.run_coroutine_threadsafe`.
 *
 * @param loop of this thread or another one
 * @param fn an exported coroutine function
 * @param args are copied to the thread of the loop
 * @throws TypeError if `fn` can't be found on another thread, or `args` can't be cloned
 *
 * @example
 * ```ts no-run
 * import { type Coroutine, type EventLoop, newEventLoop, sleep } from 'spindle'
 * import { isMain, type LoopHandle, runCoroutineThreadsafe, Thread } from 'spindle/thread'
 *
 * export function* double(n: number): Coroutine<number> {
 *   return yield* sleep(10, 2 * n)
 * }
 *
 * export function work(handle: LoopHandle): void {
 *   console.log(runCoroutineThreadsafe(handle, double, 21).result())
 * }
 *
 * function main(loop: EventLoop): void {
 *   new Thread({ target: work, args: [loop] }).start()
 *   loop.runUntilCompleteSync(sleep(1000))
 * }
 *
 * if (isMain(import.meta)) main(newEventLoop())
 * ```
 */
export function runCoroutineThreadsafe<A extends readonly unknown[], T>(
  loop: LoopHandle | EventLoop,
  fn: (...args: A) => Coroutine<T>,
  ...args: SentFor<A>
): Future<T> {
  if (typeof fn !== 'function')
    throw new TypeError(`runCoroutineThreadsafe() takes a loop, a coroutine function and its args, got ${repr(fn)}`)
  if (loop instanceof LoopHandle) return loop.runCoroutine(fn, args) as Future<T> // it is what fn returns
  if (loop instanceof EventLoop) return runHere(() => fn(...(args as unknown as A)), loop)
  throw new TypeError(`runCoroutineThreadsafe() takes a loop or its handle, got ${repr(loop)}`)
}

function runHere<T>(start: () => Coroutine<T>, loop: EventLoop): Future<T> {
  const future = new Future<T>()
  loop.callSoon(() => {
    try {
      const coroutine = start()
      if (!isAwaitable(coroutine)) throw new TypeError(`A coroutine object is required, got ${repr(coroutine)}`)
      const task = loop.ensureFuture(coroutine)
      future.addDoneCallback(() => future.cancelled() && task.cancel())
      task.addDoneCallback(() => {
        if (task.cancelled()) future.cancel()
        if (!future.setRunningOrNotifyCancel()) return
        if (task.hasException()) future.setException(task.exception())
        else future.setResult(task.result() as T) // the Task of that coroutine
      })
    } catch (error) {
      if (future.setRunningOrNotifyCancel()) future.setException(error)
    }
  })
  return future
}

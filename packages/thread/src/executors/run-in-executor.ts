import { type Coroutine, type EventLoop, type Future as LoopFuture, RuntimeError } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import { coroutine, getEventLoop, moveOnAfter } from '@spindle/task'
import { loopFuture } from '../futures/loop-future.ts'
import { type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import type { SentFor } from '../threads/thread.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import { Executor, type ResultOfCall } from './executor.ts'
import { ThreadPoolExecutor } from './thread-pool-executor.ts'

/**
 * Calls `fn` with `args` in an executor, and returns a Future of the loop for the result. undefined means the loop's
 * default executor, a ThreadPoolExecutor that is made on first use. Cancelling the Future cancels a call that has not
 * begun, and requests a running call to stop. asyncio: `loop.run_in_executor`.
 *
 * @param executor undefined for the default pool of threads
 * @param fn an exported function
 * @param args are copied to the worker
 * @throws what `Executor.submit` throws; RuntimeError if the loop is closed, or its default executor was shut down
 *
 * @example
 * ```ts no-run
 * import { type Coroutine, run } from 'spindle'
 * import { isMain, runInExecutor } from 'spindle/thread'
 *
 * export function sum(limit: number): number {
 *   let total = 0
 *   for (let n = 0; n < limit; n++) total += n
 *   return total
 * }
 *
 * function* main(): Coroutine<void> {
 *   console.log(yield* runInExecutor(undefined, sum, 1e8))
 * }
 *
 * if (isMain(import.meta)) await run(main())
 * ```
 */
export function runInExecutor<F extends AnyFunction>(
  executor: Executor | undefined,
  fn: F,
  ...args: SentFor<Parameters<F>>
): LoopFuture<ResultOfCall<F>> {
  const loop = getEventLoop()
  if (loop.isClosed()) throw new RuntimeError('Event loop is closed')
  if (executor !== undefined && !(executor instanceof Executor))
    throw new TypeError(
      `executor must be an Executor or undefined, got ${repr(executor)}. Write: runInExecutor(undefined, fn, ...args)`,
    )
  return loopFuture((executor ?? defaultExecutor(loop)).submit(fn, ...args), loop)
}

/**
 * Calls `fn` with `args` on a thread of the loop's default executor, and returns its result. Context variables do not
 * cross. If the caller is cancelled, `fn` receives a stop request; after a second it is ended with its thread.
 * asyncio: `asyncio.to_thread`.
 *
 * Also called: run in a worker thread.
 * @param fn an exported function
 * @param args are copied to the thread
 * @throws what `fn` throws, and what `runInExecutor` throws
 *
 * @example
 * ```ts no-run
 * import { type Coroutine, run } from 'spindle'
 * import { isMain, threading, toThread } from 'spindle/thread'
 *
 * function* main(): Coroutine<void> {
 *   yield* toThread(threading.sleep, 1000) // blocks a thread, not the loop
 * }
 *
 * if (isMain(import.meta)) await run(main())
 * ```
 */
export function toThread<F extends AnyFunction>(fn: F, ...args: SentFor<Parameters<F>>): Coroutine<ResultOfCall<F>> {
  return inThread(fn, args)
}

const inThread = coroutine(function* toThread<F extends AnyFunction>(
  fn: F,
  args: SentFor<Parameters<F>>,
): Coroutine<ResultOfCall<F>> {
  const loop = getEventLoop()
  if (loop.isClosed()) throw new RuntimeError('Event loop is closed')
  return yield* defaultExecutor(loop).submit(fn, ...args)
})

/**
 * Sets what `runInExecutor(undefined, …)` and `toThread` use on a loop. asyncio: `loop.set_default_executor`.
 *
 * @param executor runs the calls of `toThread` from now on
 * @param options `loop`: the loop; `getEventLoop()` if left out
 * @throws TypeError if it is not a ThreadPoolExecutor
 */
export function setDefaultExecutor(
  executor: ThreadPoolExecutor<AnyFunction>,
  options: { readonly loop?: EventLoop | undefined } = {},
): void {
  checkOptions('setDefaultExecutor()', options, ['loop'])
  if (!(executor instanceof ThreadPoolExecutor))
    throw new TypeError(`executor must be ThreadPoolExecutor instance, got ${repr(executor)}`)
  install(options.loop ?? getEventLoop(), executor)
}

/**
 * Shuts the default executor of a loop down, and waits until its threads have ended. `run` does so at its end.
 * asyncio: `loop.shutdown_default_executor`.
 *
 * @param options `timeout`: the limit in ms; then a warning is printed, and the calls are ended with their threads
 */
export function shutdownDefaultExecutor(options?: TimeoutOptions): Coroutine<void> {
  return shuttingDown(getEventLoop(), timeoutOf('shutdownDefaultExecutor()', options))
}

const shuttingDown = coroutine(function* shutdownDefaultExecutor(
  loop: EventLoop,
  timeout: number | undefined,
): Coroutine<void> {
  const executor = executors.get(loop)
  closed.add(loop)
  if (executor === undefined) return
  executor.shutdown({ wait: false })
  const { graces } = loop
  const abandon = (): void => executor.terminate()
  graces.add(abandon)
  loop.closeCallbacks.add(() => graces.delete(abandon))
  if (timeout === undefined) return yield* executor.ended()
  const ended = yield* moveOnAfter(timeout, function* untilEnded(): Coroutine<boolean> {
    yield* executor.ended()
    return true
  })
  if (ended) return
  console.warn(`The executor did not finishing joining its threads within ${timeout / 1000} seconds.`)
  executor.terminate()
})

const executors = new WeakMap<EventLoop, Executor>()
const closed = new WeakSet<EventLoop>() // their default executor was shut down

function defaultExecutor(loop: EventLoop): Executor {
  if (closed.has(loop)) throw new RuntimeError('Executor shutdown has been called')
  const executor = executors.get(loop)
  if (executor !== undefined) return executor
  const made = new ThreadPoolExecutor(undefined, { threadNamePrefix: 'asyncio' })
  install(loop, made)
  return made
}

function install(loop: EventLoop, executor: Executor): void {
  executors.set(loop, executor)
  loop.shutdown = () => shuttingDown(loop, LONGEST_SHUTDOWN)
  loop.wakeSources.onClose = () => executors.get(loop)?.shutdown({ wait: false })
}

// As long as asyncio's Runner allows.
const LONGEST_SHUTDOWN = 300_000

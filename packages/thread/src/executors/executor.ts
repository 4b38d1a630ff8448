import type { Suspension } from '@spindle/loop'
import { checkOptions, className } from '@spindle/loop/internal'
import type { Future } from '../futures/future.ts'
import { formatIdentity, newIdentity, printAsText } from '../shared-memory/identity.ts'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import type { SentFor } from '../threads/thread.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { refuseToSend } from '../transport/serialize.ts'
import type { ExecutorCallOptions, PoolCallOptions } from './call-options.ts'
import type { CallPool } from './call-pool.ts'
import { type MapOptions, MapResults } from './map-results.ts'
import type { PoolEvents } from './pool-events.ts'
import type { PoolStats } from './pool-stats.ts'
import { StreamResults } from './stream-results.ts'

/** The final result of a call of `F`: a coroutine's result, a promise's value. */
export type ResultOfCall<F extends AnyFunction> =
  ReturnType<F> extends Generator<Suspension, infer T, unknown> ? T : Awaited<ReturnType<F>>

/** The type of the values that a call of `F` yields. */
export type ItemOfCall<F extends AnyFunction> =
  Awaited<ReturnType<F>> extends AsyncIterable<infer T> | Iterable<infer T> ? T : never

/** One iterable for each parameter of the function, and the options at the end, if any. */
export type MapArguments<P extends readonly unknown[]> =
  | Iterables<P>
  | [...Iterables<Required<P>>, options: MapOptions]
  | [...Iterables<Needed<P>>, options: MapOptions]

// Extract, because older compilers do not infer a list.
type Iterables<P extends readonly unknown[]> = Extract<
  { [K in keyof P]: Iterable<P[K]> | AsyncIterable<P[K]> },
  unknown[]
>

type Needed<P extends readonly unknown[]> = P extends readonly [infer First, ...infer Rest]
  ? [First, ...Needed<Rest>]
  : []

/** The options of `shutdown`. */
export interface ShutdownOptions {
  /** Whether to block until all workers have ended. @default true */
  readonly wait?: boolean | undefined
  /** Whether to cancel calls that have not begun. @default false */
  readonly cancelFutures?: boolean | undefined
  /** How many ms to wait at most; then the remaining calls are terminated. An addition. @default no limit */
  readonly timeout?: number | undefined
}

/**
 * Runs functions on threads or in processes: exported functions of modules, plain, `async` or coroutines. The end of a
 * block with `using executor = …` blocks until all calls are done; that of `await using` does not block.
 * Python: `concurrent.futures.Executor`.
 */
export abstract class Executor<Options extends ExecutorCallOptions = ExecutorCallOptions>
  implements Disposable, AsyncDisposable
{
  static {
    printAsText(Executor)
    refuseToSend(Executor, 'the thread that made it', 'Make another one in the worker')
  }

  readonly #pool: CallPool
  readonly #identity = newIdentity()
  readonly #options: PoolCallOptions
  readonly #owner: Executor | undefined // that `with` was called on

  /** @internal */
  constructor(pool: CallPool, options: PoolCallOptions = {}, owner?: Executor) {
    this.#pool = pool
    this.#options = options
    this.#owner = owner
    if (owner === undefined) abandoned.register(this, pool)
  }

  /** The events of the pool: an emitter of eventemitter3. Listen, but do not emit. An addition. */
  get events(): PoolEvents {
    return this.#pool.events
  }

  /**
   * Done when the workers have started and run their initializer: the minimum number of workers, or all of them. The
   * first calls then need not wait for a start. An addition.
   *
   * @throws RuntimeError after `shutdown`; in the Future BrokenExecutor, if a worker ends before it is ready
   */
  ready(): Future<void> {
    return this.#pool.ready()
  }

  /** Returns the current state of the pool, and how long calls have waited and run. An addition. */
  stats(): PoolStats {
    return this.#pool.stats()
  }

  /**
   * Returns this executor with options for the calls that are made through it. Every executor has `signal`, `timeout`,
   * `priority` and `onProgress`; each kind adds its own. An addition.
   *
   * @throws TypeError or RangeError for an unknown option or an invalid value
   */
  with(options: Options): Executor<Options> {
    this.#pool.checkOptions(options)
    return new ExecutorWith<Options>(this.#pool, { ...this.#options, ...options }, this.#owner ?? this)
  }

  /**
   * Schedules `fn(...args)` for the next free worker. The Future receives its result or exception; or a TypeError, if
   * `args` or the result can't be cloned. Python: `Executor.submit`.
   *
   * @throws TypeError if `fn` can't be found in a worker, because it is not an exported function
   * @throws RuntimeError after `shutdown`, or in a thread that still imports its module; BrokenExecutor if the
   * initializer failed; QueueFull if as many calls wait as `maxQueue` allows
   */
  submit<F extends AnyFunction>(fn: F, ...args: SentFor<Parameters<F>>): Future<ResultOfCall<F>> {
    const { future } = this.#pool.submit({ fn, args, kind: 'one', options: this.#options })
    return future as Future<ResultOfCall<F>> // the result of this function
  }

  /**
   * Calls `fn` for each item of an iterable, or of several side by side, and returns the results in the order of the
   * items. The calls begin at once; a plain `for` over the results blocks for each, `for await` and `forEach` do not.
   * The exception of a call is thrown where its result is taken; calls that have not begun by then are cancelled.
   * Python: `Executor.map`.
   *
   * @throws what `submit` throws; RangeError for a `chunkSize` or `bufferSize` below 1
   */
  map<F extends AnyFunction>(fn: F, ...given: MapArguments<Parameters<F>>): MapResults<ResultOfCall<F>> {
    this.#pool.check()
    toReference(fn) // throws, even without items
    const submit = (args: readonly unknown[], many: boolean): Future =>
      this.#pool.submit({ fn, args, kind: many ? 'many' : 'one', options: this.#options }).future
    return new MapResults(submit, given, this.#pool)
  }

  /**
   * Calls a generator function, plain or `async`, in a worker, and returns its items while it runs: to `for await`, to
   * `forEach`, or to a plain `for`, which blocks. The function waits while 16 items are in transit; see
   * `with({ bufferSize })`. If the iteration ends early, the function stops at its `yield`, and its `finally` blocks
   * run. A stream that is not iterated keeps its worker: end it by `return()`. Its exception is thrown when the next
   * item is taken. An addition.
   *
   * @throws as `submit`
   */
  stream<F extends AnyFunction>(fn: F, ...args: SentFor<Parameters<F>>): StreamResults<ItemOfCall<F>> {
    return new StreamResults(this.#pool, { fn, args, kind: 'stream', options: this.#options })
  }

  /**
   * Refuses further calls. The workers end when the accepted calls are done, or after `timeout`. Blocks until then,
   * unless `wait` is false. Python: `Executor.shutdown`.
   *
   * @throws RangeError if `timeout` is NaN
   */
  shutdown(options: ShutdownOptions = {}): void {
    checkOptions('shutdown()', options, ['wait', 'cancelFutures', 'timeout'])
    const { wait = true, cancelFutures = false } = options
    const timeout = checkedTimeout(options.timeout)
    this.#pool.shutdown(cancelFutures, wait)
    if (timeout < Number.POSITIVE_INFINITY) this.#pool.terminateAfter(timeout)
    if (wait) this.#pool.join()
  }

  /**
   * Refuses further calls, cancels calls that have not begun, and ends the workers at once: running calls fail with
   * BrokenExecutor. Does not wait. An addition: in Python only processes can be ended.
   */
  terminate(): void {
    this.endWorkers('SIGKILL')
  }

  /** @internal */
  protected endWorkers(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#pool.terminate(signal)
  }

  /** Done when all workers have ended. @internal */
  ended(): Future<void> {
    return this.#pool.ended()
  }

  [Symbol.dispose](): void {
    this.shutdown()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pool.shutdown(false, true)
    await this.ended()
  }

  /** `<ThreadPoolExecutor at 0x7f0000000010>` */
  toString(): string {
    if (this.#owner !== undefined) return `${this.#owner}`
    return `<${className(this)} at ${formatIdentity(this.#identity)}>`
  }
}

class ExecutorWith<Options extends ExecutorCallOptions> extends Executor<Options> {}

// Ends the workers of an executor that was dropped without shutdown(). Open calls still end.
const abandoned = new FinalizationRegistry<CallPool>((pool) => pool.shutdown(false, true))

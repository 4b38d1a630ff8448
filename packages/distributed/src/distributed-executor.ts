import { checkOptions, repr } from 'spindle/internal'
import { type AnyFunction, Executor } from 'spindle/thread'
import { checkedCallOptions, checkInteger, type DistributedCallOptions } from './call-options.ts'
import type { Codec } from './codec.ts'
import type { QueueStatus } from './protocol.ts'
import { serverOf } from './redis/server-of.ts'
import { Submitter, type SubmitterOptions } from './submitting/submitter.ts'

/** Options of a DistributedExecutor. */
export interface DistributedExecutorOptions {
  /**
   * The URL of the Redis server; `rediss://` for TLS.
   * @default SPINDLE_REDIS_URL, REDIS_URL, or redis://127.0.0.1:6379
   */
  readonly url?: string | undefined
  /** The name of the queue, the same as for the workers. @default 'spindle' */
  readonly queue?: string | undefined
  /** How long results and errors are kept, in ms. @default 3_600_000 */
  readonly resultTtl?: number | undefined
  /** The maximum size of the args of a call, and of its result, in bytes. @default 1_048_576 */
  readonly payloadLimit?: number | undefined
  /**
   * After how many ms without a server calls fail with a ConnectionError. If the server was there before and does not
   * come back, they fail after six times as many. @default 10_000
   */
  readonly connectTimeout?: number | undefined
  /** How values are encoded. @default 'devalue' */
  readonly codec?: Codec | undefined
}

/**
 * Runs calls on workers (`spindle-worker`), on this machine or others, through BullMQ on Redis. Its Futures work like
 * those of thread pools: `result()` blocks, and `await` and `yield*` wait. Cancelling the Future of a coroutine cancels
 * the coroutine on its worker, and its `finally` blocks run there. A call runs at least once; its Future ends exactly
 * once. The program does not end before its calls. Dask: `Client`; Celery: `app`.
 *
 * @example
 * ```ts no-run
 * import { DistributedExecutor } from 'spindle/distributed'
 * import { isMain } from 'spindle/thread'
 *
 * export function square(n: number): number {
 *   return n * n
 * }
 *
 * if (isMain(import.meta)) {
 *   using executor = new DistributedExecutor()
 *   console.log(executor.submit(square, 6).result())
 * }
 * ```
 */
export class DistributedExecutor extends Executor<DistributedCallOptions> {
  /** For the compiler, which would otherwise accept any executor in its place. */
  declare protected readonly runsOn: 'machines'

  readonly #submitter: Submitter
  readonly #options: DistributedCallOptions
  readonly #view: View | undefined // the original executor, if `with` created this view

  /**
   * Creates an executor. It connects when the first call is made.
   * @throws TypeError or RangeError for what is no option, or no value of it
   */
  constructor(options: DistributedExecutorOptions = {}) {
    const view = options instanceof View ? options : undefined
    const submitter = view?.submitter ?? new Submitter(checkedOptions(options))
    super(submitter, view?.options, view?.owner)
    this.#submitter = submitter
    this.#options = view?.options ?? {}
    this.#view = view
  }

  /**
   * Returns a view of this executor with options for the calls made through it. The view is shut down with the original
   * executor, not by itself.
   *
   * @throws TypeError or RangeError for what is no option, or no value of it
   */
  override with(options: DistributedCallOptions): DistributedExecutor {
    const all = { ...this.#options, ...checkedCallOptions(options) }
    return new DistributedExecutor(
      new View(this.#view?.owner ?? this, this.#submitter, all) as DistributedExecutorOptions,
    )
  }

  /** Returns the number of calls in the queue, and its workers. @throws ConnectionError if Redis cannot be reached */
  async status(): Promise<QueueStatus> {
    return await this.#submitter.status()
  }

  /**
   * Cancels the call of `fn` with this key for every program that waits for it: their Futures fail with a
   * `CancelledError`. Returns whether there was one.
   *
   * @throws TypeError or RangeError for an invalid key; BrokenExecutor if Redis cannot be reached
   *
   * @example
   * ```ts no-run
   * import { DistributedExecutor } from 'spindle/distributed'
   *
   * export function charge(order: string): string {
   *   return `charged ${order}`
   * }
   *
   * const executor = new DistributedExecutor()
   * console.log(await executor.cancel(charge, 'order-17'))
   * ```
   */
  async cancel(fn: AnyFunction, key: string): Promise<boolean> {
    checkedCallOptions({ key })
    return await this.#submitter.cancelKey(fn, key)
  }

  /** No-op for a view. @internal */
  override shutdown(options?: Parameters<Executor['shutdown']>[0]): void {
    if (this.#view === undefined) super.shutdown(options)
  }

  /** @internal */
  override terminate(): void {
    if (this.#view === undefined) super.terminate()
  }

  /** @internal */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.#view === undefined) await super[Symbol.asyncDispose]()
  }
}

/** The link from a view to its executor. It keeps the executor from being collected. */
class View {
  readonly owner: DistributedExecutor
  readonly submitter: Submitter
  readonly options: DistributedCallOptions

  constructor(owner: DistributedExecutor, submitter: Submitter, options: DistributedCallOptions) {
    this.owner = owner
    this.submitter = submitter
    this.options = options
  }
}

const NAMES = ['url', 'queue', 'resultTtl', 'payloadLimit', 'connectTimeout', 'codec']

function checkedOptions(options: DistributedExecutorOptions): SubmitterOptions {
  checkOptions('DistributedExecutor', options, NAMES)
  const { resultTtl = 3_600_000, payloadLimit = 1024 * 1024, connectTimeout = 10_000, codec = 'devalue' } = options
  checkInteger('resultTtl', resultTtl, 1000)
  checkInteger('payloadLimit', payloadLimit, 1)
  checkInteger('connectTimeout', connectTimeout, 1)
  if (codec !== 'devalue' && codec !== 'v8') throw new RangeError(`codec must be 'devalue' or 'v8', got ${repr(codec)}`)
  return {
    url: checkedUrl(options.url),
    queue: checkedQueue(options.queue),
    resultTtl,
    payloadLimit,
    connectTimeout,
    codec,
  }
}

/** @throws TypeError if it is not the URL of a Redis server */
export function checkedUrl(given: string | undefined): string {
  const url = given ?? process.env['SPINDLE_REDIS_URL'] ?? process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
  // What is printed here may have a password in it, also where it can't be parsed.
  if (typeof url !== 'string' || !/^rediss?:\/\//.test(url))
    throw new TypeError(
      `url must begin with redis:// or rediss://, got ${repr(typeof url === 'string' ? serverOf(url) : url)}`,
    )
  if (!URL.canParse(url))
    throw new TypeError('url is not a valid URL: in a password, percent-encode what is not a letter or digit')
  return url
}

/** @throws TypeError or RangeError if this is not a valid name for a queue */
export function checkedQueue(queue: string | undefined): string {
  const name = queue ?? 'spindle'
  if (typeof name !== 'string') throw new TypeError(`queue must be a string, got ${repr(name)}`)
  if (name === '' || name.includes(':')) throw new RangeError(`queue must be a name without ':', got ${repr(name)}`)
  return name
}

import { checkOptions, repr } from '@spindle/loop/internal'
import { Executor } from '@spindle/thread'
import { type CallOptions, checkedCallOptions, checkInteger } from './call-options.ts'
import type { Codec } from './codec.ts'
import type { QueueStatus } from './protocol.ts'
import { Submitter, type SubmitterOptions } from './submitting/submitter.ts'

/** How a DistributedExecutor reaches its workers. */
export interface DistributedExecutorOptions {
  /** Where Redis is; `rediss://` for TLS. @default SPINDLE_REDIS_URL, REDIS_URL, or redis://127.0.0.1:6379 */
  readonly url?: string | undefined
  /** The name of the queue, as the workers have it. @default 'spindle' */
  readonly queue?: string | undefined
  /** How many ms results and errors are kept. @default 3_600_000 */
  readonly resultTtl?: number | undefined
  /** How many bytes the args of a call, and its result, may take. @default 1_048_576 */
  readonly payloadLimit?: number | undefined
  /** After how many ms without an answer of Redis open calls fail with ConnectionError. @default 10_000 */
  readonly connectTimeout?: number | undefined
  /** How values are written. @default 'devalue' */
  readonly codec?: Codec | undefined
}

/**
 * Runs calls on workers (`spindle-worker`), on this machine or others, through BullMQ on Redis. Its Futures block, are
 * awaited and
 * `yield*`ed as those of thread pools are, and a coroutine is cancelled where it runs, with its `finally`. A call runs
 * at least once;
 * its Future ends exactly once. The program does not end before its calls. Dask: `Client`; Celery: `app`.
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
export class DistributedExecutor extends Executor {
  /** For the compiler, which would take any other executor for one of these. */
  declare protected readonly runsOn: 'machines'

  readonly #submitter: Submitter
  readonly #options: CallOptions
  readonly #view: View | undefined // what this is, if `with` made it

  /**
   * Connects when the first call is made.
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
   * The same executor, with options for the calls that are made through it. It is shut down with the one it was made
   * from, not by itself.
   *
   * @throws TypeError or RangeError for what is no option, or no value of it
   */
  override with(options: CallOptions): DistributedExecutor {
    const all = { ...this.#options, ...checkedCallOptions(options) }
    return new DistributedExecutor(
      new View(this.#view?.owner ?? this, this.#submitter, all) as DistributedExecutorOptions,
    )
  }

  /** What the queue holds, and its workers. @throws ConnectionError if Redis is not there */
  async status(): Promise<QueueStatus> {
    return await this.#submitter.status()
  }

  /** Does nothing to a view. @internal */
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

/** What makes an executor a view of another one; it holds that, so that it is not collected. */
class View {
  readonly owner: DistributedExecutor
  readonly submitter: Submitter
  readonly options: CallOptions

  constructor(owner: DistributedExecutor, submitter: Submitter, options: CallOptions) {
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
  if (typeof url !== 'string' || !URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol))
    throw new TypeError(`url must begin with redis:// or rediss://, got ${repr(url)}`)
  return url
}

/** @throws TypeError or RangeError if no queue can have this name */
export function checkedQueue(queue: string | undefined): string {
  const name = queue ?? 'spindle'
  if (typeof name !== 'string') throw new TypeError(`queue must be a string, got ${repr(name)}`)
  if (name === '' || name.includes(':')) throw new RangeError(`queue must be a name without ':', got ${repr(name)}`)
  return name
}

import { checkOptions } from 'spindle/internal'
import { type AnyFunction, Executor } from 'spindle/thread'
import { checkInteger, checkKey, type DistributedCallOptions } from '../calls/call-options.ts'
import { type QueueStatus, RESULT_TTL } from '../calls/protocol.ts'
import { CONNECTION_NAMES, type ConnectionOptions, checkedConnection } from '../redis/connection-options.ts'
import { Submitter, type SubmitterOptions } from './submitter.ts'

/** Options of a DistributedExecutor. */
export interface DistributedExecutorOptions extends ConnectionOptions {
  /** How long results and errors are kept, in ms. @default 3_600_000 */
  readonly resultTtl?: number | undefined
  /** The maximum size of the args of a call, and of its result, in bytes. @default 1_048_576 */
  readonly payloadLimit?: number | undefined
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
  /** @internal */
  static readonly className: string = 'DistributedExecutor'

  /** For the compiler, which would otherwise accept any executor in its place. */
  declare protected readonly runsOn: 'machines'

  readonly #submitter: Submitter

  /**
   * Creates an executor. It connects when the first call is made.
   * @throws TypeError or RangeError for an unknown option, or a wrong value
   */
  constructor(options: DistributedExecutorOptions = {}) {
    const submitter = new Submitter(checkedOptions(options))
    super(submitter)
    this.#submitter = submitter
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
    checkKey(key)
    return await this.#submitter.cancelKey(fn, key)
  }
}

function checkedOptions(options: DistributedExecutorOptions): SubmitterOptions {
  checkOptions('DistributedExecutor', options, [...CONNECTION_NAMES, 'resultTtl', 'payloadLimit'])
  const { resultTtl = RESULT_TTL, payloadLimit = 1024 * 1024 } = options
  checkInteger('resultTtl', resultTtl, 1000)
  checkInteger('payloadLimit', payloadLimit, 1)
  return { ...checkedConnection(options), resultTtl, payloadLimit }
}

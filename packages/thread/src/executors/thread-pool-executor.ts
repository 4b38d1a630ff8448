import { availableParallelism } from 'node:os'
import { inspect } from 'node:util'
import type { MessagePort } from 'node:worker_threads'
import { checkOptions, repr } from '@spindle/loop/internal'
import { BrokenThreadPool } from '../errors.ts'
import { wake } from '../shared-memory/wake.ts'
import { wakeCell as ownerWakeCell } from '../shared-memory/wakeup.ts'
import { Thread } from '../threads/thread.ts'
import {
  checkedLimits,
  checkedWorkerOptions,
  type ResourceLimits,
  WORKER_OPTIONS,
  type WorkerOptions,
} from '../threads/worker-options.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import type { PoolCallOptions } from './call-options.ts'
import { CallsAhead } from './calls-ahead.ts'
import { Executor } from './executor.ts'
import {
  checkedPoolOptions,
  checkedSetup,
  checkedWorkers,
  POOL_LIMITS,
  type PoolLimits,
  type WorkerSetup,
} from './pool-options.ts'
import { type PoolThreadOptions, runPoolThread } from './pool-thread.ts'
import type { Death, SharedWithWorker, WorkerFactory, WorkerHandle } from './pool-worker.ts'
import { WorkerPool } from './worker-pool.ts'

/** How a ThreadPoolExecutor works. */
export interface ThreadPoolExecutorOptions<I extends AnyFunction = () => void> extends PoolLimits<I>, WorkerOptions {
  /** How the threads are named: this, an underscore and their number. @default 'ThreadPoolExecutor-0', counting up */
  readonly threadNamePrefix?: string | undefined
  /** How many threads there are at least: they start at once, and are not ended when idle. @default 0 */
  readonly minThreads?: number | undefined
  /** How much memory each thread may use; see `ThreadOptions`. An addition. @default as the main thread */
  readonly resourceLimits?: ResourceLimits | undefined
}

/**
 * Runs calls on threads, at most `maxWorkers` at once. A thread is started when a call finds none idle. The program
 * does not end before its calls; idle threads do not keep it. Python: `concurrent.futures.ThreadPoolExecutor`.
 *
 * @example
 * ```ts no-run
 * import { isMain, ThreadPoolExecutor } from 'spindle/thread'
 *
 * export function square(n: number): number {
 *   return n * n
 * }
 *
 * if (isMain(import.meta)) {
 *   const executor = new ThreadPoolExecutor(4)
 *   console.log(executor.submit(square, 6).result(), [...executor.map(square, [1, 2, 3])])
 *   executor.shutdown()
 * }
 * ```
 */
export class ThreadPoolExecutor<I extends AnyFunction = () => void> extends Executor<PoolCallOptions> {
  /** For the compiler, which would take any other executor for one of these. */
  declare protected readonly runsOn: 'thread'

  /**
   * @param maxWorkers how many threads at most; 4 more than there are processors if left out, but no more than 32
   * @throws RangeError if it is below 1; TypeError if other threads could not find the initializer
   */
  constructor(maxWorkers?: number, options: ThreadPoolExecutorOptions<I> = {}) {
    checkOptions('ThreadPoolExecutor', options, OPTIONS)
    const workers = checkedWorkers(maxWorkers, Math.min(32, availableParallelism() + 4))
    super(
      new WorkerPool(
        new ThreadFactory(options as ThreadPoolExecutorOptions<AnyFunction>),
        checkedPoolOptions(options, workers, options.minThreads),
      ),
    )
  }
}

const OPTIONS = ['threadNamePrefix', ...POOL_LIMITS, 'minThreads', 'resourceLimits', ...WORKER_OPTIONS]

let pools = 0

class ThreadFactory implements WorkerFactory {
  readonly kind = 'thread'
  readonly BrokenPool: typeof BrokenThreadPool = BrokenThreadPool
  readonly ahead: CallsAhead = new CallsAhead()
  readonly #prefix: string
  readonly #setup: WorkerSetup
  readonly #resourceLimits: ResourceLimits | undefined
  readonly #workerOptions: WorkerOptions

  constructor(options: ThreadPoolExecutorOptions<AnyFunction>) {
    const { threadNamePrefix } = options
    this.#setup = checkedSetup(options)
    if (threadNamePrefix !== undefined && typeof threadNamePrefix !== 'string')
      throw new TypeError(`threadNamePrefix must be a string, got ${repr(threadNamePrefix)}`)
    this.#prefix = threadNamePrefix || `ThreadPoolExecutor-${pools++}`
    this.#resourceLimits = checkedLimits(options.resourceLimits)
    this.#workerOptions = checkedWorkerOptions(options)
  }

  start(number: number, port: MessagePort, shared: SharedWithWorker, callsAtOnce: number): WorkerHandle {
    const wakeCell = new Int32Array(new SharedArrayBuffer(4))
    const { turn } = this.ahead
    const options: PoolThreadOptions = { port, wakeCell, ownerWakeCell, shared, turn, callsAtOnce, ...this.#setup }
    const thread = new Thread({
      target: runPoolThread,
      args: [options],
      name: `${this.#prefix}_${number}`,
      daemon: false,
      resourceLimits: this.#resourceLimits,
      ...this.#workerOptions,
    })
    thread.startInternal('initArgs')
    return new ThreadHandle(thread, wakeCell, this.#resourceLimits)
  }
}

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY'

class ThreadHandle implements WorkerHandle {
  readonly #thread: Thread<typeof runPoolThread>
  readonly #wakeCell: Int32Array
  readonly #resourceLimits: ResourceLimits | undefined

  constructor(thread: Thread<typeof runPoolThread>, wakeCell: Int32Array, resourceLimits: ResourceLimits | undefined) {
    this.#thread = thread
    this.#wakeCell = wakeCell
    this.#resourceLimits = resourceLimits
  }

  wake(): void {
    wake(this.#wakeCell)
  }

  onceGone(callback: (why: Death) => void): void {
    this.#thread.onceEnded((cause) => {
      const isOut = (cause as NodeJS.ErrnoException | undefined)?.code === OUT_OF_MEMORY
      if (isOut) callback({ how: 'it was out of memory', cause })
      else callback(cause === undefined ? this.likelyDeath : (this.#refusal() ?? { how: String(cause), cause }))
    })
  }

  // Node reports the reason when this thread no longer blocks. A thread that runs its handlers of 'exit' reports it.
  get likelyDeath(): Death {
    const refusal = this.#refusal()
    if (refusal !== undefined) return refusal
    const limits = this.#resourceLimits === undefined ? '' : `, its limits were ${inspect(this.#resourceLimits)}`
    const cause = new Error(
      `the thread ended without running its exit handlers, as it does when it is out of memory${limits}`,
    )
    return { how: 'it was out of memory, most likely', cause: Object.assign(cause, { code: OUT_OF_MEMORY }) }
  }

  onOutput(callback: (stream: 'stdout' | 'stderr', text: string) => void): void {
    this.#thread.onOutput(callback)
  }

  kill(): void {
    this.#thread.kill()
  }

  join(): void {
    this.#thread.join()
  }

  /** Returns the error that kept it from starting, if there was one. */
  #refusal(): Death | undefined {
    const { refusal } = this.#thread
    return refusal && { how: refusal.message, cause: refusal.cause }
  }
}

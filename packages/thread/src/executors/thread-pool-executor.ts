import { availableParallelism } from 'node:os'
import { inspect } from 'node:util'
import type { MessagePort } from 'node:worker_threads'
import { repr } from '@spindle/loop/internal'
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
import { Executor } from './executor.ts'
import { checkedPoolOptions, checkedSetup, checkedWorkers, POOL_LIMITS, type PoolLimits } from './pool-options.ts'
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
 * Also called: worker pool, worker threads.
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
  /** @internal */
  static readonly className: string = 'ThreadPoolExecutor'

  /** For the compiler, which would take any other executor for one of these. */
  declare protected readonly runsOn: 'thread'

  /**
   * @param maxWorkers how many threads at most; 4 more than there are processors if left out, but no more than 32
   * @throws RangeError if it is below 1; TypeError if other threads could not find the initializer
   */
  constructor(
    maxWorkers: number = Math.min(32, availableParallelism() + 4),
    options: ThreadPoolExecutorOptions<I> = {},
  ) {
    const workers = checkedWorkers('ThreadPoolExecutor', maxWorkers, options, OPTIONS)
    const factory = threadFactory(options as ThreadPoolExecutorOptions<AnyFunction>)
    super(new WorkerPool(factory, checkedPoolOptions(options, workers, options.minThreads)))
  }
}

const OPTIONS = ['threadNamePrefix', ...POOL_LIMITS, 'minThreads', 'resourceLimits', ...WORKER_OPTIONS]

let pools = 0

function threadFactory(options: ThreadPoolExecutorOptions<AnyFunction>): WorkerFactory {
  const { threadNamePrefix } = options
  const setup = checkedSetup(options)
  if (threadNamePrefix !== undefined && typeof threadNamePrefix !== 'string')
    throw new TypeError(`threadNamePrefix must be a string, got ${repr(threadNamePrefix)}`)
  const prefix = threadNamePrefix || `ThreadPoolExecutor-${pools++}`
  const resourceLimits = checkedLimits(options.resourceLimits)
  const workerOptions = checkedWorkerOptions(options)
  const start = (number: number, port: MessagePort, shared: SharedWithWorker): WorkerHandle => {
    const wakeCell = new Int32Array(new SharedArrayBuffer(4))
    const args: [PoolThreadOptions] = [{ port, wakeCell, ownerWakeCell, shared, ...setup }]
    const name = `${prefix}_${number}`
    const thread = new Thread({ target: runPoolThread, args, name, daemon: false, resourceLimits, ...workerOptions })
    thread.startInternal('initArgs')
    return {
      wake: () => wake(wakeCell),
      kill: () => thread.kill(),
      join: () => thread.join(),
      onceGone: (callback) => thread.onceEnded((cause) => callback(deathOf(thread, resourceLimits, cause))),
      likelyDeath: () => deathOf(thread, resourceLimits, undefined),
      onOutput: (callback) => thread.onOutput(callback),
    }
  }
  return { kind: 'thread', BrokenPool: BrokenThreadPool, start }
}

/** @param cause reported by Node when this thread does not block */
function deathOf({ refusal }: PoolThread, limits: ResourceLimits | undefined, cause: unknown): Death {
  if ((cause as NodeJS.ErrnoException | undefined)?.code === OUT_OF_MEMORY)
    return { how: 'it was out of memory', cause }
  if (refusal !== undefined) return { how: refusal.message, cause: refusal.cause }
  if (cause !== undefined) return { how: String(cause), cause }
  // A thread that runs its handlers of 'exit' reports its end.
  const what = 'the thread ended without running its exit handlers, as it does when it is out of memory'
  const error = new Error(limits === undefined ? what : `${what}, its limits were ${inspect(limits)}`)
  return { how: 'it was out of memory, most likely', cause: Object.assign(error, { code: OUT_OF_MEMORY }) }
}

type PoolThread = Thread<typeof runPoolThread>
const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY'

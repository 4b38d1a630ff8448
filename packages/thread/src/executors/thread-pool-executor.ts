import { availableParallelism } from 'node:os'
import type { MessagePort } from 'node:worker_threads'
import { BrokenThreadPool } from '../errors.ts'
import { checkedTimeout } from '../shared-memory/block.ts'
import { bell as ownersBell, ring } from '../shared-memory/wakeup.ts'
import { checkedLimits, type ResourceLimits } from '../threads/resource-limits.ts'
import { type SentFor, Thread } from '../threads/thread.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import { Executor } from './executor.ts'
import { checkedInitializer, checkedWorkers, checkOptions } from './pool-arguments.ts'
import { type PoolThreadOptions, runPoolThread } from './pool-thread.ts'
import { type Crew, type Hand, WorkerPool } from './worker-pool.ts'

/** How a ThreadPoolExecutor works. */
export interface ThreadPoolExecutorOptions<I extends AnyFunction = () => void> {
  /** How the threads are named: this, an underscore and their number. @default 'ThreadPoolExecutor-0', counting up */
  readonly threadNamePrefix?: string | undefined
  /** Called on each thread before its first call: an exported function. If it throws, the pool can't be used any more. */
  readonly initializer?: I | undefined
  /** What `initializer` is called with. @default [] */
  readonly initArgs?: SentFor<Parameters<I>> | undefined
  /**
   * How many ms after it was asked to stop a call is ended together with its thread, if it runs still; it fails with
   * BrokenThreadPool, and another thread takes the place. An addition.
   * @default never
   */
  readonly graceTime?: number | undefined
  /** How much memory each thread may use; see `ThreadOptions`. An addition. @default no less than the main thread may */
  readonly resourceLimits?: ResourceLimits | undefined
}

/**
 * Runs calls on threads, at most `maxWorkers` at once. A thread is started when a call finds none idle. The program does not end
 * before its calls; idle threads do not keep it. Python: `concurrent.futures.ThreadPoolExecutor`.
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
export class ThreadPoolExecutor<I extends AnyFunction = () => void> extends Executor {
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
      new WorkerPool(new ThreadCrew(options as ThreadPoolExecutorOptions<AnyFunction>), {
        maxWorkers: workers,
        maxTasksPerChild: Number.POSITIVE_INFINITY,
        graceTime: checkedTimeout(options.graceTime),
      }),
    )
  }
}

const OPTIONS = ['threadNamePrefix', 'initializer', 'initArgs', 'graceTime', 'resourceLimits']

let pools = 0

class ThreadCrew implements Crew {
  readonly kind = 'thread'
  readonly BrokenPool: typeof BrokenThreadPool = BrokenThreadPool
  readonly #prefix: string
  readonly #initializer: AnyFunction | undefined
  readonly #initArgs: readonly unknown[]
  readonly #resourceLimits: ResourceLimits | undefined

  constructor(options: ThreadPoolExecutorOptions<AnyFunction>) {
    const { threadNamePrefix, initializer, initArgs = [] } = options
    checkedInitializer(initializer, initArgs)
    this.#prefix = threadNamePrefix || `ThreadPoolExecutor-${pools++}`
    this.#initializer = initializer
    this.#initArgs = initArgs
    this.#resourceLimits = checkedLimits(options.resourceLimits)
  }

  start(number: number, port: MessagePort): Hand {
    const options: PoolThreadOptions = {
      port,
      bell: new Int32Array(new SharedArrayBuffer(4)),
      ownersBell,
      stopped: new Int32Array(new SharedArrayBuffer(4)),
      begun: new Int32Array(new SharedArrayBuffer(4)),
      initializer: this.#initializer && toReference(this.#initializer),
      initArgs: this.#initArgs,
    }
    const thread = new Thread({
      target: runPoolThread,
      args: [options],
      name: `${this.#prefix}_${number}`,
      daemon: false,
      resourceLimits: this.#resourceLimits,
    })
    thread.startForUs('initArgs')
    return new ThreadHand(thread, options)
  }
}

class ThreadHand implements Hand {
  readonly #thread: Thread<typeof runPoolThread>
  readonly #options: PoolThreadOptions

  constructor(thread: Thread<typeof runPoolThread>, options: PoolThreadOptions) {
    this.#thread = thread
    this.#options = options
  }

  ring(): void {
    ring(this.#options.bell)
  }

  requestStop(id: number): void {
    Atomics.store(this.#options.stopped, 0, id)
  }

  hasBegun(id: number): boolean {
    return Atomics.load(this.#options.begun, 0) === id
  }

  kill(): void {
    this.#thread.kill()
  }

  join(): void {
    this.#thread.join()
  }

  abandon(): void {} // threads end with their process
}

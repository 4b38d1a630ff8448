import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { checkOptions, repr } from '@spindle/loop/internal'
import { BrokenProcessPool } from '../errors.ts'
import { isGone } from '../shared-memory/block.ts'
import { wakeCell as ownerWakeCell } from '../shared-memory/wakeup.ts'
import { type SentFor, Thread } from '../threads/thread.ts'
import { checkedEnvironment, checkedFolder, type Environment } from '../threads/worker-options.ts'
import { type AnyFunction, toReference } from '../transport/function-reference.ts'
import type { PoolCallOptions } from './call-options.ts'
import { Executor } from './executor.ts'
import { MessageLog } from './message-log.ts'
import {
  checkedInitializer,
  checkedPoolOptions,
  checkedWorkers,
  checkForProcesses,
  POOL_LIMITS,
} from './pool-arguments.ts'
import type { PoolLimits } from './pool-options.ts'
import type { Death, WorkerFactory, WorkerHandle } from './pool-worker.ts'
import { runProcessManager, type ToManager } from './process-manager.ts'
import { WorkerPool } from './worker-pool.ts'

/** How a ProcessPoolExecutor works. */
export interface ProcessPoolExecutorOptions<I extends AnyFunction = () => void> extends PoolLimits {
  /**
   * Called in each process before its first call: an exported function. If it throws, the pool can't be used any more.
   */
  readonly initializer?: I | undefined
  /** The arguments of `initializer`. @default [] */
  readonly initArgs?: SentFor<Parameters<I>> | undefined
  /**
   * Options of Node for the processes, in addition to those of this one: `['--max-old-space-size=512']`. An addition.
   * @default []
   */
  readonly execArgv?: readonly string[] | undefined
  /**
   * The `process.env` of the processes, in place of that of this one: `{ ...process.env, MODE: 'batch' }`. An addition.
   * @default inherited
   */
  readonly env?: Environment | undefined
  /** Working directory of the processes. An addition. @default the one of this process */
  readonly cwd?: string | undefined
}

/**
 * Runs calls in processes, at most `maxWorkers` at once: each has its own pid, its own memory, and can die alone. A
 * process is started when a call finds none idle. Arguments and results are cloned; Events and other shared objects
 * can't cross. Python: `concurrent.futures.ProcessPoolExecutor`.
 *
 * @example
 * ```ts no-run
 * import { isMain, ProcessPoolExecutor } from 'spindle/thread'
 *
 * export function pid(): number {
 *   return process.pid
 * }
 *
 * if (isMain(import.meta)) {
 *   const executor = new ProcessPoolExecutor(2)
 *   console.log(executor.submit(pid).result() !== process.pid)
 *   executor.shutdown()
 * }
 * ```
 */
export class ProcessPoolExecutor<I extends AnyFunction = () => void> extends Executor<PoolCallOptions> {
  /**
   * @param maxWorkers how many processes at most; as many as there are processors if left out
   * @throws RangeError if it is below 1; TypeError if other processes could not find the initializer
   */
  constructor(maxWorkers?: number, options: ProcessPoolExecutorOptions<I> = {}) {
    checkOptions('ProcessPoolExecutor', options, OPTIONS)
    const workers = checkedWorkers(maxWorkers, availableParallelism())
    super(
      new WorkerPool(
        new ProcessFactory(options as ProcessPoolExecutorOptions<AnyFunction>),
        checkedPoolOptions(options, workers),
      ),
    )
  }

  /**
   * Accepts no more calls, cancels calls that have not begun, and sends SIGTERM to the processes: it ends them unless a
   * function handles it. Running calls fail with BrokenProcessPool. Does not wait. Python:
   * `ProcessPoolExecutor.terminate_workers`.
   */
  terminateWorkers(): void {
    this.endWorkers('SIGTERM')
  }

  /** The same with SIGKILL, which no function can handle. Python: `ProcessPoolExecutor.kill_workers`. */
  killWorkers(): void {
    this.endWorkers('SIGKILL')
  }
}

const OPTIONS = ['initializer', 'initArgs', ...POOL_LIMITS, 'execArgv', 'env', 'cwd']

function checkedExecArgv(execArgv: readonly string[]): readonly string[] {
  if (Array.isArray(execArgv) && execArgv.every((option) => typeof option === 'string')) return execArgv
  throw new TypeError(`execArgv must be an array of strings, got ${repr(execArgv)}`)
}

/** Without the manager, which gets no turn any more when this process ends. */
function killNow(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL')
  } catch {
    // it has just ended
  }
}

const KILLED: Death = { how: 'it was killed' }

class ProcessFactory implements WorkerFactory {
  readonly kind = 'process'
  readonly BrokenPool: typeof BrokenProcessPool = BrokenProcessPool
  readonly #initializer: AnyFunction | undefined
  readonly #initArgs: readonly unknown[]
  readonly #execArgv: readonly string[]
  readonly #env: Environment | undefined
  readonly #cwd: string | undefined
  readonly #isHandled: boolean
  #manager: MessagePort | undefined // the port to it, from the first process on

  constructor(options: ProcessPoolExecutorOptions<AnyFunction>) {
    const { initializer, initArgs = [], execArgv = [], exceptionHandler } = options
    checkedInitializer(initializer, initArgs)
    this.#isHandled = exceptionHandler !== undefined
    this.#initializer = initializer
    this.#initArgs = initArgs
    this.#execArgv = checkedExecArgv(execArgv)
    this.#env = checkedEnvironment(options.env)
    this.#cwd = checkedFolder(options.cwd)
  }

  start(number: number, port: MessagePort, slots: number): WorkerHandle {
    // The calls of the processes of one that has died have failed: see `onceGone`.
    if (this.#manager === undefined || isGone(this.#manager)) this.#manager = this.#startManager()
    const manager = this.#manager
    const tell = (message: ToManager, transfer: MessagePort[] = []): void => manager.postMessage(message, transfer)
    const pid = new Int32Array(new SharedArrayBuffer(4))
    const claims = new Int32Array(new SharedArrayBuffer(4 * slots))
    const incoming = new MessageLog()
    tell({ kind: 'start', number, port, pid, claims, outgoing: incoming.cells }, [port])
    return {
      wake() {},
      requestStop() {},
      claims,
      incoming,
      outgoing: new MessageLog(), // what is sent to a process can be read by the manager
      kill: (signal = 'SIGKILL') => tell({ kind: 'kill', number, signal }),
      join() {},
      onceGone: (callback) => callback(KILLED), // the manager reports the rest
      likelyDeath: KILLED,
      abandon: () => killNow(Atomics.load(pid, 0)),
    }
  }

  close(): void {
    this.#manager?.postMessage({ kind: 'end' } satisfies ToManager)
    this.#manager = undefined
  }

  #startManager(): MessagePort {
    checkForProcesses(this.#initArgs)
    const { port1: near, port2: port } = new MessageChannel()
    const initializer = this.#initializer && toReference(this.#initializer)
    const thread = new Thread({
      target: runProcessManager,
      args: [
        {
          port,
          ownerWakeCell,
          initializer,
          initArgs: this.#initArgs,
          execArgv: this.#execArgv,
          env: this.#env,
          cwd: this.#cwd,
          isHandled: this.#isHandled,
        },
      ],
      name: 'ProcessPoolExecutor-manager',
      daemon: true,
    })
    thread.startInternal('initArgs')
    return near
  }
}

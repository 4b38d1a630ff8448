import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { repr } from '@spindle/loop/internal'
import { BrokenProcessPool } from '../errors.ts'
import { isGone } from '../shared-memory/block.ts'
import { wakeCell as ownerWakeCell } from '../shared-memory/wakeup.ts'
import { Thread } from '../threads/thread.ts'
import { checkedEnvironment, checkedFolder, type Environment } from '../threads/worker-options.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import { packAndSend, serialized } from '../transport/serialize.ts'
import type { PoolCallOptions } from './call-options.ts'
import { Executor } from './executor.ts'
import { checkedPoolOptions, checkedSetup, checkedWorkers, POOL_LIMITS, type PoolLimits } from './pool-options.ts'
import type { Death, SharedWithWorker, WorkerFactory, WorkerHandle } from './pool-worker.ts'
import { type ProcessManagerOptions, runProcessManager, type ToManager } from './process-manager.ts'
import { WorkerPool } from './worker-pool.ts'

/** How a ProcessPoolExecutor works. */
export interface ProcessPoolExecutorOptions<I extends AnyFunction = () => void> extends PoolLimits<I> {
  /**
   * Options of Node in addition to the options of this process: `['--max-old-space-size=512']`. An addition.
   * @default []
   */
  readonly execArgv?: readonly string[] | undefined
  /**
   * The `process.env` of the processes: `{ ...process.env, MODE: 'batch' }`. An addition.
   * @default inherited
   */
  readonly env?: Environment | undefined
  /** Working directory of the processes. An addition. @default that of this process */
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
  /** @internal */
  static readonly className: string = 'ProcessPoolExecutor'

  /**
   * @param maxWorkers how many processes at most; as many as there are processors if left out
   * @throws RangeError if it is below 1; TypeError if other processes could not find the initializer
   */
  constructor(maxWorkers: number = availableParallelism(), options: ProcessPoolExecutorOptions<I> = {}) {
    const workers = checkedWorkers('ProcessPoolExecutor', maxWorkers, options, OPTIONS)
    const factory = processFactory(options as ProcessPoolExecutorOptions<AnyFunction>)
    super(new WorkerPool(factory, checkedPoolOptions(options, workers)))
  }

  /**
   * Refuses further calls, cancels calls that have not begun, and sends SIGTERM to the processes: it ends them unless
   * a function handles it. Running calls fail with BrokenProcessPool. Does not wait.
   * Python: `ProcessPoolExecutor.terminate_workers`.
   */
  terminateWorkers(): void {
    this.endWorkers('SIGTERM')
  }

  /** Ends the processes by SIGKILL, which no function can handle. Python: `ProcessPoolExecutor.kill_workers`. */
  killWorkers(): void {
    this.endWorkers('SIGKILL')
  }
}

const OPTIONS = [...POOL_LIMITS, 'execArgv', 'env', 'cwd']

function checkedExecArgv(execArgv: readonly string[]): readonly string[] {
  if (Array.isArray(execArgv) && execArgv.every((option) => typeof option === 'string')) return execArgv
  throw new TypeError(`execArgv must be an array of strings, got ${repr(execArgv)}`)
}

/** Kills a process without the manager, which gets no turn when this process ends. */
function killNow(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

const KILLED: Death = { how: 'it was killed' }

function processFactory(given: ProcessPoolExecutorOptions<AnyFunction>): WorkerFactory {
  const execArgv = checkedExecArgv(given.execArgv ?? [])
  const [env, cwd] = [checkedEnvironment(given.env), checkedFolder(given.cwd)]
  const options = { ownerWakeCell, setup: checkedSetup(given), execArgv, env, cwd }
  let manager: MessagePort | undefined // the port to it, from the first process on

  const startManager = (): MessagePort => {
    // A process receives less than the thread of the manager.
    packAndSend(options.setup.initArgs, "initArgs can't be sent to another process", serialized)
    const { port1: near, port2: port } = new MessageChannel()
    const args: [ProcessManagerOptions] = [{ port, ...options }]
    const name = 'ProcessPoolExecutor-manager'
    new Thread({ target: runProcessManager, args, name, daemon: true }).startInternal('initArgs')
    return near
  }

  const start = (number: number, port: MessagePort, shared: SharedWithWorker): WorkerHandle => {
    // When a manager dies, the calls of its processes fail; see `onceGone`.
    if (manager === undefined || isGone(manager)) manager = startManager()
    const own = manager
    const tell = (message: ToManager, transfer: MessagePort[] = []): void => own.postMessage(message, transfer)
    const pid = new Int32Array(new SharedArrayBuffer(4))
    tell({ kind: 'start', number, port, pid, shared }, [port])
    return {
      kill: (signal = 'SIGKILL') => tell({ kind: 'kill', number, signal }),
      onceGone: (callback) => {
        // The manager reports the end of a process. So it has died, though its own port may not look closed yet.
        if (manager === own) manager = undefined
        callback(KILLED)
      },
      likelyDeath: () => KILLED,
      abandon: () => killNow(Atomics.load(pid, 0)),
    }
  }

  const close = (): void => {
    manager?.postMessage({ kind: 'end' } satisfies ToManager)
    manager = undefined
  }
  return { kind: 'process', BrokenPool: BrokenProcessPool, start, close }
}

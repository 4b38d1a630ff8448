import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  threadId,
  type Worker,
} from 'node:worker_threads'
import { type EventLoop, RuntimeError } from '@spindle/loop'
import { checkOptions, className } from '@spindle/loop/internal'
import type { LoopHandle } from '../loops/loop-handle.ts'
import { blockWhile, isClosed } from '../shared-memory/block.ts'
import { printAsText } from '../shared-memory/identity.ts'
import { checkedTimeout, type TimeoutOptions, timeoutOf } from '../shared-memory/timeouts.ts'
import { type AnyFunction, type FunctionReference, toReference } from '../transport/function-reference.ts'
import { isLoadingModule } from '../transport/import-module.ts'
import { isError } from '../transport/is-error.ts'
import { discard, pack, registerCodec, type Transferable, unpack } from '../transport/serialize.ts'
import { isTestRun } from '../transport/test-run.ts'
import { type Refusal, type StartMessage, startWorker } from './start-worker.ts'
import { printException, thisThread } from './this-thread.ts'
import { INITIAL, STARTED, STARTING, STATE, STOPPED, ThreadState } from './thread-state.ts'
import {
  checkedLimits,
  checkedWorkerOptions,
  type ResourceLimits,
  WORKER_OPTIONS,
  type WorkerOptions,
} from './worker-options.ts'

// Makes a Thread for a thread that was started elsewhere. The class sets it.
let createForeignThread: (kind: string, name: string, ident: number) => Thread

/** The options of a Thread. */
export type ThreadOptions<F extends AnyFunction> = WorkerOptions & {
  /** An exported function of a module: plain, `async` or a coroutine function, which runs on a loop there. */
  readonly target: F
  /** The name of the thread. @default 'Thread-1 (spin)', counting up */
  readonly name?: string | undefined
  /**
   * Whether the program may end while this thread still runs.
   * @default that of the thread which makes it; main's is false
   */
  readonly daemon?: boolean | undefined
  /** How much memory it may use before it is ended. An addition. @default as much as the main thread */
  readonly resourceLimits?: ResourceLimits | undefined
} & ([] extends Parameters<F>
    ? { readonly args?: SentFor<Parameters<F>> | undefined }
    : { readonly args: SentFor<Parameters<F>> })

/** The arguments of `target`: clones, but shared objects are the same on both sides, and a loop arrives as a handle. */
export type SentFor<P extends readonly unknown[]> = Extract<
  { readonly [K in keyof P]: P[K] extends LoopHandle ? LoopHandle | EventLoop : P[K] },
  readonly unknown[] // for older compilers
>

/**
 * Runs a function on a new thread: a worker that imports the function's module and calls it there. Its output appears
 * at once, even while other threads block. An exception ends the thread and is printed; it does not reach the thread
 * that joins it. A thread can't be cancelled from outside: pass it an Event to check.
 * Python: `threading.Thread`.
 *
 * @example
 * ```ts no-run
 * import { isMain, Thread, threading } from 'spindle/thread'
 *
 * export function work(done: threading.Event): void {
 *   while (!done.wait({ timeout: 100 })) console.log('still working')
 * }
 *
 * function main(): void {
 *   const done = new threading.Event()
 *   const worker = new Thread({ target: work, args: [done] })
 *   worker.start()
 *   threading.sleep(1000)
 *   done.set()
 *   worker.join()
 * }
 *
 * if (isMain(import.meta)) main()
 * ```
 */
export class Thread<F extends AnyFunction = AnyFunction> {
  /** @internal */
  static readonly className: string = 'Thread'

  static {
    printAsText(Thread)
    registerCodec<Thread, ThreadRecord>(Thread, {
      name: 'Thread',
      pack: (thread) => ({ kind: thread.#kind, name: thread.name, daemon: thread.#daemon, state: thread.#state.cell }),
      unpack: ({ kind, name, daemon, state }) => {
        const thread = new Thread({ target: noTarget, name, daemon })
        thread.#kind = kind
        thread.#state = new ThreadState(state)
        return thread
      },
    })
    createForeignThread = (kind, name, ident) => {
      const thread = new Thread({ target: noTarget, name, daemon: kind === '_DummyThread' })
      thread.#kind = kind
      thread.#state.set(STARTED)
      thread.#state.ident = ident
      return thread
    }
  }

  /** For messages. A change is not visible on other threads. Python: `Thread.name`. */
  name: string

  #kind: string = className(this) // its printed class
  #daemon: boolean
  #state: ThreadState = new ThreadState()
  readonly #target: F
  readonly #reference: FunctionReference | undefined // undefined for a thread that was started elsewhere
  readonly #args: readonly unknown[]
  readonly #resourceLimits: ResourceLimits | undefined
  readonly #workerOptions: WorkerOptions
  #port: MessagePort | undefined // a Refusal comes through it; its other end closes with the worker
  #refusal: Refusal | undefined
  #worker: Worker | undefined
  #hasExited = false
  #failure: unknown // Node's error for a worker that could not report its end, such as one out of memory

  /** Makes a thread. Nothing runs before `start`. @throws TypeError if another thread could not find `target`. */
  constructor(options: ThreadOptions<F>) {
    if (typeof options === 'function')
      throw new TypeError(
        `Thread takes its function as an option, got ${inspect(options)}. Write: new Thread({ target, args })`,
      )
    checkOptions('Thread', options, ['target', 'args', 'name', 'daemon', 'resourceLimits', ...WORKER_OPTIONS])
    // A caller without types may leave the options out.
    const { target, args = [], daemon } = (options ?? {}) as ThreadOptions<AnyFunction>
    if (typeof target !== 'function')
      throw new TypeError(`target must be a function, got ${inspect(target, { depth: 0 })}`)
    if (!Array.isArray(args)) throw new TypeError(`args must be an array, got ${inspect(args, { depth: 0 })}`)
    this.#reference = target === noTarget ? undefined : toReference(target)
    this.#target = options.target
    this.#args = args
    this.#resourceLimits = checkedLimits(options.resourceLimits)
    this.#workerOptions = checkedWorkerOptions(options)
    this.#daemon = daemon ?? currentThread().daemon
    this.name =
      options.name === undefined ? `Thread-${++count}${target.name && ` (${target.name})`}` : String(options.name)
  }

  /** Node's `threadId`, 0 for the main thread; undefined before `start`. Python: `Thread.ident`. */
  get ident(): number | undefined {
    return this.#state.ident
  }

  /** The text of its standard output, if it was made with `stdio: 'pipe'` and has been started. An addition. */
  get stdout(): AsyncIterable<string> | undefined {
    return this.#read('stdout')
  }

  /** The text of its standard error output, as `stdout`. An addition. */
  get stderr(): AsyncIterable<string> | undefined {
    return this.#read('stderr')
  }

  /** Whether the program may end while this thread still runs. Python: `Thread.daemon`. */
  get daemon(): boolean {
    return this.#daemon
  }

  /** @throws RuntimeError if the thread was started. */
  set daemon(daemon: boolean) {
    if (this.#state.get() !== INITIAL) throw new RuntimeError('cannot set daemon status of active thread')
    this.#daemon = daemon
  }

  /**
   * Starts the thread. The first start of a function blocks until the new thread has imported its module and found it
   * there, some 30 to 130 ms; later ones return at once. So that import must not wait for this thread.
   * Python: `Thread.start`.
   *
   * @throws RuntimeError if it was started before, if its module fails to load, or if this thread still imports its
   * own.
   * @throws TypeError if the function is not exported, or `args` can't be cloned.
   */
  start(): void {
    const worker = this.#begin()
    if (this.#daemon) worker.unref()
    if (this.#state.get() === STARTING) this.#waitUntilFound(worker)
  }

  /**
   * Starts a thread for an internal function, which every thread can find. Its ports keep the program alive.
   * @param argsName the user's name for `args`, for an error
   * @internal
   */
  startInternal(argsName: string): void {
    found.add(this.#target)
    this.#begin(argsName).unref()
  }

  /** Calls `callback` with its output, if that is piped. @internal */
  onOutput(callback: (stream: 'stdout' | 'stderr', text: string) => void): void {
    for (const name of ['stdout', 'stderr'] as const)
      this.#read(name)?.on('data', (text: string) => callback(name, text))
  }

  /** Calls `callback` when the worker has ended, with the error if it could not report it itself. @internal */
  onceEnded(callback: (failure: unknown) => void): void {
    if (this.#worker === undefined || this.#hasExited) return callback(this.#failure)
    this.#worker.ref()
    this.#worker.once('exit', () => callback(this.#failure))
  }

  /** The reported reason why it could not begin. @internal */
  get refusal(): Refusal | undefined {
    this.#refusal ??= this.#port && (receiveMessageOnPort(this.#port)?.message as Refusal | undefined)
    return this.#refusal
  }

  /** Ends the thread at once, whatever it does. @internal */
  kill(): void {
    void this.#worker?.terminate()
    this.#state.set(STOPPED)
  }

  /**
   * Blocks until the thread has ended, for `timeout` ms at most (default: forever). Then `isAlive` tells whether it has
   * ended. Python: `Thread.join`.
   *
   * @throws RuntimeError if the thread was not started, or if it joins itself.
   */
  join(options?: TimeoutOptions): void {
    const limit = checkedTimeout(timeoutOf('Thread.join()', options))
    if (this.#state.get() === INITIAL) throw new RuntimeError('cannot join thread before it is started')
    if (this.ident === threadId) throw new RuntimeError('cannot join current thread')
    this.#blockWhile(STARTED, limit)
  }

  /** Whether the thread was started and has not ended. Python: `Thread.is_alive`. */
  isAlive(): boolean {
    this.#look()
    return this.#state.get() === STARTED
  }

  /** `<Thread(Thread-1 (spin), started daemon 3)>` */
  toString(): string {
    const status = ['initial', 'initial', 'started', 'stopped'][this.#state.get()]
    return `<${this.#kind}(${this.name}, ${[status, this.#daemon ? 'daemon' : [], this.ident ?? []].flat().join(' ')})>`
  }

  #read(name: 'stdout' | 'stderr'): Readable | undefined {
    return this.#workerOptions.stdio === 'pipe' ? this.#worker?.[name].setEncoding('utf8') : undefined
  }

  #begin(argsName?: string): Worker {
    if (this.#reference === undefined || this.#state.get() !== INITIAL)
      throw new RuntimeError('threads can only be started once')
    if (isLoadingModule()) {
      throw new RuntimeError(
        `${this} can't be started by a thread that is still importing its module: that would go on forever. ` +
          'Keep the main part of the program from running in threads: if (isMain(import.meta)) main()',
      )
    }
    this.#worker = this.#startWorker(this.#reference, argsName)
    startedHere.add(this)
    return this.#worker
  }

  #startWorker(target: FunctionReference, argsName: string | undefined): Worker {
    const { port1: near, port2: port } = new MessageChannel()
    const transfer: Transferable[] = [port]
    const message: StartMessage = {
      name: this.name,
      target,
      args: pack(this.#args, transfer),
      threads: pack([this, mainThread()], transfer),
      state: this.#state.cell,
      port,
      workerData: pack(this.#workerOptions.workerData, []),
      stdio: this.#workerOptions.stdio,
      isTestRun: isTestRun(),
    }
    this.#state.set(found.has(this.#target) ? STARTED : STARTING)
    try {
      const worker = startWorker(message, transfer, this.#resourceLimits, this.#workerOptions)
      this.#state.ident = worker.threadId
      this.#port = near
      this.#refusal = undefined
      // Only errors that the worker could not print itself. For an internal thread, its callers receive the error.
      worker.on('error', (error) => {
        if (argsName !== undefined) this.#failure = error
        else printException(error, this.name)
      })
      worker.on('exit', () => {
        startedHere.delete(this)
        this.#hasExited = true
        if (this.#port === near && this.#state.get() === STARTED) this.#state.set(STOPPED)
      })
      return worker
    } catch (cause) {
      this.#state.set(INITIAL)
      discard(transfer)
      if (!isError(cause) || cause.name !== 'DataCloneError') throw cause
      throw new TypeError(`${argsName ?? `the args of ${this}`} can't be sent to another thread: ${cause.message}`, {
        cause,
      })
    }
  }

  /** Blocks while the thread is in this state. */
  #blockWhile(state: number, timeout: number): void {
    blockWhile(this.#state.cell, STATE, state, timeout, this.#port && (() => this.#isGone()))
    this.#look()
  }

  /** Notices a worker that was killed, or out of memory. */
  #look(): void {
    if (this.#state.get() === STARTED && this.#isGone()) this.#state.set(STOPPED)
  }

  #isGone(): boolean {
    void this.refusal // which takes note of the closing
    return this.#port !== undefined && isClosed(this.#port)
  }

  #waitUntilFound(worker: Worker): void {
    this.#blockWhile(STARTING, Number.POSITIVE_INFINITY)
    if (this.#state.get() > STARTING) {
      found.add(this.#target)
      return
    }
    this.#state.set(INITIAL)
    worker.removeAllListeners().on('error', () => {}) // thrown below
    const { refusal } = this
    if (refusal === undefined)
      throw new RuntimeError(`${this} can't be started: its worker ended before it had loaded anything`)
    const ErrorType = refusal.type === 'TypeError' ? TypeError : RuntimeError
    throw new ErrorType(refusal.message, { cause: refusal.cause })
  }
}

/**
 * The Thread that calls this; on a worker that is not a Thread, a stand-in, as Python's `_DummyThread`. Python:
 * `threading.current_thread`.
 *
 * @example
 * ```ts
 * console.log(currentThread().name) // prints: MainThread
 * console.log(currentThread() === mainThread()) // prints: true
 * ```
 */
export function currentThread(): Thread {
  takeOver()
  current ??= isMainThread ? mainThread() : createForeignThread('_DummyThread', `Dummy-${threadId}`, threadId)
  return current
}

/**
 * The Thread that runs the program. Python: `threading.main_thread`.
 *
 * @example
 * ```ts
 * console.log(currentThread() === mainThread()) // prints: true
 * ```
 */
export function mainThread(): Thread {
  takeOver()
  main ??= createForeignThread('_MainThread', 'MainThread', 0)
  return main
}

function takeOver(): void {
  const { start } = thisThread
  if (start === undefined) return
  thisThread.start = undefined
  const [thread, mainOfProcess] = unpack(start) as [Thread, Thread]
  current = thread
  main = mainOfProcess
  thisThread.named = thread
}

/**
 * The running threads that this thread knows: the main thread, itself, and the threads that it has started. Python:
 * `threading.enumerate`.
 */
export function enumerate(): Thread[] {
  for (const thread of startedHere) if (!thread.isAlive()) startedHere.delete(thread)
  return [...new Set([mainThread(), currentThread(), ...startedHere])]
}

/**
 * The length of `enumerate()`. Python: `threading.active_count`.
 *
 * @example
 * ```ts
 * console.log(activeCount() === enumerate().length) // prints: true
 * ```
 */
export function activeCount(): number {
  return enumerate().length
}

/** The number of this thread: Node's `threadId`, 0 for the main thread. Python: `threading.get_ident`. */
export function getIdent(): number {
  return threadId
}

const startedHere = new Set<Thread>()
let current: Thread | undefined
let main: Thread | undefined
let count = 0
const found = new WeakSet<AnyFunction>() // functions that a worker has found: their threads start without a wait

/** A Thread in transit. Its copy can be joined and queried, but not started. */
type ThreadRecord = Readonly<{ kind: string; name: string; daemon: boolean; state: Int32Array }>

function noTarget(): void {}

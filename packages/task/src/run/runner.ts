import { type Context, copyContext, type EventLoop, RuntimeError } from '@spindle/loop'
import { type Advice, ambient, checkGraceTime, checkOptions, disposeLate, isDisposeLate } from '@spindle/loop/internal'
import { allDrivers } from '../tasks/all-drivers.ts'
import { loopParts } from '../tasks/loop-parts.ts'
import { endingTasks } from './clean-up.ts'
import {
  checkNotBlocking,
  closeLoop,
  type MainSource,
  openLoop,
  RUNNER_OPTIONS,
  type RunnerOptions,
  type RunOptions,
  reportSecond,
  runInLoop,
  startMain,
} from './run-in-loop.ts'

/**
 * Like `run`, but blocks the thread until the coroutine is done, and returns its result, as in Python. Promises and
 * sockets make no progress during the run, so awaiting a promise is a RuntimeError. Ctrl-C ends the process at once.
 *
 * @example
 * ```ts
 * console.log(runSync(sleep(10, 'slept'))) // prints: slept
 * ```
 */
export function runSync<T, C = MainSource<T>>(
  main: MainSource<T> | Advice<C, MainSource<unknown>>,
  options: RunnerOptions = {},
): T {
  checkOptions('runSync()', options, RUNNER_OPTIONS)
  checkGraceTime(options.graceTime)
  checkOutside('runSync()')
  const runner = new Runner(options)
  const loop = runner.getLoop()
  let result: T
  try {
    result = runner.runSync(main as MainSource<T>)
  } catch (error) {
    try {
      runner.closeSync()
    } catch (second) {
      reportSecond(loop, error, second)
    }
    throw error
  }
  runner.closeSync()
  return result
}

/**
 * Runs several coroutines, one after another, in one loop and one context. asyncio: `asyncio.Runner`.
 *
 * @example
 * ```ts
 * const runner = new Runner()
 * console.log(runner.runSync(sleep(1, 'one')), runner.runSync(sleep(1, 'two'))) // prints: one two
 * runner.closeSync()
 * ```
 */
export class Runner implements Disposable, AsyncDisposable {
  readonly #options: RunnerOptions
  #loop: EventLoop | undefined // made on first use
  #context: Context | undefined
  #closed = false

  constructor(options: RunnerOptions = {}) {
    checkOptions('Runner', options, RUNNER_OPTIONS)
    loopParts.drivers ??= allDrivers()
    this.#options = options
    if (isDisposeLate) disposeLate(this, () => this.closeSync())
  }

  /** The loop of this runner. @throws RuntimeError if the runner is closed */
  getLoop(): EventLoop {
    if (this.#closed) throw new RuntimeError('Runner is closed')
    if (this.#loop === undefined) {
      this.#loop = openLoop(this.#options)
      this.#context = copyContext()
    }
    return this.#loop
  }

  /**
   * Runs a coroutine, driven by the host. asyncio: `Runner.run`.
   * @param options `context`: the context to run it in; that of the runner if left out. `signal`: as for `run`
   * @throws the exception of the coroutine, and the errors of `run`
   */
  run<T, C = MainSource<T>>(
    main: MainSource<T> | Advice<C, MainSource<unknown>>,
    options: Pick<RunOptions, 'signal' | 'interrupt'> & { readonly context?: Context | undefined } = {},
  ): Promise<T> {
    checkNotBlocking('Runner.run()')
    return this.#run(main as MainSource<T>, options)
  }

  /** Like `run`, but blocks the thread, and returns the result itself. */
  runSync<T, C = MainSource<T>>(
    main: MainSource<T> | Advice<C, MainSource<unknown>>,
    options: { readonly context?: Context | undefined } = {},
  ): T {
    checkOptions('Runner.runSync()', options, ['context'])
    checkOutside('Runner.runSync()')
    const loop = this.getLoop()
    const task = startMain('runSync', loop, main as MainSource<T>, options.context ?? this.#context)
    try {
      return loop.runUntilCompleteSync(task)
    } catch (error) {
      loop.explainer?.leavesRun(task, error)
      throw error
    } finally {
      loop.explainer?.runEnds(task)
    }
  }

  /** Cancels the remaining Tasks, waits until they have cleaned up, and closes the loop. */
  async close(): Promise<void> {
    const loop = this.#end()
    if (loop !== undefined) await closeLoop(loop, this.#options.graceTime)
  }

  /** Like `close`, but blocks the thread. */
  closeSync(): void {
    const loop = this.#end()
    if (loop === undefined) return
    try {
      for (const awaited of endingTasks(loop, this.#options.graceTime)) loop.runUntilCompleteSync(awaited)
    } finally {
      loop.close()
    }
  }

  [Symbol.dispose](): void {
    this.closeSync()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run<T>(
    main: MainSource<T>,
    options: Pick<RunOptions, 'signal' | 'interrupt'> & { readonly context?: Context | undefined },
  ): Promise<T> {
    checkOptions('Runner.run()', options, ['signal', 'interrupt', 'context'])
    const { signal, interrupt = ambient.runningLoop === undefined, context } = options
    const loop = this.getLoop()
    return await runInLoop(loop, main, context ?? this.#context, signal, interrupt)
  }

  #end(): EventLoop | undefined {
    const loop = this.#loop
    if (loop !== undefined) this.#closed = true
    this.#loop = undefined
    return loop
  }
}

function checkOutside(caller: string): void {
  if (ambient.runningLoop === undefined) return
  throw new RuntimeError(
    `${caller} cannot be called from a running event loop. In a coroutine, await with \`yield*\` instead`,
  )
}

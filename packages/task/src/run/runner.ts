import { type Awaitable, type Context, type EventLoop, RuntimeError } from '@spindle/loop'
import { ambient, checkOptions, checkTimeout, disposeLate, isDisposeLate } from '@spindle/loop/internal'
import { newEventLoopInTime } from '../tasks/new-event-loop.ts'
import { uncaughtCancellation } from '../tasks/uncaught-cancellation.ts'
import {
  checkNotBlocking,
  HostRunner,
  RUNNER_OPTIONS,
  type RunnerOptions,
  type RunOptions,
  reportFailed,
  reportSecond,
} from './host-runner.ts'

/**
 * Like `run`, but blocks the thread until the coroutine is done, and returns its result, as in Python. Promises and
 * sockets stand still meanwhile: awaiting a promise is a RuntimeError. Ctrl-C ends the process at once.
 *
 * @example
 * ```ts
 * console.log(runSync(sleep(10, 'slept'))) // prints: slept
 * ```
 */
export function runSync<T>(main: Awaitable<T> | (() => Awaitable<T>), options: RunnerOptions = {}): T {
  checkOptions('runSync()', options, RUNNER_OPTIONS)
  checkTimeout('cleanupTimeout', options.cleanupTimeout)
  checkOutside('runSync()')
  const runner = new Runner(options)
  const loop = runner.getLoop()
  let result: T
  try {
    result = runner.runSync(main)
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
export class Runner extends HostRunner implements Disposable, AsyncDisposable {
  constructor(options: RunnerOptions = {}) {
    checkOptions('Runner', options, RUNNER_OPTIONS)
    super(options)
    if (isDisposeLate) disposeLate(this, () => this.closeSync())
  }

  /**
   * Runs a coroutine, driven by the host. asyncio: `Runner.run`.
   * @param options `context`: the context to run it in; that of the runner if left out. `signal`: as for `run`
   * @throws what the coroutine throws, and what `run` throws
   */
  async run<T>(
    main: Awaitable<T> | (() => Awaitable<T>),
    options: Pick<RunOptions, 'signal' | 'interrupt'> & { readonly context?: Context | undefined } = {},
  ): Promise<T> {
    checkOptions('Runner.run()', options, ['signal', 'interrupt', 'context'])
    checkNotBlocking('Runner.run()')
    const { signal, interrupt = ambient.runningLoop === undefined, context } = options
    return await this.runMain(main, signal, interrupt, context)
  }

  /** Like `run`, but blocks the thread, and returns the result itself. */
  runSync<T>(main: Awaitable<T> | (() => Awaitable<T>), options: { readonly context?: Context | undefined } = {}): T {
    checkOptions('Runner.runSync()', options, ['context'])
    checkOutside('Runner.runSync()')
    const task = this.begin('runSync', main, options.context, true)
    try {
      return this.getLoop().runUntilCompleteSync(task)
    } catch (error) {
      uncaughtCancellation.explain(task, error)
      throw error
    } finally {
      uncaughtCancellation.forget(task)
    }
  }

  /** Like `close`, but blocks the thread. */
  closeSync(): void {
    const loop = this.end()
    if (loop === undefined) return
    try {
      const { left, ended } = this.cancelLeftOver(loop)
      if (left.length > 0) loop.runUntilCompleteSync(ended)
      reportFailed(loop, left)
      if (loop.wakeSources.shutdown !== undefined) loop.runUntilCompleteSync(loop.wakeSources.shutdown())
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

  /** @internal */
  protected override newLoop(): EventLoop {
    return newEventLoopInTime()
  }
}

function checkOutside(caller: string): void {
  if (ambient.runningLoop === undefined) return
  throw new RuntimeError(
    `${caller} cannot be called from a running event loop. In a coroutine, await with \`yield*\` instead`,
  )
}

import { copyContext } from '@spindle/loop'
import { type Advice, ambient, checkGraceTime, checkOptions } from '@spindle/loop/internal'
import {
  checkNotBlocking,
  closeLoop,
  type MainSource,
  openLoop,
  RUNNER_OPTIONS,
  type RunOptions,
  reportSecond,
  runInLoop,
} from './run-in-loop.ts'

/**
 * Runs a coroutine, or a coroutine function without parameters, as the main Task of a new loop, driven by the host, and
 * returns its result. At the end it cancels the remaining Tasks, lets them clean up, and closes the loop. Ctrl-C
 * cancels the main Task. Several runs may be active at once, also inside one another, and their Tasks may share locks
 * and queues. asyncio: `asyncio.run`.
 * @param main a coroutine, or a coroutine function without parameters
 * @param options `signal` cancels the main Task; `graceTime` in ms for Tasks that are left, no limit by default
 * @throws the exception of the coroutine; RuntimeError, at once, if called inside `runSync`; RuntimeError if the
 * coroutine returns a Future that is not done (a forgotten `yield*`); DeadlockError when nothing is left that could
 * ever wake it; KeyboardInterrupt after Ctrl-C
 *
 * @example
 * ```ts
 * function* main(): Coroutine<number> {
 *   yield* sleep(10)
 *   return 42
 * }
 * console.log('Answer:', await run(main())) // prints: Answer: 42
 * ```
 */
export function run<T, C = MainSource<T>>(
  main: MainSource<T> | Advice<C, MainSource<unknown>>,
  options: RunOptions = {},
): Promise<T> {
  checkNotBlocking('run()') // thrown, because nothing could await a rejected promise here
  return runInNewLoop(main as MainSource<T>, options)
}

async function runInNewLoop<T>(main: MainSource<T>, options: RunOptions): Promise<T> {
  checkOptions('run()', options, [...RUNNER_OPTIONS, 'signal', 'interrupt'])
  checkGraceTime(options.graceTime)
  const { signal, interrupt = ambient.runningLoop === undefined, graceTime } = options
  const loop = openLoop(options)
  const context = copyContext()
  let result: T
  try {
    result = await runInLoop(loop, main, context, signal, interrupt)
  } catch (error) {
    await closeLoop(loop, graceTime).catch((second) => reportSecond(loop, error, second))
    throw error
  }
  await closeLoop(loop, graceTime)
  return result
}

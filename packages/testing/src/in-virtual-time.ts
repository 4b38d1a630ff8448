import { type Coroutine, type ExceptionContext, VirtualClock } from '@spindle/loop'
import { newEventLoop, Runner } from '@spindle/task'

/**
 * Makes a test of a coroutine function: it runs in a loop of its own, in which time jumps to the next timer as soon as nothing else
 * is left to do. An hour of `sleep` takes no time, and a test that would hang ends with a DeadlockError. What is reported to
 * the loop's exception handler fails the test, unless the test sets a handler itself. Arguments (of `it.each`) are passed on.
 *
 * @example
 * ```ts
 * const test = inVirtualTime(function* () {
 *   const start = getRunningLoop().time()
 *   yield* sleep(3_600_000)
 *   console.log(getRunningLoop().time() - start) // prints: 3600000
 * })
 * await test() // in a test file: it('sleeps for an hour', inVirtualTime(function* () { … }))
 * ```
 */
export function inVirtualTime<A extends readonly unknown[]>(
  test: (...args: A) => Coroutine<unknown>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    const reports: ExceptionContext[] = []
    const loop = newEventLoop({ clock: new VirtualClock() })
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    const runner = new Runner({ loopFactory: () => loop })
    try {
      await runner.run(test(...args))
    } finally {
      await runner.close()
    }
    const [first] = reports
    if (first !== undefined)
      throw new Error(`reported to the exception handler: ${first.message}`, { cause: first.exception })
  }
}

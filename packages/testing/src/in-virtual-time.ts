import type { Coroutine } from '@spindle/loop'
import { CoroutineTest, newTestLoop } from './coroutine-test.ts'

/**
 * Makes a test of a coroutine function: it runs in a loop of its own, in which time jumps to the next timer as soon as
 * nothing else is left to do. An hour of `sleep` takes no time, and a test that would hang ends with a DeadlockError.
 * What is reported to the loop's exception handler fails the test, unless the test sets a handler itself. Arguments (of
 * `it.each`) are passed on.
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
  const inLoopOfItsOwn = async (...args: A): Promise<void> => {
    await new CoroutineTest(test(...args), newTestLoop(true)).run()
  }
  // Vitest reads there which of its fixtures a test asks for.
  return Object.defineProperty(inLoopOfItsOwn, 'toString', { value: () => String(test) })
}

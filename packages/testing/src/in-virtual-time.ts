import type { Coroutine } from 'spindle'
import { checkOptions, repr } from 'spindle/internal'
import { CoroutineTest } from './coroutine-test.ts'
import { type AllowedLeaks, checkAllowedLeaks } from './leak-watch.ts'

/** How a test in virtual time is run. */
export interface VirtualTimeOptions {
  /**
   * The leaks that are allowed, each with a reason: `{ tasks: 'the server keeps running' }`. Anything else that it
   * leaves behind makes it fail, with the line that created it; `{}` allows nothing.
   * @default `it` allows nothing; `inVirtualTime` does not look
   */
  readonly allow?: AllowedLeaks | undefined
}

/**
 * Turns a coroutine function into a test function. Each test runs in a separate loop, where time jumps to the next
 * timer as soon as nothing else is left to do. An hour of `sleep` takes no time, and a test that would hang ends with a
 * DeadlockError. A promise, a socket or a thread takes no virtual time: if the test fails, its error names what awaited
 * one. Anything reported to the loop's exception handler fails the test, unless the test sets a handler
 * itself. Arguments (of `it.each`) are passed on.
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
  options: VirtualTimeOptions = {},
): (...args: A) => Promise<void> {
  checkCoroutineFunction('inVirtualTime()', test)
  checkOptions('inVirtualTime()', options, ['allow'])
  const { allow } = options
  if (allow !== undefined) checkAllowedLeaks(allow)
  const inLoopOfItsOwn = async (...args: A): Promise<void> => {
    await new CoroutineTest(test(...args), 'virtual', allow).run()
  }
  return withParametersOf(test, inLoopOfItsOwn)
}

/** @throws TypeError if what `caller` was given is not a function */
export function checkCoroutineFunction(caller: string, given: unknown): void {
  if (typeof given !== 'function') throw new TypeError(`${caller} expected a coroutine function, got ${repr(given)}`)
}

/** Vitest reads the parameters of a function to find out which fixtures a test uses. */
export function withParametersOf<F extends object>(original: unknown, fn: F): F {
  return Object.defineProperty(fn, 'toString', { value: () => String(original) })
}

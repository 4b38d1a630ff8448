import type { Coroutine } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import { CoroutineTest } from './coroutine-test.ts'

/** What `inVirtualTime` does about promises, sockets and threads, which know nothing of virtual time. */
export interface VirtualTimeOptions {
  /**
   * `name`: time jumps all the same, and if the test fails, its error names what was awaited. `wait`: time stands still
   * until it has come.
   * @default 'name'
   */
  readonly real?: 'name' | 'wait' | undefined
}

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
  options: VirtualTimeOptions = {},
): (...args: A) => Promise<void> {
  checkOptions('inVirtualTime()', options, ['real'])
  const time = virtualTime(options.real)
  const inLoopOfItsOwn = async (...args: A): Promise<void> => {
    await new CoroutineTest(test(...args), time).run()
  }
  // Vitest reads there which of its fixtures a test asks for.
  return Object.defineProperty(inLoopOfItsOwn, 'toString', { value: () => String(test) })
}

/** Reads the option. @throws TypeError if it is none */
export function virtualTime(real: unknown = 'name'): 'virtual' | 'wait' {
  if (real !== 'name' && real !== 'wait') throw new TypeError(`real must be 'name' or 'wait', got ${repr(real)}`)
  return real === 'wait' ? 'wait' : 'virtual'
}

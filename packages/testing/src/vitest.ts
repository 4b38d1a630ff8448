// `it` and `test` that take a coroutine function as it is. They work with Vitest's own runner, and with Spindle's.

import { type TestContext, it as vitestIt } from 'vitest'
import { type CoroutineIt, coroutineIt, type Define } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest } from './coroutine-it.ts'

interface VitestDefine extends Define<TestContext> {
  readonly only: Define<TestContext>
  readonly skip: Define<TestContext>
}

/**
 * Makes a test of a coroutine function. It runs in a loop of its own and in virtual time, or with `{ realTime: true }`
 * as time passes. What is reported to the loop's exception handler fails it. In real time, one that takes too long is
 * cancelled, and cleans up.
 *
 * @example
 * ```ts no-run
 * import { it } from '@spindle/testing/vitest'
 * import { sleep } from 'spindle'
 *
 * it('waits for an hour', function* () {
 *   yield* sleep(3_600_000)
 * })
 * it.explore('ends whatever is cancelled', () => sleep(10))
 * ```
 */
export const it: CoroutineIt<TestContext> = coroutineIt(vitestIt as VitestDefine)

/** The same as `it`. */
export const test: CoroutineIt<TestContext> = it

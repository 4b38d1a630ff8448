// `it` and `test` of Bun that take a coroutine function as it is: `bun test`.

import { test as bunTest } from 'bun:test'
import { type CoroutineIt, coroutineIt, type Define, type RunnerContext } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

// Bun's own default. What `bun test --timeout` says, no test can see.
const DEFAULT_TIMEOUT_MS = 5_000

/**
 * Makes a test of a coroutine function, for `bun test`. It runs in a loop of its own and in virtual time, or with `{
 * realTime: true }` as time passes. What is reported to the loop's exception handler fails it. One that takes longer
 * than its `timeout`, or 5 s, is cancelled, cleans up, and fails with what it waited for.
 *
 * @example
 * ```ts no-run
 * import { it } from '@spindle/testing/bun-test'
 * import { sleep } from 'spindle'
 *
 * it('waits for an hour', function* () {
 *   yield* sleep(3_600_000)
 * })
 * ```
 */
export const it: CoroutineIt<RunnerContext> = coroutineIt({
  define: defineBy(() => bunTest),
  only: defineBy(() => bunTest.only), // in CI, Bun throws where this is looked at
  skip: defineBy(() => bunTest.skip),
  defaultTimeout: () => DEFAULT_TIMEOUT_MS,
})

/** The same as `it`. */
export const test: CoroutineIt<RunnerContext> = it

/** A function with a parameter would have to call it. */
function defineBy(pick: () => typeof bunTest.only): Define<RunnerContext> {
  return (name, body, timeout) => pick()(name, () => body({}), timeout)
}

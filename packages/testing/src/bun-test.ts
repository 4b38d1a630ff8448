// `it` and `test` for Bun that accept a coroutine function directly: `bun test`.

import { test as bunTest } from 'bun:test'
import { type CoroutineIt, coroutineIt, type Define, type RunnerContext } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

// Bun's own default. A test cannot see the value of `bun test --timeout`.
const DEFAULT_TIMEOUT_MS = 5_000

/**
 * Defines a test from a coroutine function, for `bun test`. Each test runs in its own loop, in virtual time, or in real
 * time with `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. A test that takes
 * longer than its `timeout`, by default 5 s, is cancelled, cleans up, and fails with what it was waiting for.
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
  only: defineBy(() => bunTest.only), // in CI, reading this throws on Bun
  skip: defineBy(() => bunTest.skip),
  defaultTimeout: () => DEFAULT_TIMEOUT_MS,
})

/** The same as `it`. */
export const test: CoroutineIt<RunnerContext> = it

/** Bun expects a function with a parameter to call it. */
function defineBy(pick: () => typeof bunTest.only): Define<RunnerContext> {
  return (name, body, timeout) => pick()(name, () => body({}), timeout)
}

// `it` and `test` for node:test that accept a coroutine function directly: `node --test`.

import { test as nodeTest, type TestContext } from 'node:test'
import { type CoroutineIt, coroutineIt, type Define } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

/**
 * Defines a test from a coroutine function, for `node --test`. Each test runs in its own loop, in virtual time, or in
 * real time with `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. With a
 * `timeout`, a test that takes too long is cancelled, cleans up, and fails with what it was waiting for.
 *
 * @example
 * ```ts no-run
 * import { it } from '@spindle/testing/node-test'
 * import { sleep } from 'spindle'
 *
 * it('waits for an hour', function* () {
 *   yield* sleep(3_600_000)
 * })
 * ```
 */
export const it: CoroutineIt<TestContext> = coroutineIt({
  define: defineBy(nodeTest),
  only: defineBy(nodeTest.only),
  skip: defineBy(nodeTest.skip),
  defaultTimeout: () => undefined,
})

/** The same as `it`. */
export const test: CoroutineIt<TestContext> = it

function defineBy(define: typeof nodeTest.only): Define<TestContext> {
  return (name, body, timeout) =>
    void define(name, timeout === undefined ? {} : { timeout }, async (context) => void (await body(context)))
}

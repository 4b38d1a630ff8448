// `it` and `test` of node:test that take a coroutine function as it is: `node --test`.

import { test as nodeTest, type TestContext } from 'node:test'
import { type CoroutineIt, coroutineIt, type Define } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

/**
 * Makes a test of a coroutine function, for `node --test`. It runs in a loop of its own and in virtual time, or with `{
 * realTime: true }` as time passes. What is reported to the loop's exception handler fails it. With a `timeout`, one
 * that takes too long is cancelled, cleans up, and fails with what it waited for.
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

// `it`, `test` and hooks for node:test that accept a coroutine function directly: `node --test`.

import {
  after as nodeAfter,
  afterEach as nodeAfterEach,
  before as nodeBefore,
  beforeEach as nodeBeforeEach,
  test as nodeTest,
  type SuiteContext,
  type TestContext,
} from 'node:test'
import { type CoroutineIt, coroutineHook, coroutineIt, type Define, type DefineHook } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

/**
 * Defines a test from a coroutine function, for `node --test`. Each test runs in its own loop, in virtual time, or in
 * real time with `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. With a
 * `timeout`, a test that takes too long is cancelled, cleans up, and fails with the names of its awaitables.
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

type HookContext = TestContext | SuiteContext

/**
 * Runs before the tests of the suite. A hook takes a coroutine function and the options of `it`, and runs like a test,
 * in a separate loop: no Task outlives it.
 */
export const before: DefineHook<HookContext> = hook('before', nodeBefore)

/** Runs after the tests of the suite: see `before`. */
export const after: DefineHook<HookContext> = hook('after', nodeAfter)

/** Runs before each test: see `before`. */
export const beforeEach: DefineHook<HookContext> = hook('beforeEach', nodeBeforeEach)

/** Runs after each test: see `before`. */
export const afterEach: DefineHook<HookContext> = hook('afterEach', nodeAfterEach)

function hook(name: string, define: typeof nodeBefore): DefineHook<HookContext> {
  return coroutineHook(
    name,
    (body, timeout) => define((context) => body(context), timeout === undefined ? {} : { timeout }),
    () => undefined,
  )
}

function defineBy(define: typeof nodeTest.only): Define<TestContext> {
  return (name, body, timeout) =>
    void define(name, timeout === undefined ? {} : { timeout }, async (context) => void (await body(context)))
}

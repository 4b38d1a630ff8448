// `it`, `test` and hooks for node:test that accept a coroutine function directly: `node --test`.

import * as nodeTest from 'node:test'
import { calledFrom } from './called-from.ts'
import { type CoroutineIt, coroutineHook, coroutineIt, type DefineHook, type TestRunner } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

type TestContext = nodeTest.TestContext
type HookContext = TestContext | nodeTest.SuiteContext

type HookOfNode = 'before' | 'after' | 'beforeEach' | 'afterEach'
const hooks: Pick<typeof nodeTest, HookOfNode> = nodeTest

const node: TestRunner<never, HookOfNode> = {
  test(kind) {
    const define = calledFrom(kind === 'test' ? nodeTest.test : nodeTest.test[kind])
    return (name, body, timeout) =>
      define(name, withLimit(timeout), async (context) => void (await body(context as never)))
  },
  hook: (name) => (body, timeout) => hooks[name]((context) => body(context as never), withLimit(timeout)),
}

function withLimit(timeout: number | undefined): { readonly timeout?: number } {
  return timeout === undefined ? {} : { timeout }
}

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
export const it: CoroutineIt<TestContext> = coroutineIt(node)

/** Another name of `it`. */
export const test: CoroutineIt<TestContext> = it

/**
 * Runs before the tests of the suite. A hook takes a coroutine function and the options of `it`, and runs like a test,
 * in a separate loop: no Task outlives it.
 */
export const before: DefineHook<HookContext> = coroutineHook(node, 'before')

/** Runs after the tests of the suite: see `before`. */
export const after: DefineHook<HookContext> = coroutineHook(node, 'after')

/** Runs before each test: see `before`. */
export const beforeEach: DefineHook<HookContext> = coroutineHook(node, 'beforeEach')

/** Runs after each test: see `before`. */
export const afterEach: DefineHook<HookContext> = coroutineHook(node, 'afterEach')

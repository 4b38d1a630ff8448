// `it`, `test` and hooks for Bun that accept a coroutine function directly: `bun test`.

import * as bunTest from 'bun:test'
import {
  type CoroutineIt,
  coroutineHook,
  coroutineIt,
  type DefineHook,
  type HookName,
  type RunnerContext,
  type TestRunner,
} from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

// Bun's own default. A test cannot see the value of `bun test --timeout`.
const DEFAULT_TIMEOUT_MS = 5_000

const hooks: Pick<typeof bunTest, HookName> = bunTest

// It expects a function with a parameter to call it.
const bun: TestRunner<RunnerContext> = {
  test(kind) {
    const define = kind === 'test' ? bunTest.test : bunTest.test[kind]
    return (name, body, timeout) => define(name, () => body({}), timeout)
  },
  hook: (name) => (body, timeout) => hooks[name](() => body({}), timeout),
  limit: () => DEFAULT_TIMEOUT_MS,
}

/**
 * Defines a test from a coroutine function, for `bun test`. Each test runs in its own loop, in virtual time, or in real
 * time with `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. A test that takes
 * longer than its `timeout`, by default 5 s, is cancelled, cleans up, and fails with the names of its awaitables.
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
export const it: CoroutineIt<RunnerContext> = coroutineIt(bun)

/** Another name of `it`. */
export const test: CoroutineIt<RunnerContext> = it

/**
 * Runs before the tests of the file or of the `describe`. A hook takes a coroutine function and the options of `it`,
 * and runs like a test, in a separate loop: no Task outlives it.
 */
export const beforeAll: DefineHook<RunnerContext> = coroutineHook(bun, 'beforeAll')

/** Runs after the tests of the file or of the `describe`: see `beforeAll`. */
export const afterAll: DefineHook<RunnerContext> = coroutineHook(bun, 'afterAll')

/** Runs before each test: see `beforeAll`. */
export const beforeEach: DefineHook<RunnerContext> = coroutineHook(bun, 'beforeEach')

/** Runs after each test: see `beforeAll`. */
export const afterEach: DefineHook<RunnerContext> = coroutineHook(bun, 'afterEach')

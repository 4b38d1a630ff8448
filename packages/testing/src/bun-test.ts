// `it`, `test` and hooks for Bun that accept a coroutine function directly: `bun test`.

import * as bunTest from 'bun:test'
import { type CoroutineIt, type DefineHook, type HookName, type RunnerContext, withoutContext } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

// Bun's own default. A test cannot see the value of `bun test --timeout`.
const DEFAULT_TIMEOUT_MS = 5_000

const hooks: Pick<typeof bunTest, HookName> = bunTest
const bun = withoutContext({
  test: () => bunTest.test,
  hook: (name) => hooks[name],
  defaultTimeout: () => DEFAULT_TIMEOUT_MS,
})

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
export const it: CoroutineIt<RunnerContext> = bun.it

/** Another name of `it`. */
export const test: CoroutineIt<RunnerContext> = it

/**
 * Runs before the tests of the file or of the `describe`. A hook takes a coroutine function and the options of `it`,
 * and runs like a test, in a separate loop: no Task outlives it.
 */
export const beforeAll: DefineHook<RunnerContext> = bun.hook('beforeAll')

/** Runs after the tests of the file or of the `describe`: see `beforeAll`. */
export const afterAll: DefineHook<RunnerContext> = bun.hook('afterAll')

/** Runs before each test: see `beforeAll`. */
export const beforeEach: DefineHook<RunnerContext> = bun.hook('beforeEach')

/** Runs after each test: see `beforeAll`. */
export const afterEach: DefineHook<RunnerContext> = bun.hook('afterEach')

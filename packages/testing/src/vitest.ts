// `it`, `test` and hooks that accept a coroutine function directly. They work with Vitest's own runner, and with
// Spindle's.

import {
  type TestContext,
  afterAll as vitestAfterAll,
  afterEach as vitestAfterEach,
  beforeAll as vitestBeforeAll,
  beforeEach as vitestBeforeEach,
  it as vitestIt,
} from 'vitest'
import { coroutineHook, type DefineHook, type HookOfRunner } from './coroutine-hook.ts'
import { type CoroutineIt, coroutineIt, type Define, type RunnerContext, type TestRunner } from './coroutine-it.ts'

export type { DefineHook } from './coroutine-hook.ts'
export type { CoroutineIt, CoroutineTestOptions, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

// Where Vitest stores the configuration of a worker; `vi.setConfig` changes it there, too.
interface Worker {
  readonly config?: { readonly [Limit in 'testTimeout' | 'hookTimeout']?: number | undefined } | undefined
}

// Vitest's own defaults, in ms.
const DEFAULTS = { testTimeout: 5_000, hookTimeout: 10_000 }

const runner: TestRunner<TestContext> = {
  define: defineBy(vitestIt),
  only: defineBy(vitestIt.only),
  skip: defineBy(vitestIt.skip),
  defaultTimeout: () => configured('testTimeout'),
}

function configured(limit: keyof typeof DEFAULTS): number | undefined {
  const worker = (globalThis as { __vitest_worker__?: Worker }).__vitest_worker__
  const ms = worker?.config?.[limit] ?? DEFAULTS[limit]
  return ms > 0 ? ms : undefined // 0: none
}

function defineBy(
  define: (name: string, options: { timeout?: number }, body: (context: TestContext) => Promise<unknown>) => void,
): Define<TestContext> {
  return (name, body, timeout) => define(name, timeout === undefined ? {} : { timeout }, (context) => body(context))
}

/**
 * Defines a test from a coroutine function. Each test runs in its own loop, in virtual time, or in real time with
 * `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. A test that takes too long is
 * cancelled, cleans up, and fails with what it was waiting for.
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
export const it: CoroutineIt<TestContext> = coroutineIt(runner)

/** The same as `it`. */
export const test: CoroutineIt<TestContext> = it

/**
 * Runs before the tests of the file or of the `describe`. A hook takes a coroutine function and the options of `it`,
 * and runs like a test, in a loop of its own: no Task outlives it.
 */
export const beforeAll: DefineHook<RunnerContext> = hook('beforeAll', (body, ms) => vitestBeforeAll(() => body({}), ms))

/** Runs after the tests of the file or of the `describe`: see `beforeAll`. */
export const afterAll: DefineHook<RunnerContext> = hook('afterAll', (body, ms) => vitestAfterAll(() => body({}), ms))

/** Runs before each test: see `beforeAll`. */
export const beforeEach: DefineHook<TestContext> = hook('beforeEach', (body, ms) =>
  vitestBeforeEach((context) => body(context), ms),
)

/** Runs after each test: see `beforeAll`. */
export const afterEach: DefineHook<TestContext> = hook('afterEach', (body, ms) =>
  vitestAfterEach((context) => body(context), ms),
)

function hook<Context extends RunnerContext>(name: string, define: HookOfRunner<Context>): DefineHook<Context> {
  return coroutineHook(name, define, () => configured('hookTimeout'))
}

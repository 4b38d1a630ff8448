// `it` and `test` that accept a coroutine function directly. They work with Vitest's own runner, and with Spindle's.

import { type TestContext, it as vitestIt } from 'vitest'
import { type CoroutineIt, coroutineIt, type Define, type TestRunner } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

// Where Vitest stores the configuration of a worker; `vi.setConfig` changes it there, too.
interface Worker {
  readonly config?: { readonly testTimeout?: number | undefined } | undefined
}

const DEFAULT_TIMEOUT_MS = 5_000

const runner: TestRunner<TestContext> = {
  define: defineBy(vitestIt),
  only: defineBy(vitestIt.only),
  skip: defineBy(vitestIt.skip),
  defaultTimeout() {
    const worker = (globalThis as { __vitest_worker__?: Worker }).__vitest_worker__
    const { testTimeout = DEFAULT_TIMEOUT_MS } = worker?.config ?? {}
    return testTimeout > 0 ? testTimeout : undefined // 0: none
  },
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

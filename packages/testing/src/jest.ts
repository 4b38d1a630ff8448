// `it` and `test` for Jest that accept a coroutine function directly.

import { type CoroutineIt, coroutineIt, type Define, type RunnerContext } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

type JestDefine = (name: string, body: () => Promise<unknown>, timeout?: number) => void

interface Jest {
  readonly test?: (JestDefine & { readonly only: JestDefine; readonly skip: JestDefine }) | undefined
}

const DEFAULT_TIMEOUT_MS = 5_000
// Where `jest.setTimeout` stores the limit.
const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL')

/**
 * Defines a test from a coroutine function, for Jest. Each test runs in its own loop, in virtual time, or in real time
 * with `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. A test that takes too
 * long is cancelled, cleans up, and fails with what it was waiting for.
 *
 * @example
 * ```ts no-run
 * import { it } from '@spindle/testing/jest'
 * import { sleep } from 'spindle'
 *
 * it('waits for an hour', function* () {
 *   yield* sleep(3_600_000)
 * })
 * ```
 */
export const it: CoroutineIt<RunnerContext> = coroutineIt({
  define: defineBy((jest) => jest),
  only: defineBy((jest) => jest.only),
  skip: defineBy((jest) => jest.skip),
  defaultTimeout: () =>
    (globalThis as { [TIMEOUT]?: number })[TIMEOUT] ?? circusState()?.testTimeout ?? DEFAULT_TIMEOUT_MS,
})

/** The same as `it`. */
export const test: CoroutineIt<RunnerContext> = it

/** Jest expects a function with a parameter to call it. */
function defineBy(pick: (jest: NonNullable<Jest['test']>) => JestDefine): Define<RunnerContext> {
  return (name, body, timeout) => {
    const { test: jest } = globalThis as Jest
    if (jest === undefined)
      throw new Error('@spindle/testing/jest needs the global `test` of Jest: leave `injectGlobals` at true')
    pick(jest)(name, () => body({}), timeout)
  }
}

/** The value that Jest's own runner uses; it includes `testTimeout` of the configuration. */
function circusState(): { readonly testTimeout?: number } | undefined {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL')
  return symbol && (globalThis as unknown as Record<symbol, { readonly testTimeout?: number }>)[symbol]
}

// `it` and `test` of Jest that take a coroutine function as it is.

import { type CoroutineIt, coroutineIt, type Define, type RunnerContext } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

type JestDefine = (name: string, body: () => Promise<unknown>, timeout?: number) => void

interface Jest {
  readonly test?: (JestDefine & { readonly only: JestDefine; readonly skip: JestDefine }) | undefined
}

const DEFAULT_TIMEOUT_MS = 5_000
// Where `jest.setTimeout` notes the limit.
const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL')

/**
 * Makes a test of a coroutine function, for Jest. It runs in a loop of its own and in virtual time, or with `{
 * realTime: true }` as time passes. What is reported to the loop's exception handler fails it. One that takes too long
 * is cancelled, cleans up, and fails with what it waited for.
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

/** A function of Jest with a parameter would have to call it. */
function defineBy(pick: (jest: NonNullable<Jest['test']>) => JestDefine): Define<RunnerContext> {
  return (name, body, timeout) => {
    const { test: jest } = globalThis as Jest
    if (jest === undefined)
      throw new Error('@spindle/testing/jest needs the global `test` of Jest: leave `injectGlobals` at true')
    pick(jest)(name, () => body({}), timeout)
  }
}

/** What Jest's own runner goes by: `testTimeout` of the configuration is in there. */
function circusState(): { readonly testTimeout?: number } | undefined {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL')
  return symbol && (globalThis as unknown as Record<symbol, { readonly testTimeout?: number }>)[symbol]
}

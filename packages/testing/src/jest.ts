// `it`, `test` and hooks for Jest that accept a coroutine function directly.

import {
  type CoroutineIt,
  coroutineHook,
  coroutineIt,
  type Define,
  type DefineHook,
  type RunnerContext,
} from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

type JestDefine = (name: string, body: () => Promise<unknown>, timeout?: number) => void

type JestHook = (body: () => Promise<unknown>, timeout?: number) => void

type HookName = 'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach'

interface Jest extends Partial<Record<HookName, JestHook>> {
  readonly test?: JestDefine & { readonly only: JestDefine; readonly skip: JestDefine }
}

const DEFAULT_TIMEOUT_MS = 5_000
// Where `jest.setTimeout` stores the limit.
const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL')

/**
 * Defines a test from a coroutine function, for Jest. Each test runs in its own loop, in virtual time, or in real time
 * with `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. A test that takes too
 * long is cancelled, cleans up, and fails with the names of its awaitables.
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
  defaultTimeout,
})

/** The same as `it`. */
export const test: CoroutineIt<RunnerContext> = it

/**
 * Runs before the tests of the file or of the `describe`. A hook takes a coroutine function and the options of `it`,
 * and runs like a test, in a separate loop: no Task outlives it.
 */
export const beforeAll: DefineHook<RunnerContext> = hook('beforeAll')

/** Runs after the tests of the file or of the `describe`: see `beforeAll`. */
export const afterAll: DefineHook<RunnerContext> = hook('afterAll')

/** Runs before each test: see `beforeAll`. */
export const beforeEach: DefineHook<RunnerContext> = hook('beforeEach')

/** Runs after each test: see `beforeAll`. */
export const afterEach: DefineHook<RunnerContext> = hook('afterEach')

function defaultTimeout(): number {
  return (globalThis as { [TIMEOUT]?: number })[TIMEOUT] ?? circusState()?.testTimeout ?? DEFAULT_TIMEOUT_MS
}

/** Jest expects a function with a parameter to call it. */
function defineBy(pick: (jest: NonNullable<Jest['test']>) => JestDefine): Define<RunnerContext> {
  return (name, body, timeout) => {
    pick(globalOfJest('test'))(name, () => body({}), timeout)
  }
}

function hook(name: HookName): DefineHook<RunnerContext> {
  return coroutineHook(name, (body, timeout) => globalOfJest(name)(() => body({}), timeout), defaultTimeout)
}

function globalOfJest<Name extends keyof Jest>(name: Name): NonNullable<Jest[Name]> {
  const found = (globalThis as Jest)[name]
  if (found != null) return found
  throw new Error(`@spindle/testing/jest needs the global \`${name}\` of Jest: leave \`injectGlobals\` at true`)
}

/** The value that Jest's own runner uses; it includes `testTimeout` of the configuration. */
function circusState(): { readonly testTimeout?: number } | undefined {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL')
  return symbol && (globalThis as unknown as Record<symbol, { readonly testTimeout?: number }>)[symbol]
}

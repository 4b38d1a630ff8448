// `it`, `test` and hooks for Jest that accept a coroutine function directly.

import { calledFrom } from './called-from.ts'
import {
  type CoroutineIt,
  coroutineHook,
  coroutineIt,
  type DefineHook,
  type RunnerContext,
  type TestRunner,
} from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

const DEFAULT_TIMEOUT_MS = 5_000
// Where `jest.setTimeout` stores the limit.
const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL')

type Define = (name: string, body: () => Promise<unknown>, timeout?: number) => void
type Hook = (body: () => Promise<unknown>, timeout?: number) => void

// It expects a function with a parameter to call it.
const jest: TestRunner<RunnerContext> = {
  test(kind) {
    const test = globalOfJest<Define & { readonly only: Define; readonly skip: Define }>('test')
    const define = calledFrom(kind === 'test' ? test : test[kind])
    return (name, body, timeout) => define(name, () => body({}), timeout)
  },
  hook: (name) => (body, timeout) => globalOfJest<Hook>(name)(() => body({}), timeout),
  limit: () => (globalThis as { [TIMEOUT]?: number })[TIMEOUT] ?? circusState()?.testTimeout ?? DEFAULT_TIMEOUT_MS,
}

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
export const it: CoroutineIt<RunnerContext> = coroutineIt(jest)

/** Another name of `it`. */
export const test: CoroutineIt<RunnerContext> = it

/**
 * Runs before the tests of the file or of the `describe`. A hook takes a coroutine function and the options of `it`,
 * and runs like a test, in a separate loop: no Task outlives it.
 */
export const beforeAll: DefineHook<RunnerContext> = coroutineHook(jest, 'beforeAll')

/** Runs after the tests of the file or of the `describe`: see `beforeAll`. */
export const afterAll: DefineHook<RunnerContext> = coroutineHook(jest, 'afterAll')

/** Runs before each test: see `beforeAll`. */
export const beforeEach: DefineHook<RunnerContext> = coroutineHook(jest, 'beforeEach')

/** Runs after each test: see `beforeAll`. */
export const afterEach: DefineHook<RunnerContext> = coroutineHook(jest, 'afterEach')

function globalOfJest<Value>(name: string): Value {
  const found = Reflect.get(globalThis, name) as Value | undefined
  if (found != null) return found
  throw new Error(`@spindle/testing/jest needs the global \`${name}\` of Jest: leave \`injectGlobals\` at true`)
}

/** The value that Jest's own runner uses; it includes `testTimeout` of the configuration. */
function circusState(): { readonly testTimeout?: number } | undefined {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL')
  return symbol && (globalThis as unknown as Record<symbol, { readonly testTimeout?: number }>)[symbol]
}

// `it`, `test` and hooks for Jest that accept a coroutine function directly.

import {
  type CoroutineIt,
  type DefineHook,
  type HookName,
  type PlainRunner,
  type RunnerContext,
  withoutContext,
} from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest, RunnerContext } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

interface Jest extends Partial<Record<HookName, ReturnType<PlainRunner['hook']>>> {
  readonly test?: ReturnType<PlainRunner['test']>
}

const DEFAULT_TIMEOUT_MS = 5_000
// Where `jest.setTimeout` stores the limit.
const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL')

const jest = withoutContext({ test: () => globalOfJest('test'), hook: globalOfJest, defaultTimeout })

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
export const it: CoroutineIt<RunnerContext> = jest.it

/** Another name of `it`. */
export const test: CoroutineIt<RunnerContext> = it

/**
 * Runs before the tests of the file or of the `describe`. A hook takes a coroutine function and the options of `it`,
 * and runs like a test, in a separate loop: no Task outlives it.
 */
export const beforeAll: DefineHook<RunnerContext> = jest.hook('beforeAll')

/** Runs after the tests of the file or of the `describe`: see `beforeAll`. */
export const afterAll: DefineHook<RunnerContext> = jest.hook('afterAll')

/** Runs before each test: see `beforeAll`. */
export const beforeEach: DefineHook<RunnerContext> = jest.hook('beforeEach')

/** Runs after each test: see `beforeAll`. */
export const afterEach: DefineHook<RunnerContext> = jest.hook('afterEach')

function defaultTimeout(): number {
  return (globalThis as { [TIMEOUT]?: number })[TIMEOUT] ?? circusState()?.testTimeout ?? DEFAULT_TIMEOUT_MS
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

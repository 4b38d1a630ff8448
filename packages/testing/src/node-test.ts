// `it`, `test` and hooks for node:test that accept a coroutine function directly: `node --test`.

import {
  after as nodeAfter,
  afterEach as nodeAfterEach,
  before as nodeBefore,
  beforeEach as nodeBeforeEach,
  test as nodeTest,
  type SuiteContext,
  type TestContext,
} from 'node:test'
import { Script } from 'node:vm'
import { parseFrame } from 'spindle/internal'
import {
  type CoroutineIt,
  coroutineHook,
  coroutineIt,
  type Define,
  type DefineHook,
  type Kind,
} from './coroutine-it.ts'
import { callerFrame } from './own-frames.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineHook, DefineTest } from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

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
export const it: CoroutineIt<TestContext> = coroutineIt({ define: defineBy, defaultTimeout: () => undefined })

/** Another name of `it`. */
export const test: CoroutineIt<TestContext> = it

type HookContext = TestContext | SuiteContext

/**
 * Runs before the tests of the suite. A hook takes a coroutine function and the options of `it`, and runs like a test,
 * in a separate loop: no Task outlives it.
 */
export const before: DefineHook<HookContext> = hook('before', nodeBefore)

/** Runs after the tests of the suite: see `before`. */
export const after: DefineHook<HookContext> = hook('after', nodeAfter)

/** Runs before each test: see `before`. */
export const beforeEach: DefineHook<HookContext> = hook('beforeEach', nodeBeforeEach)

/** Runs after each test: see `before`. */
export const afterEach: DefineHook<HookContext> = hook('afterEach', nodeAfterEach)

function hook(name: string, define: typeof nodeBefore): DefineHook<HookContext> {
  return coroutineHook(
    name,
    (body, timeout) => define((context) => body(context), timeout === undefined ? {} : { timeout }),
    () => undefined,
  )
}

function defineBy(kind: Kind): Define<TestContext> {
  const define = kind === 'test' ? nodeTest : nodeTest[kind]
  return (name, body, timeout) => {
    const options = timeout === undefined ? {} : { timeout }
    const run = async (context: TestContext): Promise<void> => void (await body(context))
    asCalledFrom(callerFrame())(define, [name, options, run])
  }
}

type Args = [name: string, options: { readonly timeout?: number }, body: (context: TestContext) => Promise<void>]
type Call = (define: (...args: Args) => unknown, args: Args) => unknown

/** Calls a function from a line of the user: node:test reports a test at the line that has called it. */
function asCalledFrom(line: string): Call {
  const frame = parseFrame(line)
  if (frame === undefined) return (define, args) => define(...args)
  const code = `(define, args) =>\n${' '.repeat(frame.column - 1)}define(...args)`
  return new Script(code, { filename: frame.url, lineOffset: frame.line - 2 }).runInThisContext() as Call
}

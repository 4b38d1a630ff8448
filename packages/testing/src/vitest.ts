// `it`, `test` and hooks that accept a coroutine function directly. They work with Vitest's own runner, and with
// Spindle's.

import * as vitest from 'vitest'
import {
  type CoroutineIt,
  coroutineHook,
  coroutineIt,
  type DefineHook,
  type DefineTest,
  type DefineTestWith,
  definer,
  type HookName,
  type RunnerContext,
  type TestRunner,
} from './coroutine-it.ts'
import { printAwaitTreeOfTimeout } from './timed-out-tests.ts'

export type {
  CoroutineIt,
  CoroutineTestOptions,
  DefineHook,
  DefineTest,
  DefineTestWith,
  RunnerContext,
} from './coroutine-it.ts'
export type { AllowedLeaks, LeakKind } from './leak-watch.ts'

type TestContext = vitest.TestContext

// Where Vitest stores the configuration of a worker; `vi.setConfig` changes it there, too.
interface Worker {
  readonly config?: { readonly [Limit in 'testTimeout' | 'hookTimeout']?: number | undefined } | undefined
}

// Vitest's own defaults, in ms.
const DEFAULTS = { testTimeout: 5_000, hookTimeout: 10_000 }

function limit(of: 'test' | 'hook'): number | undefined {
  const worker = (globalThis as { __vitest_worker__?: Worker }).__vitest_worker__
  const ms = worker?.config?.[`${of}Timeout`] ?? DEFAULTS[`${of}Timeout`]
  return ms > 0 ? ms : undefined // 0: none
}

/**
 * Prints the await tree of each test that times out: at which line its `async` functions and Tasks hang, and who could
 * wake them. Call it at the top of a test file or of a setup file. Needs `@spindle/inspect`; without it, nothing is
 * printed.
 *
 * @example
 * ```ts no-run
 * import { it, printAwaitTreesOfTimeouts } from '@spindle/testing/vitest'
 *
 * printAwaitTreesOfTimeouts()
 *
 * it('imports', async () => {
 *   await importAll(['ann', 'bob'])
 * })
 * declare function importAll(names: string[]): Promise<void>
 * ```
 */
export function printAwaitTreesOfTimeouts(): void {
  vitest.beforeEach(({ onTestFailed }) => void onTestFailed(printAwaitTreeOfTimeout))
}

/** The `it` of Vitest, whose bodies may be coroutine functions. */
export interface VitestIt<Context> extends CoroutineIt<Context> {
  /** A test that is still to be written. */
  todo(name: string): void
  /** A test that must fail. */
  readonly fails: DefineTest<Context>
  /** Skips the test if the condition holds. */
  skipIf(condition: unknown): DefineTest<Context>
  /** Skips the test unless the condition holds. */
  runIf(condition: unknown): DefineTest<Context>
  /** Defines a test for each row; the values of a row are the arguments of the body. */
  each<Row extends readonly unknown[] | readonly [unknown]>(rows: readonly Row[]): DefineTestWith<Row>
  each<Value>(values: readonly Value[]): DefineTestWith<readonly [Value]>
  /** Defines a test for each value. The body receives it as it is, and the context of the test. */
  for<Value>(values: readonly Value[]): DefineTestWith<readonly [Value, Context]>
  /** Adds fixtures to the context, as `test.extend` of Vitest: `{ db: async ({}, use) => { … } }`. */
  extend<Added extends object>(fixtures: Fixtures<Added>): VitestIt<Context & Added>
}

/** The fixtures of `extend`: values, or functions that pass them to `use`. */
export type Fixtures<Added extends object> = {
  readonly [Name in keyof Added]:
    | Added[Name]
    | ((context: TestContext & Added, use: (value: Added[Name]) => Promise<void>) => unknown)
}

// The part of Vitest's `it` that is used here. Its own type has an overload for each form of a call.
type DefineByVitest<Args extends readonly unknown[]> = (
  name: string,
  options: { timeout?: number },
  body: (...args: Args) => Promise<unknown>,
) => void

interface ItOfVitest<Context> extends DefineByVitest<readonly [Context]> {
  readonly only: DefineByVitest<readonly [Context]>
  readonly skip: DefineByVitest<readonly [Context]>
  readonly fails: DefineByVitest<readonly [Context]>
  todo(name: string): void
  skipIf(condition: unknown): DefineByVitest<readonly [Context]>
  runIf(condition: unknown): DefineByVitest<readonly [Context]>
  each(rows: readonly unknown[]): DefineByVitest<never>
  for(values: readonly unknown[]): DefineByVitest<never>
  extend(fixtures: object): ItOfVitest<never>
}

function runnerOf<Context>(original: ItOfVitest<Context>): TestRunner<Context> {
  return { test: (kind) => timed(kind === 'test' ? original : original[kind]), hook, limit }
}

function timed<Args extends readonly unknown[]>(define: DefineByVitest<Args>) {
  return (name: string, body: (...args: Args) => Promise<unknown>, timeout: number | undefined): void =>
    define(name, timeout === undefined ? {} : { timeout }, body)
}

const hooks: Pick<typeof vitest, HookName> = vitest

function hook(name: HookName): ReturnType<TestRunner<never>['hook']> {
  if (name.endsWith('All')) return (body, ms) => hooks[name](() => body({} as never), ms)
  return (body, ms) => hooks[name]((context) => body(context as never), ms)
}

function coroutineItOf<Context extends RunnerContext>(original: ItOfVitest<Context>): VitestIt<Context> {
  const wrap = <Args extends readonly unknown[]>(define: DefineByVitest<Args>): DefineTestWith<Args> =>
    definer(timed(define), () => limit('test'))
  const base = coroutineIt(runnerOf(original))
  return Object.assign(base, {
    todo: (name: string) => original.todo(name),
    fails: wrap(original.fails),
    skipIf: (condition: unknown) => wrap(original.skipIf(condition)),
    runIf: (condition: unknown) => wrap(original.runIf(condition)),
    each: (rows: readonly unknown[]) => wrap(original.each(rows)) as never,
    for: (values: readonly unknown[]) => wrap(original.for(values)) as never,
    extend: (fixtures: object) => coroutineItOf(original.extend(fixtures)) as never,
  })
}

const ORIGINAL = vitest.it as unknown as ItOfVitest<TestContext>

/**
 * Defines a test from a coroutine function. Each test runs in its own loop, in virtual time, or in real time with
 * `{ realTime: true }`. Anything reported to the loop's exception handler fails the test. A test that takes too long is
 * cancelled, cleans up, and fails with the names of its awaitables.
 *
 * @example
 * ```ts no-run
 * import { it } from '@spindle/testing/vitest'
 * import { sleep } from 'spindle'
 *
 * it('waits for an hour', function* () {
 *   yield* sleep(3_600_000)
 * })
 * it.each([[1], [10]])('waits for %i ms', function* (ms) {
 *   yield* sleep(ms)
 * })
 * it.explore('ends whatever is cancelled', () => sleep(10))
 * ```
 */
export const it: VitestIt<TestContext> = coroutineItOf(ORIGINAL)

/** Another name of `it`. */
export const test: VitestIt<TestContext> = it

const runner = runnerOf(ORIGINAL)

/**
 * Runs before the tests of the file or of the `describe`. A hook takes a coroutine function and the options of `it`,
 * and runs like a test, in a separate loop: no Task outlives it.
 */
export const beforeAll: DefineHook<RunnerContext> = coroutineHook(runner, 'beforeAll')

/** Runs after the tests of the file or of the `describe`: see `beforeAll`. */
export const afterAll: DefineHook<RunnerContext> = coroutineHook(runner, 'afterAll')

/** Runs before each test: see `beforeAll`. */
export const beforeEach: DefineHook<TestContext> = coroutineHook(runner, 'beforeEach')

/** Runs after each test: see `beforeAll`. */
export const afterEach: DefineHook<TestContext> = coroutineHook(runner, 'afterEach')

// `it` and `test` that take a coroutine function as it is. They work with Vitest's own runner, and with Spindle's.

import type { Coroutine } from '@spindle/loop'
import { type TestContext, it as vitestIt } from 'vitest'
import { CoroutineTest } from './coroutine-test.ts'
import { type ExploreOptions, explore } from './explore/explore.ts'
import { inVirtualTime } from './in-virtual-time.ts'

/** How a test is run. */
export interface CoroutineTestOptions {
  /** Whether time passes as it does outside. @default false: it jumps to the next timer */
  readonly realTime?: boolean | undefined
  /** How long the test may take, in ms of real time. @default as Vitest is configured */
  readonly timeout?: number | undefined
}

/** The body of a test: a coroutine function, or anything that Vitest takes. */
export type TestBody = (context: TestContext) => unknown

/** Makes a test. */
export type DefineTest = (name: string, body: TestBody, options?: CoroutineTestOptions) => void

/** `it`, and its variants. */
export interface CoroutineIt extends DefineTest {
  /** The only ones of the file that run. */
  readonly only: DefineTest
  /** Does not run. */
  readonly skip: DefineTest
  /** A test that runs the program under many schedules: see `explore`. */
  explore<T, S = undefined>(
    name: string,
    program: (given: S) => Coroutine<T>,
    options?: ExploreOptions<S, T> & { readonly timeout?: number | undefined },
  ): void
}

type Define = (name: string, options: { timeout?: number }, body: (context: TestContext) => unknown) => void

/**
 * Makes a test of a coroutine function. It runs in a loop of its own and in virtual time, or with `{ realTime: true }` as time passes. What
 * is reported to the loop's exception handler fails it. One that takes too long is cancelled, and cleans up.
 *
 * @example
 * ```ts no-run
 * import { it } from '@spindle/testing/vitest'
 *
 * it('waits for an hour', function* () {
 *   yield* sleep(3_600_000)
 * })
 * it.explore('keeps the lock whatever is cancelled', transfer, { check: noLockIsHeld })
 * ```
 */
export const it: CoroutineIt = Object.assign(definer(vitestIt as Define), {
  only: definer(vitestIt.only as Define),
  skip: definer(vitestIt.skip as Define),
  explore<T, S>(
    name: string,
    program: (given: S) => Coroutine<T>,
    { timeout, ...options }: ExploreOptions<S, T> & { readonly timeout?: number | undefined } = {},
  ): void {
    vitestIt(name, timeout === undefined ? {} : { timeout }, async () => void (await explore(program, options)))
  },
})

/** The same as `it`. */
export const test: CoroutineIt = it

function definer(define: Define): DefineTest {
  return (name, body, { realTime = false, timeout } = {}) => {
    define(name, timeout === undefined ? {} : { timeout }, bodyOf(body, realTime))
  }
}

function bodyOf(body: TestBody, realTime: boolean): (context: TestContext) => unknown {
  if (!isGeneratorFunction(body)) return (context) => body(context)
  if (!realTime) return (context) => inVirtualTime(body)(context)
  return (context) => new CoroutineTest(body(context)).run(context.signal)
}

const generatorFunction = Object.getPrototypeOf(function* () {}) as object

/** Also of what `coroutine()` has made: it returns a coroutine when it is called, which tells more than its prototype. */
function isGeneratorFunction(body: TestBody): body is (context: TestContext) => Coroutine<unknown> {
  return Object.prototype.isPrototypeOf.call(generatorFunction, body)
}

// What the `it` of each test runner has in common.

import type { Coroutine } from '@spindle/loop'
import type { AbortSignalLike } from '@spindle/task'
import { CoroutineTest } from './coroutine-test.ts'
import { type ExploreOptions, explore } from './explore/explore.ts'
import { inVirtualTime } from './in-virtual-time.ts'

/** How a test is run. */
export interface CoroutineTestOptions {
  /** Whether time passes as it does outside. @default false: it jumps to the next timer */
  readonly realTime?: boolean | undefined
  /** How long the test may take, in ms of real time. @default as the test runner is configured */
  readonly timeout?: number | undefined
}

/** What a test runner hands to a test. */
export interface RunnerContext {
  /** Aborts when the test takes too long. */
  readonly signal?: AbortSignalLike | undefined
}

/** Makes a test. The body is a coroutine function, or anything that the test runner takes. */
export type DefineTest<Context> = (
  name: string,
  body: (context: Context) => unknown,
  options?: CoroutineTestOptions,
) => void

/** `it`, and its variants. */
export interface CoroutineIt<Context> extends DefineTest<Context> {
  /** The only ones of the file that run. */
  readonly only: DefineTest<Context>
  /** Does not run. */
  readonly skip: DefineTest<Context>
  /** A test that runs the program under many schedules: see `explore`. */
  explore<T, S = undefined>(
    name: string,
    program: (given: S) => Coroutine<T>,
    options?: ExploreOptions<S, T> & { readonly timeout?: number | undefined },
  ): void
}

/** How a test runner has a test defined. */
export type Define<Context> = (
  name: string,
  options: { timeout?: number },
  body: (context: Context) => unknown,
) => unknown

/** Makes the `it` of a test runner. */
export function coroutineIt<Context extends RunnerContext>(
  define: Define<Context> & { readonly only: Define<Context>; readonly skip: Define<Context> },
): CoroutineIt<Context> {
  return Object.assign(definer(define), {
    only: definer(define.only),
    skip: definer(define.skip),
    explore<T, S>(
      name: string,
      program: (given: S) => Coroutine<T>,
      { timeout, ...options }: ExploreOptions<S, T> & { readonly timeout?: number | undefined } = {},
    ): void {
      define(name, limit(timeout), async () => void (await explore(program, options)))
    },
  })
}

function definer<Context extends RunnerContext>(define: Define<Context>): DefineTest<Context> {
  return (name, body, { realTime = false, timeout } = {}) => void define(name, limit(timeout), bodyOf(body, realTime))
}

function limit(timeout: number | undefined): { timeout?: number } {
  return timeout === undefined ? {} : { timeout }
}

function bodyOf<Context extends RunnerContext>(
  body: (context: Context) => unknown,
  realTime: boolean,
): (context: Context) => unknown {
  if (!isGeneratorFunction(body)) return (context) => body(context)
  if (!realTime) return (context) => inVirtualTime(body)(context)
  return (context) => new CoroutineTest(body(context)).run(context.signal)
}

const generatorFunction = Object.getPrototypeOf(function* () {}) as object

function isGeneratorFunction<Context>(
  body: (context: Context) => unknown,
): body is (context: Context) => Coroutine<unknown> {
  return Object.prototype.isPrototypeOf.call(generatorFunction, body)
}

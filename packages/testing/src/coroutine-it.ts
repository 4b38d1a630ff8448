// What the `it` of each test runner has in common.

import type { Awaitable } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import type { AbortSignalLike } from '@spindle/task'
import { CoroutineTest, callForCoroutine, isCoroutine } from './coroutine-test.ts'
import { type ExploreOptions, explore } from './explore/explore.ts'
import { type VirtualTimeOptions, virtualTime } from './in-virtual-time.ts'
import { type AllowedLeaks, checkAllowedLeaks } from './leak-watch.ts'
import { runWithin, settleWithin, startOfTest, type TimeLimit } from './time-limit.ts'

/** How a test is run. */
export interface CoroutineTestOptions extends VirtualTimeOptions {
  /** Whether time passes as it does outside. @default false: it jumps to the next timer */
  readonly realTime?: boolean | undefined
  /** How long the test may take, in ms of real time. @default as the test runner is configured */
  readonly timeout?: number | undefined
  /** What the test may leave behind, each with the reason: `{ tasks: 'the server goes on' }`. @default nothing */
  readonly allow?: AllowedLeaks | undefined
}

/** What a test runner hands to a test. */
export interface RunnerContext {
  /** Aborts when the test takes too long. */
  readonly signal?: AbortSignalLike | undefined
}

/** Makes a test. The body is a coroutine function, or any other function. */
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
    program: (given: S) => Awaitable<T>,
    options?: ExploreOptions<S, T> & { readonly timeout?: number | undefined },
  ): void
}

/** How a test runner has a test defined; `timeout` is the limit after which it gives the test up, in ms. */
export type Define<Context> = (
  name: string,
  body: (context: Context) => Promise<unknown>,
  timeout: number | undefined,
) => unknown

/** What a test runner has to offer. */
export interface TestRunner<Context> {
  readonly define: Define<Context>
  readonly only: Define<Context>
  readonly skip: Define<Context>
  /** How long a test may take that names no limit, in ms; undefined: as long as it likes. */
  defaultTimeout(): number | undefined
}

// So long may a test clean up that was cancelled as its time was up, in ms.
const CLEANUP_MS = 2_000

/** Makes the `it` of a test runner. */
export function coroutineIt<Context extends RunnerContext>(runner: TestRunner<Context>): CoroutineIt<Context> {
  return Object.assign(definer(runner, runner.define), {
    only: definer(runner, runner.only),
    skip: definer(runner, runner.skip),
    explore<T, S>(
      name: string,
      program: (given: S) => Awaitable<T>,
      { timeout, ...options }: ExploreOptions<S, T> & { readonly timeout?: number | undefined } = {},
    ): void {
      runner.define(name, async () => void (await explore(program, options)), timeout)
    },
  })
}

function definer<Context extends RunnerContext>(
  runner: TestRunner<Context>,
  define: Define<Context>,
): DefineTest<Context> {
  return (name, body, options = {}) => {
    if (typeof body !== 'function')
      throw new TypeError(`the test '${name}' needs a function, and its options after that, got ${repr(body)}`)
    checkOptions(`the test '${name}'`, options, ['realTime', 'timeout', 'real', 'allow'])
    const { realTime, real, allow = {}, timeout = runner.defaultTimeout() } = options
    checkAllowedLeaks(allow)
    const time = realTime === true ? 'real' : virtualTime(real)
    // The runner gives up only after the test has cleaned up: else it could not say what the test waited for.
    const last = timeout === undefined ? undefined : timeout + CLEANUP_MS
    define(
      name,
      (context) => runBody(name, () => body(context), { time, allow, timeout, signal: context.signal }),
      last,
    )
  }
}

interface Plan {
  readonly time: 'real' | 'virtual' | 'wait'
  readonly allow: AllowedLeaks
  readonly timeout: number | undefined
  readonly signal: AbortSignalLike | undefined
}

async function runBody(name: string, call: () => unknown, { time, allow, timeout, signal }: Plan): Promise<void> {
  const error = (ms: number, waiting: string): Error => timeoutError(name, ms, waiting)
  const start = startOfTest()
  const limit: TimeLimit = { timeout, start, signal: signal as AbortSignal | undefined, cleanup: CLEANUP_MS, error }
  const returned = await settleWithin(callForCoroutine(call), limit)
  if (isCoroutine(returned)) {
    await runWithin(new CoroutineTest(returned, time, allow), limit).catch(throwFirst)
  } else if (isAsyncGenerator(returned)) {
    throw new TypeError(
      `the function of the test '${name}' is an async function*, which nothing runs. Write function* instead, and yield* for await`,
    )
  }
}

/** Why it was cancelled comes first; what went wrong in the clean-up is its cause. */
function throwFirst(error: unknown): never {
  if (!Array.isArray(error)) throw error
  const [first, cause] = error as [unknown, unknown]
  if (first instanceof Error && first.cause === undefined) first.cause = cause
  throw first
}

function timeoutError(name: string, timeout: number, waiting: string): Error {
  const error = new Error(`the test '${name}' timed out after ${timeout} ms. It was waiting:${waiting}`)
  error.stack = String(error) // that of a timer tells nothing
  return error
}

const asyncGenerators = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype) as object

function isAsyncGenerator(value: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(asyncGenerators, value as object)
}

// The part of `it`, `beforeEach` and the other hooks that all test runners share.

import { checkOptions, hostClock, repr } from 'spindle/internal'
import type { AbortSignalLike } from 'spindle/types'
import { CoroutineTest, callForCoroutine, isCoroutine } from './coroutine-test.ts'
import { exploreProgram } from './explore/explore.ts'
import type { ExploreOptions } from './explore/options.ts'
import type { Program } from './explore/program.ts'
import { type VirtualTimeOptions, withParametersOf } from './in-virtual-time.ts'
import { checkAllowedLeaks } from './leak-watch.ts'
import { callerFrame, withOwnFrames } from './own-frames.ts'

/** How a test or a hook is run. */
export interface CoroutineTestOptions extends VirtualTimeOptions {
  /** Whether the test runs in real time. @default false: time is virtual, and jumps to the next timer */
  readonly realTime?: boolean | undefined
  /** How long the test may take, in ms of real time. @default the limit of the test runner */
  readonly timeout?: number | undefined
}

/** The context that a test runner passes to a test or a hook. */
export interface RunnerContext {
  /** Aborts when the test takes too long. */
  readonly signal?: AbortSignalLike | undefined
}

/** Defines a test. The body is a coroutine function, or any other function. */
export type DefineTest<Context> = DefineTestWith<readonly [Context]>

/** Defines a test whose body receives these arguments. */
export type DefineTestWith<Args extends readonly unknown[]> = (
  name: string,
  body: (...args: Args) => unknown,
  options?: CoroutineTestOptions,
) => void

/** `it`, and its variants. */
export interface CoroutineIt<Context> extends DefineTest<Context> {
  /** Only these tests of the file run. */
  readonly only: DefineTest<Context>
  /** Does not run. */
  readonly skip: DefineTest<Context>
  /** A test that runs the program under many schedules: see `explore`. */
  explore<T, S = undefined>(
    name: string,
    program: Program<S, T>,
    options?: ExploreOptions<S, T> & { readonly timeout?: number | undefined },
  ): void
}

/** How a test is defined with a test runner; `timeout` is the time in ms after which the runner abandons the test. */
type DefineWith<Args extends readonly unknown[]> = (
  name: string,
  body: (...args: Args) => Promise<unknown>,
  timeout: number | undefined,
) => unknown

/** How a test is defined: `test` itself, or one of its variants. */
export type Kind = 'test' | 'only' | 'skip'

/** The names of hooks in most test runners. */
export type HookName = 'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach'

/** What a test runner has to provide. */
export interface TestRunner<Context, Hook extends string = HookName> {
  /** Called when a test is defined: on Bun, only to read `test.only` throws in CI. */
  test(kind: Kind): DefineWith<readonly [Context]>
  hook(name: Hook): (body: (context: Context) => Promise<unknown>, timeout: number | undefined) => unknown
  /** The default time limit of a test or of a hook, in ms; undefined: no limit. */
  limit?(of: 'test' | 'hook'): number | undefined
}

// Stored when this module loads, before a test installs fake timers.
const { setTimeout, clearTimeout, AbortController, AbortSignal } = globalThis

// How long a test may clean up after it timed out, in ms.
const CLEANUP_MS = 2_000

/** Creates the `it` of a test runner. */
export function coroutineIt<Context extends RunnerContext>(runner: TestRunner<Context, never>): CoroutineIt<Context> {
  const defaultTimeout = (): number | undefined => runner.limit?.('test')
  const of = (kind: Kind): DefineTest<Context> => definer((...test) => runner.test(kind)(...test), defaultTimeout)
  return Object.assign(of('test'), {
    only: of('only'),
    skip: of('skip'),
    explore<T, S>(
      name: string,
      program: Program<S, T>,
      { timeout, ...options }: ExploreOptions<S, T> & { readonly timeout?: number | undefined } = {},
    ): void {
      const definedAt = callerFrame()
      const limit = timeout ?? defaultTimeout()
      const body = async (context: RunnerContext): Promise<void> => {
        const signals = [context.signal, limit === undefined ? undefined : AbortSignal.timeout(limit)]
        const signal = AbortSignal.any(signals.filter((one) => one !== undefined) as AbortSignal[])
        const writtenAs = (written: string, told: readonly string[]): string =>
          `it.explore(${repr(name)}, ${written}, { ${told.join(', ')} })`
        const endsAt = limit === undefined ? undefined : hostClock.time() + limit
        await withOwnFrames(exploreProgram(program, { signal, ...options }, { writtenAs, endsAt }), definedAt)
      }
      runner.test('test')(name, body, withCleanUp(limit))
    },
  })
}

/**
 * Makes a function that defines tests whose bodies may be coroutine functions.
 * @param define how the runner defines them; if their last argument has a `signal`, that ends the test
 */
export function definer<Args extends readonly unknown[]>(
  define: DefineWith<Args>,
  defaultTimeout: () => number | undefined,
): DefineTestWith<Args> {
  return (name, body, options = {}) => {
    const plan = planBody(`the test '${name}'`, body, options, defaultTimeout)
    const definedAt = callerFrame()
    const run = async (...args: Args): Promise<void> => {
      const context = args.at(-1) as RunnerContext | undefined
      const ended = plan.run(() => body(...args), context?.signal)
      await withOwnFrames(ended, definedAt)
    }
    define(name, withParametersOf(body, run), plan.last)
  }
}

/** Defines a hook. The body is a coroutine function, or any other function. */
export type DefineHook<Context> = (body: (context: Context) => unknown, options?: CoroutineTestOptions) => void

/** Creates a hook of a test runner. */
export function coroutineHook<Context extends RunnerContext, Hook extends string>(
  runner: TestRunner<Context, Hook>,
  name: Hook,
): DefineHook<Context> {
  return (body, options = {}) => {
    const plan = planBody(`the hook '${name}'`, body, options, () => runner.limit?.('hook'))
    const run = async (call: () => unknown, { signal }: RunnerContext): Promise<unknown> => {
      const result = await plan.run(call, signal)
      // A function that a hook returns is called afterwards by Vitest, to clean up.
      return typeof result === 'function' ? () => run(result as () => unknown, {}) : result
    }
    runner.hook(name)((context) => run(() => body(context), context), plan.last)
  }
}

/**
 * Prepares the body of a test or of a hook.
 * @returns a function that calls it and runs the coroutine that it returns; and the limit for the runner, which is
 * later than the end of the clean-up, because the error must name the awaitables of the test
 * @throws TypeError if the body is not a function, or an option is invalid
 */
function planBody(
  what: string,
  body: unknown,
  options: CoroutineTestOptions,
  defaultTimeout: () => number | undefined,
): {
  readonly run: (call: () => unknown, signal: AbortSignalLike | undefined) => Promise<unknown>
  readonly last: number | undefined
} {
  if (typeof body !== 'function') {
    throw new TypeError(`${what} needs a function, and its options after that, got ${repr(body)}`)
  }
  checkOptions(what, options, ['realTime', 'timeout', 'allow'])
  const { realTime, allow = {}, timeout = defaultTimeout() } = options
  checkAllowedLeaks(allow)
  const run = (call: () => unknown, signal: AbortSignalLike | undefined): Promise<unknown> => {
    let test: CoroutineTest<unknown> | undefined
    const start = async (ending: AbortSignal): Promise<unknown> => {
      const returned = await callForCoroutine(call)
      if (isCoroutine(returned)) {
        test = new CoroutineTest(returned, realTime === true ? 'real' : 'virtual', allow, what)
        return test.run(ending)
      }
      if (!isAsyncGenerator(returned)) return returned
      throw new TypeError(
        `the function of ${what} is an async function*, which nothing runs. Write function* instead, and yield* for await`,
      )
    }
    const cleanUp = (): number => (test === undefined ? 0 : CLEANUP_MS)
    const error = (ms: number): Error => timeoutError(what, ms, test?.waiting() ?? ' for its promise')
    return runWithin(start, signal as AbortSignal | undefined, timeout, error, cleanUp)
  }
  return { run, last: withCleanUp(timeout) }
}

function withCleanUp(timeout: number | undefined): number | undefined {
  return timeout === undefined ? undefined : timeout + CLEANUP_MS
}

function timeoutError(what: string, timeout: number, waiting: string): Error {
  const error = new Error(`${what} timed out after ${timeout} ms. It was waiting:${waiting}`)
  error.stack = String(error) // the stack of a timer says nothing
  return error
}

const asyncGenerators = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype) as object

function isAsyncGenerator(value: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(asyncGenerators, value as object)
}

/**
 * Runs a test within its time limit. If it takes longer, its signal aborts, and it may clean up.
 * @param timeout in ms; undefined: there is no limit
 * @param tooLate returns the error of a test that takes too long
 * @param cleanUp returns for how many more ms the test may clean up; called when it is cancelled
 * @throws the error of the test; the timeout error, or the reason of the signal. If the test also fails while it cleans
 * up, that error is its cause
 */
async function runWithin<T>(
  test: (ending: AbortSignal) => Promise<T>,
  signal: AbortSignal | undefined,
  timeout: number | undefined,
  tooLate: (timeout: number) => Error,
  cleanUp: () => number,
): Promise<T> {
  const late = new AbortController()
  const ending = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
  const timers: unknown[] = []
  const after = (ms: number, call: () => void): void => void timers.push(setTimeout(call, ms))
  if (timeout !== undefined) after(timeout, () => late.abort(tooLate(timeout)))
  const stuck = new Promise<never>((_, reject) => {
    ending.addEventListener('abort', () => after(cleanUp(), () => reject(ending.reason)))
  })
  try {
    const result = await Promise.race([test(ending), stuck])
    ending.throwIfAborted() // it refused to be cancelled
    return result
  } catch (error) {
    const reason: unknown = ending.reason
    if (!ending.aborted || error === reason) throw error
    if (reason instanceof Error && reason.cause === undefined) reason.cause = error
    throw reason
  } finally {
    for (const timer of timers) clearTimeout(timer as undefined)
  }
}

// Vitest calls a test function and awaits its result. It cannot await a coroutine: the test would pass without having
// run a line of its body. This runner runs the coroutine, within Vitest's time limit for the test. A bare generator may
// or may not be a coroutine, so it makes the test fail.

import type { Coroutine } from 'spindle'
import { expect, type RunnerTestCase, type RunnerTestSuite, TestRunner } from 'vitest'
import { runWithin, startOfTest } from './time-limit.ts'

// Every generator inherits from the first, and every async generator from the second.
const generators: object[] = [function* () {}, async function* () {}].map((fn) => Object.getPrototypeOf(fn).prototype)

type Called = (...args: never[]) => unknown

/** The context of a call: the signal with which Vitest ends it, and its name in messages. */
interface Call {
  readonly kind: 'test' | 'hook'
  readonly name: string
  readonly signal: AbortSignal | undefined
}

/**
 * A runner for Vitest that runs the coroutines of `it('…', coroutine(function* () { … }))` and of hooks, each in its
 * own loop. The test fails if its coroutine fails, or if anything is reported to the loop's exception handler. A
 * coroutine that takes longer than its timeout, or whose test Vitest ends, is cancelled, cleans up, and fails with what
 * it was waiting for. A bare generator function fails its test. After each test, the loop of `getHostLoop()` is closed,
 * and the Tasks that were left there are named. `expect(task).toBe(other)` and `toEqual` compare Futures by identity.
 * Name it in `vitest.config.ts`: `test: { runner: '@spindle/testing/vitest-runner' }`.
 */
export default class CoroutineRunner extends TestRunner {
  // The time limit of the current call, in ms. Vitest's own functions set it as soon as they are called, unless there
  // is no limit.
  declare _currentTaskTimeout: number | undefined
  // The copy that the test file has imported: Vitest may reload all modules between this one and that.
  #ours!: typeof import('./coroutine-test.ts')
  // The number of tests that are running.
  #trying = 0

  /** Called by Vitest when it has imported the test files, before it runs their tests. */
  async onBeforeRunFiles(): Promise<void> {
    this.#ours = await import('./coroutine-test.ts')
    expect.addEqualityTesters([this.#ours.areSameFuture])
  }

  /** Called by Vitest before each try of a test. */
  override onBeforeTryTask(test: RunnerTestCase): void {
    super.onBeforeTryTask(test)
    this.#trying++
  }

  /**
   * Called by Vitest when a try has ended, after the hooks. Concurrent tests share the host loop: the last one closes
   * it.
   */
  async onAfterRetryTask(test: RunnerTestCase): Promise<void> {
    if (--this.#trying > 0) return
    const left = await this.#ours.endHostLoop(this.config.hookTimeout)
    if (left.length === 0) return
    console.warn(
      `The test '${test.name}' left Tasks on the host loop, which were cancelled. Await them, or cancel them:` +
        left.map((task) => `\n  ${task}`).join(''),
    )
  }

  /** Called by Vitest before the hooks of a suite. */
  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onBeforeRunSuite(suite)
    // A file that could not be loaded has no tests.
    for (const [name, hooks] of Object.entries(TestRunner.getSuiteHooks(suite) ?? {})) this.#wrap(name, hooks)
  }

  /** Called by Vitest in place of the test function, once for each try. */
  async runTask(test: RunnerTestCase): Promise<void> {
    const { signal } = test.context
    await this.#await(TestRunner.getTestFn(test), { kind: 'test', name: test.name, signal })
    // Vitest has checked for these before the coroutine ran: `expect(promise).resolves` without an `await`.
    await Promise.all(test.promises ?? [])
  }

  /** Called by Vitest before the functions that were passed to `onTestFinished` and `onTestFailed`. */
  onTaskFinished(test: RunnerTestCase): void {
    const { onFinished = [], onFailed = [] } = test as { onFinished?: Called[]; onFailed?: Called[] } // not in its type
    this.#wrap('onTestFinished', onFinished)
    this.#wrap('onTestFailed', onFailed)
  }

  #wrap(name: string, hooks: Called[]): void {
    for (const [n, hook] of hooks.entries()) {
      const wrapped = (...args: never[]): Promise<unknown> => {
        const signal = args.map((given: { signal?: unknown } | undefined) => given?.signal).find(isSignal)
        return this.#await(() => hook(...args), { kind: 'hook', name, signal })
      }
      hooks[n] = Object.assign(wrapped, hook) // Vitest stores its timeouts on the function
    }
  }

  async #await(call: () => unknown, told: Call): Promise<unknown> {
    const start = startOfTest()
    this._currentTaskTimeout = undefined
    const returning = this.#ours.callForCoroutine(call)
    const timeout = this._currentTaskTimeout
    const returned = await returning
    if (isBareGenerator(returned)) {
      throw new TypeError(
        `the function of the ${told.kind} '${told.name}' returned a generator that nobody runs: ` +
          'wrap it: coroutine(function* () { … }), or inVirtualTime(function* () { … })',
      )
    }
    const result = this.#ours.isCoroutine(returned) ? await this.#run(returned, told, timeout, start) : returned
    // A function that a hook returns is called afterwards, to clean up.
    return typeof result === 'function' ? (...args: never[]) => this.#await(() => result(...args), told) : result
  }

  /**
   * Runs a coroutine until it ends, its timeout, counted from `start`, expires, or Vitest ends it. Its clean-up has the
   * same time limit as a hook.
   */
  async #run<T>(main: Coroutine<T>, { kind, signal }: Call, timeout: number | undefined, start: number): Promise<T> {
    // Vitest shows each error of an array.
    return runWithin(new this.#ours.CoroutineTest(main), {
      timeout,
      start,
      signal,
      cleanup: this.config.hookTimeout,
      error: (limit, waiting) => timeoutError(kind, limit, waiting),
    })
  }
}

/** Vitest's message, with the details needed to find the reason. */
function timeoutError(kind: Call['kind'], timeout: number, waiting: string): Error {
  const error = new Error(
    `${kind === 'test' ? 'Test' : 'Hook'} timed out in ${timeout}ms.\nIf this is a long-running ${kind}, pass a timeout value as ` +
      `the last argument or configure it globally with "${kind}Timeout".\nIt was waiting:${waiting}`,
  )
  error.stack = String(error) // the stack of a timer says nothing
  return error
}

/** Whether a value is an ordinary generator or async generator, rather than one made by `coroutine()`. */
function isBareGenerator(value: unknown): boolean {
  return generators.some((prototype) => Object.prototype.isPrototypeOf.call(prototype, value as object))
}

function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal
}

// `it` and `test` of node:test that take a coroutine function as it is: `node --test`.

import { test as nodeTest } from 'node:test'
import { type CoroutineIt, coroutineIt, type Define, type RunnerContext } from './coroutine-it.ts'

export type { CoroutineIt, CoroutineTestOptions, DefineTest } from './coroutine-it.ts'

interface NodeDefine extends Define<RunnerContext> {
  readonly only: Define<RunnerContext>
  readonly skip: Define<RunnerContext>
}

/**
 * Makes a test of a coroutine function, for `node --test`. It runs in a loop of its own and in virtual time, or with
 * `{ realTime: true }` as time passes. What is reported to the loop's exception handler fails it. In real time, one
 * that takes too long is cancelled, and cleans up.
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
export const it: CoroutineIt<RunnerContext> = coroutineIt(nodeTest as unknown as NodeDefine) // of whose overloads this is one

/** The same as `it`. */
export const test: CoroutineIt<RunnerContext> = it

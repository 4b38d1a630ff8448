// Vitest calls a test function and awaits what it returns. A generator function returns a generator, which is nothing to
// wait for: the test passes without running a line of its body. This runner makes such a test fail.

import { type RunnerTestCase, TestRunner } from 'vitest'

/**
 * A runner for Vitest that fails a test whose function is a bare generator function, or returns a generator nobody runs,
 * and says what to write. Name it in `vitest.config.ts`: `test: { runner: '@spindle/testing/vitest-runner' }`.
 */
export default class GeneratorGuard extends TestRunner {
  /** Called by Vitest in place of the test function, once for each try. */
  async runTask(test: RunnerTestCase): Promise<void> {
    // The type has `any` for what comes back; Vitest itself lets it pass unseen.
    const returned: unknown = await TestRunner.getTestFn(test)()
    if (isGenerator(returned)) {
      throw new TypeError(
        `the function of the test '${test.name}' returned a generator that nobody runs: wrap it: inVirtualTime(function* () { … })`,
      )
    }
  }
}

// Async generators too: both do nothing until somebody calls next().
function isGenerator(value: unknown): boolean {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Generator]' || tag === '[object AsyncGenerator]'
}

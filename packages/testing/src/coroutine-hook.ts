// The part of `beforeEach` and the other hooks that all test runners share.

import { type CoroutineTestOptions, planBody, type RunnerContext, runBody } from './coroutine-it.ts'

/** Defines a hook. The body is a coroutine function, or any other function. */
export type DefineHook<Context> = (body: (context: Context) => unknown, options?: CoroutineTestOptions) => void

/** How a hook is defined with a test runner; `timeout` is the time in ms after which the runner abandons the hook. */
export type HookOfRunner<Context> = (
  body: (context: Context) => Promise<unknown>,
  timeout: number | undefined,
) => unknown

/**
 * Creates a hook of a test runner.
 * @param defaultTimeout returns the time limit of a hook, in ms; undefined: no limit
 */
export function coroutineHook<Context extends RunnerContext>(
  name: string,
  define: HookOfRunner<Context>,
  defaultTimeout: () => number | undefined,
): DefineHook<Context> {
  return (body, options = {}) => {
    const plan = planBody(`the hook '${name}'`, body, options, defaultTimeout)
    const run = async (call: () => unknown, { signal }: RunnerContext): Promise<unknown> => {
      const result = await runBody(call, plan, signal)
      // A function that a hook returns is called afterwards by Vitest, to clean up.
      return typeof result === 'function' ? () => run(result as () => unknown, {}) : result
    }
    define((context) => run(() => body(context), context), plan.last)
  }
}

// ESLint rules for programs written with Spindle.

import type { TSESLint } from '@typescript-eslint/utils'
import { noBlockingInCoroutine } from './rules/no-blocking-in-coroutine.ts'
import { noCoroutineInCondition } from './rules/no-coroutine-in-condition.ts'
import { noFloatingCoroutine } from './rules/no-floating-coroutine.ts'
import { noGeneratorCallback } from './rules/no-generator-callback.ts'
import { noReturnInFinally } from './rules/no-return-in-finally.ts'
import { noSeconds } from './rules/no-seconds.ts'
import { noSwallowedCancellation } from './rules/no-swallowed-cancellation.ts'
import { noUnboundedGather } from './rules/no-unbounded-gather.ts'
import { preferUsing } from './rules/prefer-using.ts'
import { yieldStar } from './rules/yield-star.ts'

type RuleName =
  | 'no-blocking-in-coroutine'
  | 'no-coroutine-in-condition'
  | 'no-floating-coroutine'
  | 'no-generator-callback'
  | 'no-return-in-finally'
  | 'no-seconds'
  | 'no-swallowed-cancellation'
  | 'no-unbounded-gather'
  | 'prefer-using'
  | 'yield-star'

const rules: Record<RuleName, TSESLint.RuleModule<string, readonly unknown[]>> = {
  'no-blocking-in-coroutine': noBlockingInCoroutine,
  'no-coroutine-in-condition': noCoroutineInCondition,
  'no-floating-coroutine': noFloatingCoroutine,
  'no-generator-callback': noGeneratorCallback,
  'no-return-in-finally': noReturnInFinally,
  'no-seconds': noSeconds,
  'no-swallowed-cancellation': noSwallowedCancellation,
  'no-unbounded-gather': noUnboundedGather,
  'prefer-using': preferUsing,
  'yield-star': yieldStar,
}

const recommended: Record<string, 'error' | 'warn' | 'off' | ['warn', object]> = {
  '@spindle/no-blocking-in-coroutine': 'error',
  '@spindle/no-coroutine-in-condition': 'error',
  '@spindle/no-floating-coroutine': 'error',
  '@spindle/no-generator-callback': 'error',
  '@spindle/no-return-in-finally': 'error',
  '@spindle/no-seconds': 'error',
  '@spindle/no-swallowed-cancellation': 'error',
  '@spindle/prefer-using': 'warn',
  '@spindle/yield-star': 'error',
  // A coroutine that does not wait is still a coroutine.
  'require-yield': 'off',
  // `using _ = yield* lock.acquire()` only serves the end of its block.
  'no-unused-vars': ['warn', { ignoreUsingDeclarations: true }],
}

interface Plugin {
  readonly meta: { readonly name: string; readonly version: string }
  readonly rules: typeof rules
  /**
   * Flat configurations. `recommended`; `strict` adds `no-unbounded-gather`; `tests` leaves out
   * `no-swallowed-cancellation`, as a test may catch whatever a coroutine throws, to compare it.
   */
  readonly configs: Record<'recommended' | 'strict' | 'tests', TSESLint.FlatConfig.Config>
}

const meta = { name: '@spindle/eslint-plugin', version: '0.1.0' }
const plugins = { '@spindle': { meta, rules } }

const plugin: Plugin = {
  meta,
  rules,
  configs: {
    recommended: { name: 'spindle/recommended', plugins, rules: recommended },
    tests: {
      name: 'spindle/tests',
      plugins,
      rules: { ...recommended, '@spindle/no-swallowed-cancellation': 'off' },
    },
    strict: {
      name: 'spindle/strict',
      plugins,
      rules: { ...recommended, '@spindle/no-unbounded-gather': 'error' },
    },
  },
}

export default plugin

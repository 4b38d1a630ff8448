// ESLint rules for programs written with Spindle.

import type { Linter, Rule } from 'eslint'
import { noBlockingInCoroutine } from './rules/no-blocking-in-coroutine.ts'
import { noCoroutineInCondition } from './rules/no-coroutine-in-condition.ts'
import { noFloatingCoroutine } from './rules/no-floating-coroutine.ts'
import { noGeneratorCallback } from './rules/no-generator-callback.ts'
import { noReturnInFinally } from './rules/no-return-in-finally.ts'
import { noReusedCoroutine } from './rules/no-reused-coroutine.ts'
import { noSeconds } from './rules/no-seconds.ts'
import { noStaleAssignment } from './rules/no-stale-assignment.ts'
import { noSwallowedCancellation } from './rules/no-swallowed-cancellation.ts'
import { noUnboundedGather } from './rules/no-unbounded-gather.ts'
import { noUnprotectedCleanup } from './rules/no-unprotected-cleanup.ts'
import { noUnseenSignal } from './rules/no-unseen-signal.ts'
import { preferCall } from './rules/prefer-call.ts'
import { preferUsing } from './rules/prefer-using.ts'
import { yieldStar } from './rules/yield-star.ts'

const recommended = {
  'no-blocking-in-coroutine': noBlockingInCoroutine,
  'no-coroutine-in-condition': noCoroutineInCondition,
  'no-floating-coroutine': noFloatingCoroutine,
  'no-generator-callback': noGeneratorCallback,
  'no-reused-coroutine': noReusedCoroutine,
  'no-return-in-finally': noReturnInFinally,
  'no-seconds': noSeconds,
  'no-stale-assignment': noStaleAssignment,
  'no-swallowed-cancellation': noSwallowedCancellation,
  'no-unseen-signal': noUnseenSignal,
  'prefer-call': preferCall,
  'prefer-using': preferUsing,
  'yield-star': yieldStar,
}
const strict = { 'no-unbounded-gather': noUnboundedGather, 'no-unprotected-cleanup': noUnprotectedCleanup }

// The types of typescript-eslint's rules differ from ESLint's own, and a user needs only one of them.
const rules = { ...recommended, ...strict } as unknown as Record<string, Rule.RuleModule>

// One object, because ESLint refuses two configurations of a file if each has its own object for a plugin.
const plugins = { '@spindle': { rules } }

interface Plugin {
  readonly meta: { readonly name: string; readonly version: string }
  readonly rules: Record<string, Rule.RuleModule>
  /**
   * Flat configurations. `recommended` is for any project; `typescript` is for projects with typescript-eslint, and
   * lets `using _ = …` stay unused there; `strict` adds rules that ask for more; `tests` leaves out
   * `no-swallowed-cancellation`, because a test may catch whatever a coroutine throws, and `prefer-call`.
   */
  readonly configs: Record<'recommended' | 'typescript' | 'strict' | 'tests', Linter.Config>
}

const plugin: Plugin = {
  meta: { name: '@spindle/eslint-plugin', version: '0.1.0' },
  rules,
  configs: {
    recommended: configOf('recommended', {}),
    typescript: configOf('typescript', {
      '@typescript-eslint/no-unused-vars': ['warn', { ignoreUsingDeclarations: true }],
    }),
    strict: configOf('strict', levels(strict, 'error')),
    tests: configOf('tests', { '@spindle/no-swallowed-cancellation': 'off', '@spindle/prefer-call': 'off' }),
  },
}

function configOf(name: string, more: Linter.RulesRecord): Linter.Config {
  return {
    name: `spindle/${name}`,
    plugins,
    // A coroutine that does not wait is still a coroutine.
    rules: { ...levels(recommended, 'warn'), 'require-yield': 'off', ...more },
  }
}

function levels(some: object, ofSuggestions: 'warn' | 'error'): Linter.RulesRecord {
  return Object.fromEntries(
    Object.keys(some).map((name) => [
      `@spindle/${name}`,
      rules[name]?.meta?.type === 'problem' ? 'error' : ofSuggestions,
    ]),
  )
}

export default plugin

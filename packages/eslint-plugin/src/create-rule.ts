import { ESLintUtils, type TSESLint } from '@typescript-eslint/utils'

/** The documentation that every rule of this plugin has. */
export interface RuleDocs {
  readonly description: string
}

/** A rule of this plugin. */
export type Rule<MessageIds extends string> = TSESLint.RuleModule<MessageIds, readonly unknown[], RuleDocs>

const PAGE = 'https://github.com/spindle-js/spindle/blob/main/docs/reference/lint-rules.md'

/** Creates a rule whose documentation is the section with its name in `docs/reference/lint-rules.md`. */
export const createRule: ReturnType<typeof ESLintUtils.RuleCreator<RuleDocs>> = ESLintUtils.RuleCreator<RuleDocs>(
  (name) => `${PAGE}#${name}`,
)

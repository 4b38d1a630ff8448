import type { TSESLint } from '@typescript-eslint/utils'

/** The documentation that every rule of this plugin has. */
export interface RuleDocs {
  readonly description: string
  readonly url?: string
}

/** A rule of this plugin. None has options. */
export type Rule<MessageIds extends string> = TSESLint.RuleModule<MessageIds, readonly unknown[], RuleDocs>

const PAGE = 'https://github.com/spindle-js/spindle/blob/main/docs/reference/lint-rules.md'

/** Creates a rule whose documentation is the section with its name in `docs/reference/lint-rules.md`. */
export function createRule<MessageIds extends string>(
  rule: Rule<MessageIds> & { readonly name: string },
): Rule<MessageIds> {
  const { name, meta, create } = rule
  const docs = { description: meta.docs?.description ?? '', url: `${PAGE}#${name}` }
  return { meta: { ...meta, docs }, create, defaultOptions: [] }
}

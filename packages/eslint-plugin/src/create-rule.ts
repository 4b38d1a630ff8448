import type { TSESLint } from '@typescript-eslint/utils'

/** A rule of this plugin. None has options. */
export type Rule<MessageIds extends string> = TSESLint.RuleModule<MessageIds, readonly unknown[]>

type Meta<MessageIds extends string> = Rule<MessageIds>['meta']

interface RuleParts<MessageIds extends string>
  extends Pick<Meta<MessageIds>, 'type' | 'messages' | 'fixable' | 'hasSuggestions'>,
    Pick<Rule<MessageIds>, 'create'> {
  readonly name: string
  readonly description: string
}

const PAGE = 'https://github.com/spindle-js/spindle/blob/main/docs/reference/lint-rules.md'

/** Creates a rule whose documentation is the section with its name in `docs/reference/lint-rules.md`. */
export function createRule<MessageIds extends string>(parts: RuleParts<MessageIds>): Rule<MessageIds> {
  const { name, description, create, ...meta } = parts
  return { meta: { ...meta, docs: { description, url: `${PAGE}#${name}` }, schema: [] }, create, defaultOptions: [] }
}

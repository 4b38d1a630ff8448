import type { TSESTree } from '@typescript-eslint/utils'
import { createRule, type Rule } from '../create-rule.ts'
import { importedName, memberOf } from '../scopes.ts'

// The index of the time argument of each function.
const TIMES: Record<string, number> = { sleep: 0, timeout: 0, moveOnAfter: 0, uncancellable: 0, waitFor: 1 }

export const noSeconds: Rule<'seconds' | 'toMilliseconds'> = createRule({
  name: 'no-seconds',
  type: 'problem',
  description: 'Disallow fractions as a time: times are milliseconds.',
  hasSuggestions: true,
  messages: {
    seconds: '{{name}}() takes milliseconds: this is {{value}} ms.',
    toMilliseconds: 'Write {{milliseconds}}.',
  },
  create(context) {
    return {
      CallExpression(node) {
        const name = importedName(context.sourceCode, node.callee)
        const index = name === undefined ? undefined : TIMES[name]
        if (index !== undefined) check(name ?? '', node.arguments[index])
        else if (memberOf(node.callee)?.name === 'callLater') check('callLater', node.arguments[0])
      },
    }

    function check(name: string, time: TSESTree.Node | undefined): void {
      if (time?.type !== 'Literal' || typeof time.value !== 'number') return
      const { value } = time
      if (Number.isInteger(value) || value >= 60 || value <= 0) return
      const milliseconds = String(Math.round(value * 1000))
      context.report({
        node: time,
        messageId: 'seconds',
        data: { name, value: String(value) },
        suggest: [
          {
            messageId: 'toMilliseconds',
            data: { milliseconds },
            fix: (fixer) => fixer.replaceText(time, milliseconds),
          },
        ],
      })
    }
  },
})

import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { importsSpindle } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { constantOf, importedName, memberOf } from '../scopes.ts'

// The index of the time argument of each function.
const TIMES: Record<string, number> = { sleep: 0, timeout: 0, moveOnAfter: 0, uncancellable: 0, waitFor: 1 }

// A variable whose name says that it holds seconds.
const IN_SECONDS = /^(?:sec|secs|seconds)$|(?:Sec|Secs|Seconds)$|_(?:sec|secs|seconds|SECONDS)$|^SECONDS$/

type MessageIds = 'seconds' | 'named' | 'pointInTime' | 'toMilliseconds'

interface Data extends Record<string, string> {
  readonly name: string
  readonly value: string
  readonly milliseconds: string
}

export const noSeconds: Rule<MessageIds> = createRule({
  name: 'no-seconds',
  type: 'problem',
  description: 'Disallow seconds, and points in time, where a number of milliseconds is expected.',
  hasSuggestions: true,
  messages: {
    seconds: '{{name}}() takes milliseconds: this is {{value}} ms.',
    named: '{{name}}() takes milliseconds, and `{{value}}` seems to be a number of seconds.',
    pointInTime: '{{name}}() takes milliseconds from now, not a date.',
    toMilliseconds: 'Write `{{milliseconds}}`.',
  },
  create(context) {
    return {
      CallExpression(node) {
        const name = importedName(context.sourceCode, node.callee)
        const index = name === undefined ? undefined : TIMES[name]
        if (index !== undefined) check(name ?? '', node.arguments[index])
        else if (memberOf(node.callee)?.name === 'callLater' && importsSpindle(context.sourceCode))
          check('callLater', node.arguments[0])
      },
    }

    function check(name: string, time: TSESTree.Node | undefined): void {
      if (time === undefined) return
      const named = time.type === 'Identifier' ? time.name : memberOf(time)?.name
      if (time.type === 'Literal' && typeof time.value === 'number') {
        const { value } = time
        if (!Number.isInteger(value) && value < 60 && value > 0)
          report('seconds', time, { name, value: String(value), milliseconds: String(Math.round(value * 1000)) })
      } else if (named !== undefined && IN_SECONDS.test(named)) {
        const value = context.sourceCode.getText(time)
        report('named', time, { name, value, milliseconds: `${value} * 1000` })
      } else if (isPointInTime(constantOf(context.sourceCode, time) ?? time)) {
        context.report({ node: time, messageId: 'pointInTime', data: { name } })
      }
    }

    function report(messageId: 'seconds' | 'named', node: TSESTree.Node, data: Data): void {
      const fix = (fixer: TSESLint.RuleFixer): TSESLint.RuleFix => fixer.replaceText(node, data.milliseconds)
      context.report({ node, messageId, data, suggest: [{ messageId: 'toMilliseconds', data, fix }] })
    }
  },
})

/** `Date.now()`, `Date.now() + 20`, but not `end - Date.now()`. */
function isPointInTime(node: TSESTree.Node): boolean {
  if (node.type === 'BinaryExpression')
    return node.operator === '+' && (isPointInTime(node.left) || isPointInTime(node.right))
  const called = node.type === 'CallExpression' ? memberOf(node.callee) : undefined
  return called?.name === 'now' && /^(?:Date|performance)$/.test(called.of ?? '')
}

import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf, importsSpindle } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { generatorAround, memberOf } from '../scopes.ts'

type MessageIds = 'alwaysTrue' | 'notCalled' | 'addYieldStar'

// The questions that Futures, locks and queues answer, and that the platform answers by properties only.
const QUESTIONS = /^(?:done|cancelled|locked|empty|full|isSet)$/

export const noCoroutineInCondition: Rule<MessageIds> = createRule({
  name: 'no-coroutine-in-condition',
  type: 'problem',
  description: 'Disallow a coroutine or Future as a condition: an object is always true.',
  hasSuggestions: true,
  messages: {
    alwaysTrue: 'This condition is always true: it is a {{kind}}, not its result. Write `yield*` before it.',
    notCalled: 'This condition is always true: it is the method itself. Call it: `{{text}}()`.',
    addYieldStar: 'Await it: `yield*`.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)

    return {
      IfStatement: ({ test }) => check(test),
      WhileStatement: ({ test }) => check(test),
      DoWhileStatement: ({ test }) => check(test),
      ForStatement: ({ test }) => test && check(test),
      ConditionalExpression: ({ test }) => check(test),
      UnaryExpression: ({ operator, argument }) => operator === '!' && check(argument),
      LogicalExpression: ({ left }) => check(left),
    }

    function check(node: TSESTree.Expression): void {
      if (node.type === 'LogicalExpression') {
        check(node.right) // its left side is visited separately
        return
      }
      const isQuestion = importsSpindle(context.sourceCode) && QUESTIONS.test(memberOf(node)?.name ?? '')
      if (isQuestion && awaitables.isFunction(node))
        context.report({ node, messageId: 'notCalled', data: { text: context.sourceCode.getText(node) } })
      const kind = awaitables.kindOf(node)
      if (kind === undefined || awaitables.mayBeMissing(node) || (kind === 'future' && node.type !== 'CallExpression'))
        return
      const awaited = `(yield* ${context.sourceCode.getText(node)})`
      context.report({
        node,
        messageId: 'alwaysTrue',
        data: { kind: kind === 'future' ? 'Future' : 'coroutine' },
        suggest: generatorAround(node)
          ? [{ messageId: 'addYieldStar', fix: (fixer) => fixer.replaceText(node, awaited) }]
          : [],
      })
    }
  },
})

import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { type FunctionNode, functionAround, generatorAround } from '../scopes.ts'

type MessageIds = 'yield' | 'return' | 'await' | 'async' | 'using'

export const yieldStar: Rule<MessageIds> = createRule({
  name: 'yield-star',
  type: 'problem',
  description: 'Require `yield*` to await a coroutine, not `yield`, `return` or `await` alone.',
  fixable: 'code',
  messages: {
    yield: '`yield` without the star does not await. Write `yield*`.',
    return: 'This returns the coroutine itself, which never runs. Write `return yield*`.',
    await: '`await` cannot run a coroutine. Write `await run(…)` outside a coroutine, `yield*` inside.',
    async: 'An async function cannot run a coroutine. Write `function*`, or `run(…)`.',
    using: '`using` needs what the coroutine returns. Write `yield*` before it.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)

    return {
      YieldExpression(node) {
        if (node.argument === null) return // a bare `yield` awaits nothing
        const kind = awaitables.kindOf(node.argument)
        if (kind === undefined) return
        if (functionAround(node)?.async) return context.report({ node, messageId: 'async' })
        if (!node.delegate)
          context.report({
            node,
            messageId: 'yield',
            fix: (fixer) => fixer.replaceTextRange([node.range[0], node.range[0] + 'yield'.length], 'yield*'),
          })
      },
      ReturnStatement(node) {
        if (node.argument) checkReturned(node.argument, functionAround(node))
      },
      'ArrowFunctionExpression[async=true]'(node: TSESTree.ArrowFunctionExpression) {
        if (node.body.type !== 'BlockStatement') checkReturned(node.body, node)
      },
      AwaitExpression(node) {
        if (awaitables.kindOf(node.argument) === 'coroutine') context.report({ node, messageId: 'await' })
      },
      VariableDeclaration(node) {
        if (node.kind !== 'using') return
        for (const { init } of node.declarations) {
          if (init && generatorAround(node) && awaitables.kindOf(init) === 'coroutine') insertYieldStar(init, 'using')
        }
      },
    }

    function checkReturned(returned: TSESTree.Expression, around: FunctionNode | undefined): void {
      if (!around || !(around.generator || around.async) || awaitables.returnsCoroutine(around)) return
      for (const value of returnedValues(returned)) {
        if (awaitables.kindOf(value) !== 'coroutine') continue
        if (around.async) context.report({ node: value, messageId: 'async' })
        else insertYieldStar(value, 'return')
      }
    }

    function insertYieldStar(node: TSESTree.Expression, messageId: 'return' | 'using'): void {
      const isOperand = node.parent?.type === 'ConditionalExpression' || node.parent?.type === 'LogicalExpression'
      const text = `yield* ${context.sourceCode.getText(node)}`
      context.report({ node, messageId, fix: (fixer) => fixer.replaceText(node, isOperand ? `(${text})` : text) })
    }
  },
})

function returnedValues(node: TSESTree.Expression): TSESTree.Expression[] {
  if (node.type === 'ConditionalExpression')
    return [...returnedValues(node.consequent), ...returnedValues(node.alternate)]
  if (node.type === 'LogicalExpression') return returnedValues(node.right)
  return [node]
}

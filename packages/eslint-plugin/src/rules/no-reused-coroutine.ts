import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { CALLS_AGAIN, functionAround, importedName, variableOf } from '../scopes.ts'

// Other functions that call their argument more than once, by their names.
const REPEATS = /^(?:map|flatMap|from|forEach)$|retry|repeat|again|poll|times/i

// The nodes around a `yield*`, by their types.
const MAY_BE_LEFT_OUT = /Function|If|Conditional|Logical|Switch|Try/
const IS_IN_LOOP = /For|While/

export const noReusedCoroutine: Rule<'reused'> = createRule({
  name: 'no-reused-coroutine',
  type: 'problem',
  description: 'Disallow to await a coroutine object twice, and `() => c` that returns the same one each time.',
  messages: {
    reused:
      'This coroutine object runs once, and would be used again. Write `{{name}}(…)` where it is used: `() => {{name}}(…)`.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)
    const { sourceCode } = context
    return {
      'CallExpression > ArrowFunctionExpression'(node: TSESTree.ArrowFunctionExpression) {
        const returned = node.body
        if (returned.type !== 'Identifier' || awaitables.kindOf(returned) !== 'coroutine') return
        const definition = variableOf(sourceCode, returned)?.defs[0]
        if (definition?.type !== 'Variable' || definition.node.init?.type !== 'CallExpression') return
        if (functionAround(definition.name) === node) return
        if (!callsAgain((node.parent as TSESTree.CallExpression).callee)) return
        const name = sourceCode.getText(definition.node.init.callee)
        context.report({ node: returned, messageId: 'reused', data: { name } })
      },
      'VariableDeclaration[kind=const] > VariableDeclarator'(node: TSESTree.VariableDeclarator) {
        if (node.init?.type !== 'CallExpression' || awaitables.kindOf(node.init) !== 'coroutine') return
        const uses = sourceCode.getDeclaredVariables?.(node)[0]?.references ?? []
        const awaits = uses
          .map(({ identifier }) => ({ identifier, path: pathTo(identifier, node.parent?.parent) }))
          .filter(({ path }) => path.startsWith('YieldExpression') && !MAY_BE_LEFT_OUT.test(path))
        const again = awaits.find(({ path }, index) => index > 0 || IS_IN_LOOP.test(path))
        const name = sourceCode.getText(node.init.callee)
        if (again) context.report({ node: again.identifier, messageId: 'reused', data: { name } })
      },
    }

    function callsAgain(callee: TSESTree.Expression): boolean {
      const imported = importedName(sourceCode, callee)
      const name = callee.type === 'MemberExpression' ? callee.property : callee
      return CALLS_AGAIN.has(imported ?? '') || (name.type === 'Identifier' && REPEATS.test(name.name))
    }
  },
})

/** The types of the nodes around one, up to the block. */
function pathTo(node: TSESTree.Node, block: TSESTree.Node | undefined): string {
  return node.parent === undefined || node.parent === block ? '' : `${node.parent.type} ${pathTo(node.parent, block)}`
}

import { createRule, type Rule } from '../create-rule.ts'
import { importedName, memberOf, variableOf } from '../scopes.ts'

export const noUnboundedGather: Rule<'unbounded'> = createRule({
  name: 'no-unbounded-gather',
  type: 'suggestion',
  description: 'Disallow `gather(list.map(…))`, which starts one Task for each item of the list.',
  messages: {
    unbounded:
      'This starts one Task for each item at once, however long the list is. Use `gatherMap(list, f, { concurrency })`.',
  },
  create(context) {
    return {
      CallExpression(node) {
        if (importedName(context.sourceCode, node.callee) !== 'gather') return
        const [list] = node.arguments
        const member = list?.type === 'CallExpression' ? memberOf(list.callee) : undefined
        if (list === undefined || member === undefined || !/^(?:map|flatMap|from)$/.test(member.name)) return
        const definition = variableOf(context.sourceCode, member.object)?.defs[0]
        const source = definition?.type === 'Variable' ? definition.node.init : member.object
        if (source?.type !== 'ArrayExpression') context.report({ node: list, messageId: 'unbounded' })
      },
    }
  },
})

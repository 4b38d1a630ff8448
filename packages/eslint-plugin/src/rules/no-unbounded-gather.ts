import { createRule, type Rule } from '../create-rule.ts'
import { importedName } from '../imports.ts'
import { variableOf } from '../scopes.ts'

export const noUnboundedGather: Rule<'unbounded'> = createRule({
  name: 'no-unbounded-gather',
  meta: {
    type: 'suggestion',
    docs: { description: 'Disallow `gather(list.map(…))`, which starts one Task for each item of the list.' },
    schema: [],
    messages: {
      unbounded:
        'This starts one Task for each item at once, however long the list is. Use `gatherMap(list, f, { concurrency })`.',
    },
  },
  defaultOptions: [],
  create(context) {
    return {
      CallExpression(node) {
        if (importedName(context.sourceCode, node.callee) !== 'gather') return
        const [list] = node.arguments
        if (list?.type !== 'CallExpression' || list.callee.type !== 'MemberExpression') return
        const { object, property } = list.callee
        if (property.type !== 'Identifier' || !/^(?:map|flatMap|from)$/.test(property.name)) return
        const definition = variableOf(context.sourceCode, object)?.defs[0]
        const source = definition?.type === 'Variable' ? definition.node.init : object
        if (source?.type !== 'ArrayExpression') context.report({ node: list, messageId: 'unbounded' })
      },
    }
  },
})

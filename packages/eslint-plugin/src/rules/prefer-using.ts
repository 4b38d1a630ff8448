import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { memberOf } from '../scopes.ts'

export const preferUsing: Rule<'using'> = createRule({
  name: 'prefer-using',
  type: 'suggestion',
  description: 'Prefer `using _ = yield* lock.acquire()` to `lock.release()`.',
  messages: { using: 'Write `using _ = yield* {{lock}}.acquire()`: it releases the lock however the block is left.' },
  create(context) {
    const awaitables = awaitablesOf(context)
    return {
      ExpressionStatement(node) {
        const lock = acquired(node.expression)
        if (!lock || node.parent.type !== 'BlockStatement' || !awaitables.coroutineAround(node)) return
        const { body } = node.parent
        const after = body.slice(body.indexOf(node) + 1)
        const text = context.sourceCode.getText(lock)
        const index = after.findIndex((each) => releases(each, text))
        if (index < 0 || (index === 0 && after[0]?.type !== 'TryStatement')) return // to wait for its turn alone
        if (!awaitables.isDisposable(node.expression)) return // a lock from elsewhere
        context.report({ node, messageId: 'using', data: { lock: text } })
      },
    }

    function releases(node: TSESTree.Statement, lock: string): boolean {
      if (node.type === 'TryStatement') return node.finalizer?.body.some((each) => releases(each, lock)) ?? false
      return node.type === 'ExpressionStatement' && context.sourceCode.getText(node.expression) === `${lock}.release()`
    }
  },
})

/** `lock` of `yield* lock.acquire()`. */
function acquired(node: TSESTree.Expression): TSESTree.Expression | undefined {
  if (node.type !== 'YieldExpression' || !node.delegate || node.argument?.type !== 'CallExpression') return undefined
  const member = memberOf(node.argument.callee)
  return member?.name === 'acquire' ? member.object : undefined
}

import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { importedName, isFunction } from '../scopes.ts'

const PROTECTED = /^(?:uncancellable|resource|exitStack)$/

export const noUnprotectedCleanup: Rule<'unprotected'> = createRule({
  name: 'no-unprotected-cleanup',
  type: 'problem',
  description: 'Require `uncancellable`, `resource` or `exitStack` for clean-up that waits.',
  messages: {
    unprotected:
      'A cancellation that arrives here cuts the clean-up short. Use `uncancellable(…)`, `resource` or `exitStack`.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)
    return {
      YieldExpression(node) {
        if (!node.delegate || !isInFinally(node) || !awaitables.coroutineAround(node)) return
        const { argument } = node
        const name = argument?.type === 'CallExpression' ? importedName(context.sourceCode, argument.callee) : undefined
        if (name === undefined || !PROTECTED.test(name)) context.report({ node, messageId: 'unprotected' })
      },
    }
  },
})

function isInFinally(node: TSESTree.Node): boolean {
  for (let at: TSESTree.Node | undefined = node; at?.parent && !isFunction(at); at = at.parent) {
    if (at.parent.type === 'TryStatement' && at.parent.finalizer === at) return true
  }
  return false
}

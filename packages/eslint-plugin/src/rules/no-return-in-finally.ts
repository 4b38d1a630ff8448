import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { isFunction } from '../scopes.ts'

export const noReturnInFinally: Rule<'swallows'> = createRule({
  name: 'no-return-in-finally',
  type: 'problem',
  description: 'Disallow leaving a `finally` of a coroutine by `return`, `break` or `continue`.',
  messages: {
    swallows: '`{{keyword}}` in `finally` swallows the exception that is propagating, including CancelledError.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)
    const check = (node: TSESTree.ReturnStatement | TSESTree.BreakStatement | TSESTree.ContinueStatement): void => {
      if (!leavesFinally(node) || !awaitables.coroutineAround(node)) return
      const keyword = node.type.replace('Statement', '').toLowerCase()
      context.report({ node, messageId: 'swallows', data: { keyword } })
    }
    return { ReturnStatement: check, BreakStatement: check, ContinueStatement: check }
  },
})

function leavesFinally(node: TSESTree.ReturnStatement | TSESTree.BreakStatement | TSESTree.ContinueStatement): boolean {
  const label = node.type === 'ReturnStatement' ? undefined : node.label?.name
  for (let at: TSESTree.Node | undefined = node; at?.parent && !isFunction(at); at = at.parent) {
    if (at.parent.type === 'TryStatement' && at.parent.finalizer === at) return true
    if (node.type === 'ReturnStatement') continue
    const stopsHere =
      label === undefined ? isTarget(at, node.type) : at.type === 'LabeledStatement' && at.label.name === label
    if (stopsHere) return false
  }
  return false
}

function isTarget({ type }: TSESTree.Node, jump: 'BreakStatement' | 'ContinueStatement'): boolean {
  return (
    /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/.test(type) ||
    (type === 'SwitchStatement' && jump === 'BreakStatement')
  )
}

import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { functionAround, generatorAround, memberOf, nodesInFunction } from '../scopes.ts'

type MessageIds = 'swallowed' | 'addRethrow'

export const noSwallowedCancellation: Rule<MessageIds> = createRule({
  name: 'no-swallowed-cancellation',
  type: 'problem',
  description: 'Disallow a broad `catch` around `yield*` that swallows the CancelledError.',
  hasSuggestions: true,
  messages: {
    swallowed:
      'This `catch` also catches CancelledError, so the Task cannot be cancelled here. Begin it with `rethrowIfCancelled({{name}})`.',
    addRethrow: 'Rethrow cancellations: `rethrowIfCancelled({{name}})`.',
  },
  create(context) {
    const { sourceCode } = context
    const awaitables = awaitablesOf(context)

    return {
      TryStatement({ block, handler }) {
        if (!handler || !generatorAround(handler) || !awaits(block) || letsCancellationsPass(handler)) return
        const name = handler.param?.type === 'Identifier' ? handler.param.name : 'error'
        context.report({
          node: handler,
          loc: { start: handler.loc.start, end: handler.body.loc.start },
          messageId: 'swallowed',
          data: { name },
          suggest: [{ messageId: 'addRethrow', data: { name }, fix: (fixer) => rethrow(fixer, handler, name) }],
        })
      },
    }

    /** Whether a cancellation of this Task can arrive in the block. */
    function awaits(block: TSESTree.BlockStatement): boolean {
      for (const node of nodesInFunction(sourceCode, block)) {
        if (node.type !== 'YieldExpression' || !node.delegate || !node.argument) continue
        const kind = awaitables.kindOf(node.argument)
        if (kind === 'coroutine' || (kind === 'future' && !isCancelledHere(node.argument))) return true
      }
      return false
    }

    /** `task.cancel(); try { yield* task } catch …`: the expected error is the Task's. */
    function isCancelledHere(task: TSESTree.Expression): boolean {
      const around = functionAround(task)
      if (!around || task.type !== 'Identifier') return false
      for (const node of nodesInFunction(sourceCode, around.body)) {
        const called = node.type === 'CallExpression' ? memberOf(node.callee) : undefined
        if (called?.of === task.name && called.name === 'cancel') return true
      }
      return false
    }

    /** Whether it throws the caught error on a path that a CancelledError may take, or names that and leaves. */
    function letsCancellationsPass({ body }: TSESTree.CatchClause): boolean {
      let [passes, names, leaves] = [false, false, false]
      for (const node of nodesInFunction(sourceCode, body)) {
        const name = node.type === 'Identifier' ? node.name : ''
        const rethrows = node.type === 'ThrowStatement' && node.argument.type !== 'NewExpression'
        passes ||= name === 'rethrowIfCancelled' || (rethrows && !isForOneKindOfError(node, body))
        names ||= /^(?:CancelledError|cancelled)$/.test(name)
        leaves ||= /^(?:Throw|Return|Break|Continue)Statement$/.test(node.type)
      }
      return passes || (names && leaves)
    }

    function* rethrow(
      fixer: TSESLint.RuleFixer,
      handler: TSESTree.CatchClause,
      name: string,
    ): Generator<TSESLint.RuleFix> {
      const brace = sourceCode.getFirstToken(handler.body)
      if (!brace) return
      if (!handler.param) yield fixer.insertTextBefore(brace, `(${name}) `)
      yield fixer.insertTextAfter(brace, ` rethrowIfCancelled(${name});`)
    }
  },
})

/** Whether a `throw` in a `catch` is for one kind of error alone: `if (error instanceof RangeError) throw error`. */
function isForOneKindOfError(statement: TSESTree.Node, body: TSESTree.Node): boolean {
  for (let node = statement; node !== body && node.parent; node = node.parent) {
    if (node.parent.type === 'IfStatement' && node.parent.consequent === node && selects(node.parent.test)) return true
  }
  return false
}

/** Whether a condition can be true for one kind of error alone, which is not CancelledError. */
function selects(test: TSESTree.Expression): boolean {
  if (test.type !== 'LogicalExpression') {
    return test.type === 'BinaryExpression' && /^(?:instanceof|===?)$/.test(test.operator)
  }
  return test.operator === '&&' ? selects(test.left) || selects(test.right) : selects(test.left) && selects(test.right)
}

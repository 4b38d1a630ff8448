import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { CALLS_AGAIN, type FunctionNode, functionAround, importedName, nodesInFunction, variableOf } from '../scopes.ts'

type MessageIds = 'stale' | 'waitFirst'

const COMPOUND = /^(?:\*\*|<<|>>>?|[-+*/%&|^])=$/

export const noStaleAssignment: Rule<MessageIds> = createRule({
  name: 'no-stale-assignment',
  type: 'problem',
  description: 'Disallow `total += yield* f()` where another Task can change `total` meanwhile.',
  hasSuggestions: true,
  messages: {
    stale:
      'JavaScript reads `{{target}}` before it waits, so what other Tasks assign meanwhile is lost. Wait first, in a statement of its own.',
    waitFirst: 'Wait first: `const value = yield* …`.',
  },
  create(context) {
    const { sourceCode } = context
    const awaitables = awaitablesOf(context)
    return {
      AssignmentExpression(node) {
        if (!readsBeforeItWaits(node)) return
        const around = awaitables.coroutineAround(node)
        if (!around || !isShared(node.left, around)) return
        context.report({
          node,
          messageId: 'stale',
          data: { target: sourceCode.getText(node.left) },
          suggest:
            isPlain(node) && node.operator !== '='
              ? [{ messageId: 'waitFirst', fix: (fixer) => waitFirst(fixer, node) }]
              : [],
        })
      },
    }

    /** `total += yield* f()`, `total = total + (yield* f())`. */
    function readsBeforeItWaits({ operator, left, right }: TSESTree.AssignmentExpression): boolean {
      const target = sourceCode.getText(left)
      let [reads, waits] = [COMPOUND.test(operator), false]
      for (const node of nodesInFunction(sourceCode, right)) {
        reads ||= !waits && operator === '=' && sourceCode.getText(node) === target
        waits ||= node.type === 'YieldExpression' && node.delegate
      }
      // `cached = cached ?? (yield* load())` reads it to decide.
      return reads && waits && !(operator === '=' && /^(?:Logical|Conditional)/.test(right.type))
    }

    /** Whether code outside of this one call of the coroutine function may assign to it. */
    function isShared(target: TSESTree.Node, around: FunctionNode): boolean {
      const root = rootOf(target)
      const variable = variableOf(sourceCode, root)
      if (variable === undefined) return target.type === 'MemberExpression' // `this.total`
      const isOwn = variable.defs.some(({ name }) => functionAround(name) === around)
      if (target.type === 'MemberExpression' && !(isOwn && isLiteral(variable))) return true
      if (isAssignedElsewhere(variable, around)) return true
      return !isOwn && !runsOnce(around)
    }

    /** `const result = { total: 0 }`. */
    function isLiteral({ defs: [definition] }: TSESLint.Scope.Variable): boolean {
      return definition?.type === 'Variable' && /^(?:Object|Array)Expression$/.test(definition.node.init?.type ?? '')
    }

    function isAssignedElsewhere(variable: TSESLint.Scope.Variable, around: FunctionNode): boolean {
      return variable.references.some(
        (reference) => reference.isWrite() && !reference.init && functionAround(reference.identifier) !== around,
      )
    }

    /** `(function* () {…})()`, or an argument of `run()`, `timeout()` and the like. */
    function runsOnce(around: FunctionNode): boolean {
      if (around.parent.type !== 'CallExpression') return false
      if (around.parent.callee === around) return true
      const called = importedName(sourceCode, around.parent.callee)
      return called !== undefined && !CALLS_AGAIN.has(called)
    }

    function* waitFirst(fixer: TSESLint.RuleFixer, node: TSESTree.AssignmentExpression): Generator<TSESLint.RuleFix> {
      yield fixer.insertTextBefore(node.parent, `const value = ${sourceCode.getText(node.right)}\n`)
      yield fixer.replaceText(node.right, 'value')
    }
  },
})

/** `state` of `state.counts.total`. */
function rootOf(node: TSESTree.Node): TSESTree.Node {
  return node.type === 'MemberExpression' ? rootOf(node.object) : node
}

/** Whether the assignment is a statement in a block, so that another may stand before it. */
function isPlain(node: TSESTree.AssignmentExpression): boolean {
  return node.parent.type === 'ExpressionStatement' && node.parent.parent.type === 'BlockStatement'
}

import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { importedName } from '../imports.ts'
import { memberOf } from '../member-of.ts'
import { generatorAround } from '../scopes.ts'

type MessageIds =
  | 'floating'
  | 'iterated'
  | 'printed'
  | 'dropped'
  | 'inPromise'
  | 'unused'
  | 'items'
  | 'addYieldStar'
  | 'addCreateTask'

// Calls that are only useful for their value: if the Future is not awaited, results and errors are lost.
const RESULT_ONLY = new Set(['gather', 'shield'])

export const noFloatingCoroutine: Rule<MessageIds> = createRule({
  name: 'no-floating-coroutine',
  type: 'problem',
  description: 'Require that every coroutine is awaited, returned or passed to a Task.',
  hasSuggestions: true,
  messages: {
    floating: 'This coroutine never runs: nothing awaits it. Write `yield*` before it.',
    iterated: 'This iterates over the coroutine instead of running it. Write `yield*` before it.',
    printed: 'This prints the coroutine, which never runs, not its result. Write `yield*` before it.',
    dropped: 'The result of {{name}}() is dropped, along with its errors. Write `yield*` before it.',
    inPromise: 'Promise.{{name}}() does not run coroutines. Use `yield* gather([…])`, or `createTask()` for each.',
    unused: 'The coroutine in `{{name}}` never runs: nothing awaits it. Write `yield*` before it.',
    items: 'The coroutines in `{{name}}` never run: nothing awaits them. Pass them to `yield* gather(…)`.',
    addYieldStar: 'Await it: `yield*`.',
    addCreateTask: 'Run it as a Task: `createTask(…)`.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)
    const { sourceCode } = context

    return {
      ExpressionStatement(node) {
        for (const expression of valuesDroppedBy(node.expression)) checkDropped(expression)
      },
      CallExpression(node) {
        const combinator = promiseCombinator(node)
        const [list] = node.arguments
        if (combinator && list && list.type !== 'SpreadElement' && awaitables.kindOfItems(list) === 'coroutine') {
          context.report({ node: list, messageId: 'inPromise', data: { name: combinator } })
        }
      },
      ForOfStatement: ({ right }) => checkUse(right, 'iterated'),
      SpreadElement: ({ argument }) => checkUse(argument, 'iterated'),
      TemplateLiteral(node) {
        for (const expression of node.expressions) checkUse(expression, 'printed')
      },
      VariableDeclarator(node) {
        if (node.id.type !== 'Identifier' || !node.init || node.parent.kind === 'using') return
        const { name } = node.id
        const [variable] = sourceCode.getDeclaredVariables?.(node) ?? []
        const isExported = node.parent.parent.type === 'ExportNamedDeclaration'
        if (!variable || isExported || variable.references.some((reference) => reference.isRead())) return
        if (awaitables.kindOf(node.init) === 'coroutine') {
          context.report({ node: node.init, messageId: 'unused', data: { name }, suggest: suggestionsFor(node.init) })
        } else if (awaitables.kindOfItems(node.init) === 'coroutine') {
          context.report({ node: node.init, messageId: 'items', data: { name } })
        }
      },
    }

    function checkDropped(node: TSESTree.Expression): void {
      if (awaitables.kindOf(node) === 'coroutine') {
        context.report({ node, messageId: 'floating', suggest: suggestionsFor(node) })
      } else if (isDroppedResult(node)) {
        const name = importedName(sourceCode, node.callee) ?? ''
        context.report({ node, messageId: 'dropped', data: { name }, suggest: suggestionsFor(node) })
      } else if (node.type === 'ArrayExpression' && awaitables.kindOfItems(node) === 'coroutine') {
        context.report({ node, messageId: 'floating' })
      }
    }

    function checkUse(node: TSESTree.Expression, messageId: 'iterated' | 'printed'): void {
      if (node.type !== 'CallExpression' || awaitables.kindOf(node) !== 'coroutine') return
      context.report({ node, messageId, suggest: suggestionsFor(node).slice(0, 1) })
    }

    function isDroppedResult(node: TSESTree.Expression): node is TSESTree.CallExpression {
      return node.type === 'CallExpression' && RESULT_ONLY.has(importedName(sourceCode, node.callee) ?? '')
    }

    function suggestionsFor(node: TSESTree.Expression): TSESLint.ReportSuggestionArray<MessageIds> {
      // `yield* log?.flush()` would fail where there is no log.
      if (!generatorAround(node) || node.parent.type === 'ChainExpression') return []
      const text = sourceCode.getText(node)
      const isWhole = /^(?:ExpressionStatement|VariableDeclarator)$/.test(node.parent?.type ?? '')
      // `yield` has a lower precedence than any operator.
      const awaited = isWhole ? `yield* ${text}` : `(yield* ${text})`
      return [
        { messageId: 'addYieldStar', fix: (fixer) => fixer.replaceText(node, awaited) },
        { messageId: 'addCreateTask', fix: (fixer) => fixer.replaceText(node, `createTask(${text})`) },
      ]
    }
  },
})

/** The values that a statement drops: `b()` for `a && b()`, `c()` for `void c()`. */
function valuesDroppedBy(node: TSESTree.Expression): TSESTree.Expression[] {
  switch (node.type) {
    case 'UnaryExpression':
      return node.operator === 'void' ? valuesDroppedBy(node.argument) : []
    case 'LogicalExpression':
      return valuesDroppedBy(node.right)
    case 'ConditionalExpression':
      return [...valuesDroppedBy(node.consequent), ...valuesDroppedBy(node.alternate)]
    case 'SequenceExpression':
      return node.expressions.flatMap(valuesDroppedBy)
    case 'ChainExpression':
      return valuesDroppedBy(node.expression)
    case 'CallExpression':
    case 'ArrayExpression':
    case 'Identifier':
    case 'NewExpression':
    case 'MemberExpression':
      return [node]
    default:
      return [] // awaited, yielded, assigned
  }
}

function promiseCombinator({ callee }: TSESTree.CallExpression): string | undefined {
  const { of, name = '' } = memberOf(callee) ?? {}
  return of === 'Promise' && /^(?:all|allSettled|any|race)$/.test(name) ? name : undefined
}

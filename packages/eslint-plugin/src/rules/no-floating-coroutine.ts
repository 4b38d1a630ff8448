import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { generatorAround, importedName, memberOf, variableOf } from '../scopes.ts'

type MessageIds =
  | 'floating'
  | 'iterated'
  | 'printed'
  | 'dropped'
  | 'floatingRun'
  | 'inPromise'
  | 'unused'
  | 'items'
  | 'addYieldStar'
  | 'addCreateTask'

// Calls that are only useful for their value: if the Future is not awaited, results and errors are lost.
const RESULT_ONLY = new Set(['gather', 'shield'])
// `json()` of a Response, or of the response of a server.
const PRINTERS = /^(?:console\.(?:log|info|warn|error|debug)|JSON\.stringify|.*\.json)$/

export const noFloatingCoroutine: Rule<MessageIds> = createRule({
  name: 'no-floating-coroutine',
  type: 'problem',
  description: 'Require that every coroutine is awaited, returned or passed to a Task.',
  hasSuggestions: true,
  messages: {
    floating: 'This coroutine never runs: nothing awaits it. Write `yield*` before it.',
    iterated: 'This iterates over it instead of waiting for its result. Write `yield*` before it.',
    printed: 'This shows the coroutine itself, not its result. Write `yield*` before it.',
    dropped: 'The result of {{name}}() is dropped, along with its errors. Write `yield*` before it.',
    floatingRun:
      'Nothing waits for this run: its errors are lost, and a cancel does not reach it. Write `yield*` and the coroutine itself.',
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
        const { of = '', name = '' } = memberOf(node.callee) ?? {}
        for (const argument of node.arguments) {
          if (argument.type === 'SpreadElement') continue
          if (of === 'Promise' && awaitables[name === 'resolve' ? 'kindOf' : 'kindOfItems'](argument) === 'coroutine')
            context.report({ node: argument, messageId: 'inPromise', data: { name } })
          if (PRINTERS.test(`${of}.${name}`)) for (const value of valuesIn(argument)) checkUse(value, 'printed')
        }
      },
      BinaryExpression({ operator, left, right }) {
        if (operator === '+') for (const side of [left, right]) checkUse(side, 'printed')
      },
      ForOfStatement: ({ right }) => checkUse(right, 'iterated'),
      SpreadElement({ argument, parent }) {
        if (parent.type !== 'ObjectExpression') checkUse(argument, 'iterated')
      },
      TemplateLiteral(node) {
        for (const expression of node.expressions) checkUse(expression, 'printed')
      },
      VariableDeclarator(node) {
        if (node.id.type === 'ArrayPattern' && node.init) checkUse(node.init, 'iterated')
        if (node.id.type !== 'Identifier' || !node.init || node.parent.kind === 'using') return
        const { name } = node.id
        const [variable] = sourceCode.getDeclaredVariables?.(node) ?? []
        const isExported = node.parent.parent.type === 'ExportNamedDeclaration'
        if (!variable || isExported || variable.references.some((reference) => reference.isRead())) return
        if (awaitables.kindOf(node.init) === 'coroutine' || isResultOnly(node.init)) {
          context.report({ node: node.init, messageId: 'unused', data: { name }, suggest: suggestionsFor(node.init) })
        } else if (awaitables.kindOfItems(node.init) === 'coroutine') {
          context.report({ node: node.init, messageId: 'items', data: { name } })
        } else if (isRun(node.init) && awaitables.coroutineAround(node)) {
          context.report({ node: node.init, messageId: 'floatingRun' })
        }
      },
    }

    function checkDropped(node: TSESTree.Expression): void {
      if (awaitables.kindOf(node) === 'coroutine') {
        context.report({ node, messageId: 'floating', suggest: suggestionsFor(node) })
      } else if (isResultOnly(node)) {
        const name = importedName(sourceCode, node.callee) ?? ''
        context.report({ node, messageId: 'dropped', data: { name }, suggest: suggestionsFor(node) })
      } else if (isRun(node) && awaitables.coroutineAround(node)) {
        context.report({ node, messageId: 'floatingRun' })
      } else if (node.type === 'ArrayExpression' && awaitables.kindOfItems(node) === 'coroutine') {
        context.report({ node, messageId: 'floating' })
      }
    }

    function checkUse(node: TSESTree.Node, messageId: 'iterated' | 'printed'): void {
      const kind = awaitables.kindOf(node)
      if (messageId === 'iterated' && awaitables.mayBeOrdinary(node)) return
      // A Future prints its state, and a coroutine with other uses may be inspected, or resumed directly.
      if (kind === undefined || (kind === 'future' && messageId === 'printed')) return
      if (kind === 'coroutine' && !isCall(node) && variableOf(sourceCode, node)?.references.length !== 2) return
      context.report({ node, messageId, suggest: suggestionsFor(node).slice(0, 1) })
    }

    function isResultOnly(node: TSESTree.Expression): node is TSESTree.CallExpression {
      return isCall(node) && RESULT_ONLY.has(importedName(sourceCode, node.callee) ?? '')
    }

    function isRun(node: TSESTree.Expression): boolean {
      return isCall(node) && importedName(sourceCode, node.callee) === 'run'
    }

    function suggestionsFor(node: TSESTree.Node): TSESLint.ReportSuggestionArray<MessageIds> {
      // `yield* log?.flush()` would fail where there is no log.
      if (!generatorAround(node) || node.parent?.type === 'ChainExpression') return []
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

function isCall(node: TSESTree.Node): node is TSESTree.CallExpression {
  return node.type === 'CallExpression'
}

/** The values that are printed with this one: the values of an object or an array, too. */
function valuesIn(node: TSESTree.Node | null): TSESTree.Node[] {
  if (node?.type === 'ObjectExpression')
    return node.properties.flatMap((property) => (property.type === 'Property' ? valuesIn(property.value) : []))
  if (node?.type === 'ArrayExpression') return node.elements.flatMap(valuesIn)
  return node ? [node] : []
}

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

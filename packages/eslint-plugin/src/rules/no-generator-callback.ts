import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'

// Functions of the platform that drop the result of their callback.
const FUNCTIONS = /^(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)$/
const METHODS =
  /^(?:forEach|some|every|filter|find|findIndex|sort|then|catch|finally|on|once|addListener|addEventListener|nextTick)$/

export const noGeneratorCallback: Rule<'neverRuns'> = createRule({
  name: 'no-generator-callback',
  meta: {
    type: 'problem',
    docs: { description: 'Disallow coroutine functions as callbacks of functions that do not run coroutines.' },
    schema: [],
    messages: {
      neverRuns:
        '{{name}}() calls this function, but nothing runs the coroutine that it returns. Pass `() => { createTask(…) }`{{also}}.',
    },
  },
  defaultOptions: [],
  create(context) {
    const awaitables = awaitablesOf(context)
    return {
      CallExpression(node) {
        const name = calledName(node)
        if (name === undefined || !dropsResults(node, name)) return
        for (const argument of node.arguments) {
          if (isCoroutineFunction(argument)) {
            const also = name === 'forEach' || name === 'map' ? ', or use `yield* forEach(…)`' : ''
            context.report({ node: argument, messageId: 'neverRuns', data: { name, also } })
          }
        }
      },
      NewExpression(node) {
        const [executor] = node.arguments
        if (
          node.callee.type === 'Identifier' &&
          node.callee.name === 'Promise' &&
          executor &&
          isCoroutineFunction(executor)
        ) {
          context.report({ node: executor, messageId: 'neverRuns', data: { name: 'Promise', also: '' } })
        }
      },
    }

    function isCoroutineFunction(node: TSESTree.Node): boolean {
      if (node.type === 'FunctionExpression' && node.generator) return true
      return node.type !== 'SpreadElement' && awaitables.kindOfCallsTo(node) === 'coroutine'
    }

    /** Whether a call drops the results of its callback; for `map`, only if its own result is dropped. */
    function dropsResults(node: TSESTree.CallExpression, name: string): boolean {
      if (node.callee.type === 'Identifier') return FUNCTIONS.test(name)
      // `yield* timeout(…)` and the like: Spindle's own functions take coroutine functions.
      if (awaitables.kindOf(node) !== undefined) return false
      return METHODS.test(name) || (name === 'map' && node.parent.type === 'ExpressionStatement')
    }
  },
})

function calledName({ callee }: TSESTree.CallExpression): string | undefined {
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : undefined
}

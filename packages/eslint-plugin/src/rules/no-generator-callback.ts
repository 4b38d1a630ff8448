import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf, importsSpindle } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { constantOf, memberOf } from '../scopes.ts'

// Functions of the platform that drop the result of their callback.
const FUNCTIONS = /^(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)$/
const METHODS =
  /^(?:forEach|some|every|filter|find|findIndex|sort|then|catch|finally|on|once|addListener|addDoneCallback|callSoon|callLater|callAt|addEventListener|nextTick)$/

export const noGeneratorCallback: Rule<'neverRuns' | 'runsLater'> = createRule({
  name: 'no-generator-callback',
  type: 'problem',
  description: 'Disallow coroutine functions as callbacks of functions that do not run coroutines.',
  messages: {
    neverRuns:
      '{{caller}} calls this function, but nothing runs the coroutine that it returns. Pass `() => { createTask(…) }`{{also}}.',
    runsLater:
      'run() takes its store away before this coroutine takes its first step. Write `yield* withStore(storage, store, …)`, or create a Task in the function.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)
    const isSpindles = importsSpindle(context.sourceCode)
    return {
      CallExpression(node) {
        const name = node.callee.type === 'Identifier' ? node.callee.name : memberOf(node.callee)?.name
        const [, entered] = node.arguments
        const isEntered = entered !== undefined && entered.type !== 'SpreadElement' && isCoroutineFunction(entered)
        if (name === 'run' && isEntered && isOfStorage(node)) context.report({ node: entered, messageId: 'runsLater' })
        for (const argument of node.arguments) {
          if (argument.type === 'SpreadElement' || !isCoroutineFunction(argument)) continue
          const fate = awaitables.fateOfResult(argument)
          // Spindle's own functions, such as `timeout()`, take coroutine functions.
          const drops = name !== undefined && awaitables.kindOf(node) === undefined && dropsResults(node, name)
          if (fate === 'dropped' || (fate === undefined && drops))
            report(argument, name === undefined ? 'This' : `${name}()`)
        }
      },
      NewExpression({ callee, arguments: [executor] }) {
        if (callee.type !== 'Identifier' || callee.name !== 'Promise' || executor === undefined) return
        if (executor.type !== 'SpreadElement' && isCoroutineFunction(executor)) report(executor, 'Promise()')
      },
      'Property > FunctionExpression[generator=true]': reportIfDropped,
      'AssignmentExpression > FunctionExpression[generator=true]': reportIfDropped,
      'JSXExpressionContainer > FunctionExpression[generator=true]': reportIfDropped,
    }

    /** Whether a method is called of an AsyncLocalStorage: one by type, or made by `new` in the same file. */
    function isOfStorage({ callee }: TSESTree.CallExpression): boolean {
      if (callee.type !== 'MemberExpression') return false
      if (awaitables.typeName(callee.object) === 'AsyncLocalStorage') return true
      const made = constantOf(context.sourceCode, callee.object)
      return (
        made?.type === 'NewExpression' && made.callee.type === 'Identifier' && made.callee.name === 'AsyncLocalStorage'
      )
    }

    function reportIfDropped(node: TSESTree.FunctionExpression): void {
      if (isCoroutineFunction(node) && awaitables.fateOfResult(node) === 'dropped')
        report(node, 'The owner of this property')
    }

    function report(node: TSESTree.Node, caller: string): void {
      const also = /^(?:forEach|map)\(\)$/.test(caller) ? ', or use `yield* forEach(…)`' : ''
      context.report({ node, messageId: 'neverRuns', data: { caller, also } })
    }

    function isCoroutineFunction(node: TSESTree.Expression): boolean {
      if (awaitables.kindOfCallsTo(node) === 'coroutine') return true
      // A generator function without a `yield*` has no type that tells.
      return isSpindles && node.type === 'FunctionExpression' && node.generator
    }
  },
})

/** Whether a call drops the results of its callback; for `map`, only if its own result is dropped. */
function dropsResults(node: TSESTree.CallExpression, name: string): boolean {
  if (node.callee.type === 'Identifier') return FUNCTIONS.test(name)
  return METHODS.test(name) || (name === 'map' && node.parent.type === 'ExpressionStatement')
}

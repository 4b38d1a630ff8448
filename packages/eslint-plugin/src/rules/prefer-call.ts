import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { generatorAround, importedName, memberOf } from '../scopes.ts'

// Spindle's functions that take promises in an array.
const STARTS = /^(?:gather|race|any|asCompleted)$/

type MessageIds = 'goesOn' | 'noSignal' | 'useCall'

export const preferCall: Rule<MessageIds> = createRule({
  name: 'prefer-call',
  type: 'suggestion',
  description: 'Prefer `call((signal) => f(signal))` to `ensureFuture(f())`, which a cancel cannot stop.',
  hasSuggestions: true,
  messages: {
    goesOn:
      'If the Task is cancelled, this call goes on. Write `call((signal) => …)`, which waits for it and can stop it.',
    noSignal: 'This call takes a signal. Write `call((signal) => …)` and pass it on, so that a cancel stops the call.',
    useCall: 'Write `call(() => …)`, which waits for the call when the Task is cancelled.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)
    const { sourceCode } = context
    return {
      CallExpression(node) {
        const name = importedName(sourceCode, node.callee)
        const [argument] = node.arguments
        if (name === 'ensureFuture' && argument?.type === 'CallExpression' && isAwaited(node))
          checkFuture(node, argument)
        if (STARTS.test(name ?? '') && argument?.type === 'ArrayExpression') {
          for (const item of argument.elements) if (item?.type === 'CallExpression') checkFuture(item, item)
        }
        if (name === 'call' && argument?.type === 'ArrowFunctionExpression' && argument.params.length === 0) {
          checkCall(argument.body)
        }
      },
    }

    /** `yield* ensureFuture(f())`, `gather([f()])`: the promise is made here, and nothing else has it. */
    function checkFuture(node: TSESTree.CallExpression, made: TSESTree.CallExpression): void {
      // `Promise.resolve(1)`, `Promise.all([…])`: they start no work.
      if (memberOf(made.callee)?.of === 'Promise' || !(awaitables.isPromise(made) ?? awaitables.takesSignal(made)))
        return
      context.report({
        node,
        messageId: 'goesOn',
        suggest: [
          { messageId: 'useCall', fix: (fixer) => fixer.replaceText(node, `call(() => ${sourceCode.getText(made)})`) },
        ],
      })
    }

    function checkCall(body: TSESTree.Node): void {
      if (body.type !== 'CallExpression' || /\bsignal\b/.test(sourceCode.getText(body))) return
      if (awaitables.takesSignal(body)) context.report({ node: body, messageId: 'noSignal' })
    }
  },
})

function isAwaited(node: TSESTree.CallExpression): boolean {
  return node.parent.type === 'YieldExpression' && node.parent.delegate && generatorAround(node) !== undefined
}

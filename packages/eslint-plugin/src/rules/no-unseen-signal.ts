import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { functionDeclaredAs, importedName, isFunction, memberOf } from '../scopes.ts'

// Spindle's functions that may pass a signal, and how many parameters precede it.
const BEFORE_SIGNAL = new Map<string | undefined, number>(Object.entries({ call: 0, callBack: 1, forEach: 0 }))

export const noUnseenSignal: Rule<'bound' | 'unseen'> = createRule({
  name: 'no-unseen-signal',
  type: 'problem',
  description: 'Disallow functions that `call` passes no signal, although they seem to take one.',
  messages: {
    bound:
      '{{caller}}() cannot know whether a bound function takes a signal. Write `(signal) => …` if it does, otherwise `() => …`.',
    unseen: '{{caller}}() passes no signal for a rest parameter, or one with a default. Write `(signal) => …`.',
  },
  create(context) {
    const awaitables = awaitablesOf(context)
    const { sourceCode } = context
    return {
      CallExpression({ callee, arguments: [work] }) {
        const caller = importedName(sourceCode, callee)
        const before = BEFORE_SIGNAL.get(caller)
        if (before === undefined || work === undefined) return
        const isBound = work.type === 'CallExpression' && memberOf(work.callee)?.name === 'bind'
        const messageId = isBound ? 'bound' : 'unseen'
        if (isBound ? awaitables.takesArguments(work) !== false : hidesSignal(work, before))
          context.report({ node: work, messageId, data: { caller } })
      },
    }

    function hidesSignal(work: TSESTree.Node, before: number): boolean {
      const parameters = functionDeclaredAs(sourceCode, work)?.params.slice(0, before + 1) ?? []
      const hiding = parameters.find(({ type }) => type === 'AssignmentPattern' || type === 'RestElement')
      // A function that is written elsewhere may have other uses, and other parameters.
      return hiding !== undefined && (isFunction(work) || /^\w*(?:signal|abort)/i.test(sourceCode.getText(hiding)))
    }
  },
})

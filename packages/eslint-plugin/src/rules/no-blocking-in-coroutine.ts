import type { TSESTree } from '@typescript-eslint/utils'
import { awaitablesOf } from '../awaitables.ts'
import { createRule, type Rule } from '../create-rule.ts'
import { importedName, memberOf } from '../scopes.ts'

const NODE = /^(?:node:)?(?:fs|child_process|zlib|crypto)$/
const THREAD = /^spindle\/thread$/
const INSTEAD: Record<string, string> = {
  sleep: '`sleep` of `spindle`',
  wait: '`Atomics.waitAsync`, or a thread',
  runSync: '`yield*`',
}

export const noBlockingInCoroutine: Rule<'blocks'> = createRule({
  name: 'no-blocking-in-coroutine',
  type: 'problem',
  description: 'Disallow calls that block the thread, and every other Task with it, in a coroutine.',
  messages: { blocks: '{{name}}() blocks the thread: no other Task runs meanwhile. Use {{instead}}.' },
  create(context) {
    const awaitables = awaitablesOf(context)
    return {
      CallExpression(node) {
        const name = blockingCall(node)
        if (name === undefined || !awaitables.coroutineAround(node)) return
        const instead = INSTEAD[name.split('.').at(-1) ?? ''] ?? 'its asynchronous form with `call`, or `toThread`'
        context.report({ node: node.callee, messageId: 'blocks', data: { name, instead } })
      },
    }

    function blockingCall({ callee }: TSESTree.CallExpression): string | undefined {
      const { sourceCode } = context
      const member = memberOf(callee)
      if (member?.of === 'Atomics' && member.name === 'wait') return 'Atomics.wait'
      if (callee.type === 'MemberExpression' && member?.name === 'sleep') {
        if (importedName(sourceCode, callee.object, THREAD) === 'threading') return 'sleep'
      }
      if (importedName(sourceCode, callee) === 'runSync') return 'runSync'
      // `fs.readFileSync` of `import fs from 'node:fs'`.
      const byDefault = NODE.test(member?.of ?? '') ? member?.name : undefined
      const name = importedName(sourceCode, callee, NODE) ?? byDefault
      return name?.endsWith('Sync') && !/^(?:existsSync|openSync|closeSync)$/.test(name) ? name : undefined
    }
  },
})

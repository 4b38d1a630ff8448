import type { TSESTree } from '@typescript-eslint/utils'
import { createRule, type Rule } from '../create-rule.ts'
import { importedName } from '../imports.ts'
import { generatorAround } from '../scopes.ts'

const NODE = /^(?:node:)?(?:fs|child_process|zlib|crypto)$/
const THREAD = /^(?:spindle|@spindle)\/thread$/
const INSTEAD: Record<string, string> = {
  sleep: '`sleep` of `spindle`',
  wait: '`Atomics.waitAsync`, or a thread',
  runSync: '`yield*`',
}

export const noBlockingInCoroutine: Rule<'blocks'> = createRule({
  name: 'no-blocking-in-coroutine',
  meta: {
    type: 'problem',
    docs: { description: 'Disallow calls that block the thread, and every other Task with it, in a coroutine.' },
    schema: [],
    messages: { blocks: '{{name}}() blocks the thread: no other Task runs meanwhile. Use {{instead}}.' },
  },
  defaultOptions: [],
  create(context) {
    return {
      CallExpression(node) {
        if (!generatorAround(node)) return
        const name = blockingCall(node)
        if (name === undefined) return
        const instead = INSTEAD[name.split('.').at(-1) ?? ''] ?? 'its asynchronous form with `call`, or `toThread`'
        context.report({ node: node.callee, messageId: 'blocks', data: { name, instead } })
      },
    }

    function blockingCall({ callee }: TSESTree.CallExpression): string | undefined {
      const { sourceCode } = context
      if (isAtomicsWait(callee)) return 'Atomics.wait'
      if (importedName(sourceCode, callee, THREAD) === 'sleep') return 'sleep'
      if (importedName(sourceCode, callee) === 'runSync') return 'runSync'
      const name = importedName(sourceCode, callee, NODE) ?? memberOfDefaultImport(callee)
      return name?.endsWith('Sync') && !/^(?:existsSync|openSync|closeSync)$/.test(name) ? name : undefined
    }

    /** `fs.readFileSync` of `import fs from 'node:fs'`. */
    function memberOfDefaultImport(callee: TSESTree.Node): string | undefined {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined
      if (callee.object.type !== 'Identifier' || !/^(?:fs|child_process|zlib|crypto)$/.test(callee.object.name))
        return undefined
      return callee.property.name
    }
  },
})

function isAtomicsWait(callee: TSESTree.Node): boolean {
  return (
    callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Atomics' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'wait'
  )
}

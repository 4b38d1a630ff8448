import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { memberOf } from './member-of.ts'
import { variableOf } from './scopes.ts'

/**
 * The name under which Spindle exports the value of this identifier (or of `spindle.name`); undefined if it is not
 * Spindle's.
 */
export function importedName(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
  from: RegExp = /^(?:spindle|@spindle\/[\w-]+)(?:\/[\w-]+)?$/,
): string | undefined {
  const member = memberOf(node)
  if (member !== undefined) {
    const specifier = importSpecifierOf(sourceCode, member.object, from)
    return specifier?.type === 'ImportNamespaceSpecifier' ? member.name : undefined
  }
  const specifier = importSpecifierOf(sourceCode, node, from)
  if (specifier?.type !== 'ImportSpecifier') return undefined
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value
}

function importSpecifierOf(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
  from: RegExp,
): TSESTree.ImportClause | undefined {
  const definition = variableOf(sourceCode, node)?.defs[0]
  if (definition?.type !== 'ImportBinding' || definition.parent.type !== 'ImportDeclaration') return undefined
  return from.test(definition.parent.source.value) ? (definition.node as TSESTree.ImportClause) : undefined
}

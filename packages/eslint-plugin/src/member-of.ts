import type { TSESTree } from '@typescript-eslint/utils'

/** The parts of `object.name`; `of` is the name of the object, if it is one identifier. */
export function memberOf(
  node: TSESTree.Node,
): { readonly object: TSESTree.Expression; readonly of: string | undefined; readonly name: string } | undefined {
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return undefined
  const { object, property } = node
  return { object, of: object.type === 'Identifier' ? object.name : undefined, name: property.name }
}

import type { AnyNode, ArrowFunctionExpression, FunctionDeclaration, FunctionExpression, Pattern } from 'acorn'

/** A function in a syntax tree. */
export type FunctionNode = FunctionDeclaration | FunctionExpression | ArrowFunctionExpression

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  )
}

/** The variables of a module that its functions assign to, with the assigned values of plain assignments. */
export function functionsThatAssign(
  statements: readonly AnyNode[],
): ReadonlyMap<string, readonly (AnyNode | undefined)[]> {
  const changed = new Map<string, (AnyNode | undefined)[]>()
  for (const statement of statements) visit(statement, [])
  return changed

  /** @param scopes the variables of the surrounding functions */
  function visit(node: AnyNode, scopes: readonly ReadonlySet<string>[]): void {
    const inner = isFunction(node) ? [...scopes, variablesOf(node)] : scopes
    for (const { name, value } of assignmentsOf(node)) {
      if (inner.length === 0 || inner.some((scope) => scope.has(name))) continue
      const values = changed.get(name) ?? []
      changed.set(name, values)
      values.push(value)
    }
    for (const child of childrenOf(node)) visit(child, inner)
  }
}

/** The names that a pattern binds: `{ a, b: [c] }` has a and c. */
export function namesIn(pattern: Pattern | null): string[] {
  if (pattern === null) return []
  if (pattern.type === 'Identifier') return [pattern.name]
  if (pattern.type === 'AssignmentPattern') return namesIn(pattern.left)
  if (pattern.type === 'RestElement') return namesIn(pattern.argument)
  if (pattern.type === 'ArrayPattern') return pattern.elements.flatMap(namesIn)
  if (pattern.type !== 'ObjectPattern') return [] // a.b
  return pattern.properties.flatMap((property) => namesIn(property.type === 'Property' ? property.value : property))
}

function* assignmentsOf(node: AnyNode): Generator<{ readonly name: string; readonly value: AnyNode | undefined }> {
  if (node.type === 'AssignmentExpression') {
    const value = node.operator === '=' && node.left.type === 'Identifier' ? node.right : undefined
    for (const name of namesIn(node.left)) yield { name, value }
  } else if (node.type === 'UpdateExpression' && node.argument.type === 'Identifier')
    yield { name: node.argument.name, value: undefined }
  else if (
    (node.type === 'ForInStatement' || node.type === 'ForOfStatement') &&
    node.left.type !== 'VariableDeclaration'
  )
    for (const name of namesIn(node.left)) yield { name, value: undefined }
}

/** The variables that a function declares, also in blocks. */
function variablesOf(fn: FunctionNode): ReadonlySet<string> {
  const names = new Set(fn.params.flatMap(namesIn))
  if (fn.type === 'FunctionExpression' && fn.id) names.add(fn.id.name)
  const declare = (node: AnyNode): void => {
    if (node.type === 'VariableDeclaration')
      for (const { id } of node.declarations) for (const name of namesIn(id)) names.add(name)
    if ((node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id) names.add(node.id.name)
    if (node.type === 'CatchClause') for (const name of namesIn(node.param ?? null)) names.add(name)
    if (!isFunction(node)) for (const child of childrenOf(node)) declare(child)
  }
  for (const child of childrenOf(fn.body)) declare(child)
  return names
}

function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield child
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string'
}

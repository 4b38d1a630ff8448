import type { TSESLint, TSESTree } from '@typescript-eslint/utils'

export type FunctionNode = TSESTree.FunctionDeclaration | TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression

/** The variable an identifier refers to. */
export function variableOf(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
): TSESLint.Scope.Variable | undefined {
  if (node.type !== 'Identifier') return undefined
  for (let scope: TSESLint.Scope.Scope | null = sourceCode.getScope(node); scope; scope = scope.upper) {
    const variable = scope.set.get(node.name)
    if (variable) return variable
  }
  return undefined
}

/**
 * The function that an identifier names, or that the expression is: `function* f() {}`, `const f = function* () {}`.
 */
export function functionDeclaredAs(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
): FunctionNode | undefined {
  if (isFunction(node)) return node
  const definition = variableOf(sourceCode, node)?.defs[0]
  if (definition?.type === 'FunctionName' && isFunction(definition.node)) return definition.node
  const init = constantOf(sourceCode, node)
  // Coroutine(function* () {}).
  if (init?.type === 'CallExpression') return init.arguments.find((argument) => isFunction(argument))
  return init && isFunction(init) ? init : undefined
}

/** The value of a `const` that this identifier names. */
export function constantOf(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
): TSESTree.Expression | undefined {
  const definition = variableOf(sourceCode, node)?.defs[0]
  const isConstant = definition?.type === 'Variable' && definition.parent.kind === 'const'
  return (isConstant && definition.node.id.type === 'Identifier' && definition.node.init) || undefined
}

/** The innermost function that contains this node. */
export function functionAround(node: TSESTree.Node): FunctionNode | undefined {
  for (let at = node.parent; at; at = at.parent) if (isFunction(at)) return at
  return undefined
}

/**
 * The generator function that contains this node, if it is the innermost function: `yield*` is only allowed there.
 */
export function generatorAround(node: TSESTree.Node): FunctionNode | undefined {
  const around = functionAround(node)
  return around?.generator ? around : undefined
}

export function isFunction(node: TSESTree.Node): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  )
}

/** Spindle's functions that may call the function that they are given more than once. */
export const CALLS_AGAIN: ReadonlySet<string> = new Set(['gatherMap', 'forEach', 'call', 'handler'])

/** This node and each one below it, leaving out nested functions. */
export function* nodesInFunction(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
): Generator<TSESTree.Node> {
  yield node
  for (const key of sourceCode.visitorKeys[node.type] ?? []) {
    const child = node[key as keyof TSESTree.Node] as unknown
    for (const next of Array.isArray(child) ? child : [child]) {
      if (isNode(next) && !isFunction(next)) yield* nodesInFunction(sourceCode, next)
    }
  }
}

function isNode(value: unknown): value is TSESTree.Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** The parts of `object.name`; `of` is the name of the object, if it is one identifier. */
export function memberOf(
  node: TSESTree.Node,
): { readonly object: TSESTree.Expression; readonly of: string | undefined; readonly name: string } | undefined {
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return undefined
  const { object, property } = node
  return { object, of: object.type === 'Identifier' ? object.name : undefined, name: property.name }
}

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

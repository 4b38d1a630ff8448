import type { AnyNode, ArrowFunctionExpression, FunctionDeclaration, FunctionExpression, Pattern } from 'acorn'

export type FunctionNode = FunctionDeclaration | FunctionExpression | ArrowFunctionExpression

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  )
}

/** What a module assigns after its declarations. */
export interface Assignments {
  /** The variables of the module that its functions assign to, with the assigned values of plain assignments. */
  readonly variables: Lists<AnyNode | undefined>
  /** By name: the functions that may be assigned to a property of this name. */
  readonly properties: Lists<PropertyAssignment>
  /** Variables whose object may change in any property inside a function: `exports[name] = value`. */
  readonly changed: ReadonlySet<string>
}

type Lists<T> = ReadonlyMap<string, readonly T[]>

export interface PropertyAssignment {
  /** The variable that holds the object if a function has declared it; else `exports`, of which there are aliases. */
  readonly object: string
  readonly value: AnyNode
  /** Whether a function does it, which may be called later. */
  readonly isInFunction: boolean
}

export function assignmentsIn(statements: readonly AnyNode[]): Assignments {
  const variables = new Map<string, (AnyNode | undefined)[]>()
  const properties = new Map<string, PropertyAssignment[]>()
  const changed = new Set<string>()
  for (const statement of statements) visit(statement, [], false)
  return { variables, properties, changed }

  /**
   * @param scopes the variables of the surrounding functions
   * @param isLater whether one of these may be called when the module has been loaded
   */
  function visit(node: AnyNode, scopes: readonly ReadonlySet<string>[], isLater: boolean): void {
    const inner = isFunction(node) ? [...scopes, variablesOf(node)] : scopes
    const isLocal = (name: string): boolean => inner.some((scope) => scope.has(name))
    for (const { name, value } of assignmentsOf(node))
      if (inner.length > 0 && !isLocal(name)) append(variables, name, value)
    const assigned = propertyAssignedBy(node)
    if (assigned !== undefined) {
      const object = isLocal(assigned.object) ? assigned.object : 'exports'
      append(properties, assigned.key, { object, value: assigned.value, isInFunction: inner.length > 0 })
    }
    if (isLater) for (const name of changedBy(node)) changed.add(name)
    for (const child of childrenOf(node))
      visit(child, inner, isLater || (isFunction(child) && !isCalledAtOnce(child, node)))
  }
}

function append<T>(lists: Map<string, T[]>, name: string, value: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [value])
  else list.push(value)
}

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

function propertyAssignedBy(node: AnyNode): { object: string; key: string; value: AnyNode } | undefined {
  if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return undefined
  const { property, computed } = node.left
  const object = node.left.object.type === 'AssignmentExpression' ? node.left.object.left : node.left.object
  const key = computed ? property.type === 'Literal' && property.value : 'name' in property && property.name
  if (typeof key !== 'string' || !isFunctionPerhaps(node.right)) return undefined
  if (object.type !== 'Identifier' && !isModuleExports(object)) return undefined
  return { object: object.type === 'Identifier' ? object.name : 'exports', key, value: node.right }
}

/** The variables of the objects that `table[key] = value` and `change(exports)` change. */
function changedBy(node: AnyNode): readonly string[] {
  if (node.type === 'CallExpression') return node.arguments.some(isExports) ? ['exports'] : []
  if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return []
  const { object, property, computed } = node.left
  if (!computed || property.type === 'Literal') return []
  return isExports(object) ? ['exports'] : object.type === 'Identifier' ? [object.name] : []
}

/** Whether a call does not keep the function: `(() => {…})()`, `list.forEach(() => {…})`. */
function isCalledAtOnce(fn: AnyNode, call: AnyNode): boolean {
  if (call.type !== 'CallExpression') return false
  const { callee } = call
  return (
    callee === fn ||
    (callee.type === 'MemberExpression' && 'name' in callee.property && callee.property.name === 'forEach')
  )
}

export function isExports(node: AnyNode): boolean {
  return (node.type === 'Identifier' && node.name === 'exports') || isModuleExports(node)
}

export function isModuleExports(node: AnyNode): boolean {
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier' || node.property.type !== 'Identifier')
    return false
  return node.object.name === 'module' && node.property.name === 'exports'
}

export function isFunctionPerhaps(value: AnyNode): boolean {
  if (value.type === 'AssignmentExpression') return isFunctionPerhaps(value.right)
  return value.type === 'Identifier' ? value.name !== 'undefined' : !NO_FUNCTION.test(value.type)
}

const NO_FUNCTION = /Literal$|^(?:Object|Array|Unary|Binary|Update|New|Class)/

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

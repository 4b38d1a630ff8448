import { parse } from 'acorn'
import type { Lines } from '../lessons/lesson.ts'
import { strip } from '../transform/index.ts'

interface AnyNode {
  readonly type: string
  readonly loc: { readonly start: { readonly line: number } }
  readonly [field: string]: unknown
}

const MUTATORS = /^(?:assign|define\w+|set|setPrototypeOf|deleteProperty)$/

/**
 * Refuses lines of the learner that assign to a name of the given lines, or to a global: with `door = new Door()`, a
 * door that was left open would be closed.
 */
export function changedGiven(source: string, own: Lines): string | undefined {
  const declared = new Set<string>()
  const targets: AnyNode[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== 'object' || value === null || typeof (value as AnyNode).type !== 'string') return
    const node = value as AnyNode
    if (node.loc.start.line >= own.from && node.loc.start.line <= own.to) {
      const { type, id, params, param, local, left, argument, operator, callee, arguments: given } = node
      for (const each of [id, param, local, ...((params as unknown[] | undefined) ?? [])])
        for (const name of namesIn(each)) declared.add(name)
      if (type === 'AssignmentExpression' || /^For(?:Of|In)Statement$/.test(type)) targets.push(left as AnyNode)
      if (type === 'UpdateExpression' || operator === 'delete') targets.push(argument as AnyNode)
      const { object, property } = (callee ?? {}) as { readonly object?: AnyNode; readonly property?: AnyNode }
      if (/^(?:Object|Reflect)$/.test(`${object?.['name']}`) && MUTATORS.test(`${property?.['name']}`))
        targets.push(...(given as AnyNode[]).slice(0, 1))
    }
    for (const child of Object.values(node)) visit(child)
  }
  visit(parse(strip(source), { ecmaVersion: 'latest', sourceType: 'module', locations: true }))
  for (const target of targets)
    for (const name of namesIn(target))
      if (!declared.has(name))
        return `line ${target.loc.start.line} changes \`${name}\`, which your lines do not declare: it is given`
  return undefined
}

/** The names that a pattern declares, or whose values an assignment to it changes. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { type, name, object, elements, properties, value: part, left, argument } = value as AnyNode
  if (type === 'Identifier') return [name as string]
  if (type === 'ArrayPattern') return (elements as unknown[]).flatMap(namesIn)
  if (type === 'ObjectPattern') return (properties as unknown[]).flatMap(namesIn)
  return type === 'VariableDeclaration' ? [] : namesIn(object ?? part ?? left ?? argument)
}

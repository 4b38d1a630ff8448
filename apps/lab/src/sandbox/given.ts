// What an exercise gives belongs to the judge: the learner's lines may use it, and change none of it.

import { parse } from 'acorn'
import type { Lines } from '../lessons/lesson.ts'
import { strip } from '../transform/index.ts'

interface AnyNode {
  readonly type: string
  readonly loc: { readonly start: { readonly line: number } }
  readonly [field: string]: unknown
}

/** Refuses lines of the learner that assign to a name that they do not declare. All else that is given is frozen. */
export function changedGiven(source: string, own: Lines): string | undefined {
  const declared = new Set<string>()
  const targets: AnyNode[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== 'object' || value === null || typeof (value as AnyNode).type !== 'string') return
    const node = value as AnyNode
    if (isOwn(node, own)) {
      const { type, id, params, param, local, left, argument } = node
      for (const each of [id, param, local, ...((params as unknown[] | undefined) ?? [])])
        for (const name of namesIn(each)) declared.add(name)
      if (type === 'AssignmentExpression' || /^For(?:Of|In)Statement$/.test(type)) targets.push(left as AnyNode)
      if (type === 'UpdateExpression') targets.push(argument as AnyNode)
    }
    for (const child of Object.values(node)) visit(child)
  }
  visit(parsed(source))
  for (const target of targets)
    for (const name of namesIn(target))
      if (!declared.has(name))
        return `line ${target.loc.start.line} changes \`${name}\`, which your lines do not declare: it is given`
  return undefined
}

/**
 * Protects the given lines of a program: freezes what they declare before the first line of the learner, and makes each
 * `new Error()` in them one of several classes.
 */
export function withGiven(source: string, own: Lines, tools: string): string {
  const body = (parsed(source)['body'] as AnyNode[]).filter((node) => node.loc.start.line < own.from)
  const names = body.flatMap(({ id, declarations }) =>
    [id, ...((declarations as AnyNode[] | undefined) ?? []).map((each) => each['id'])].flatMap(namesIn),
  )
  return source
    .split('\n')
    .map((text, index) => {
      const line = index + 1
      if (line === own.from) return `${tools}.freeze([${names}]); ${text}`
      return line > own.from && line <= own.to ? text : text.replaceAll('new Error(', `new ${tools}.Error(`)
    })
    .join('\n')
}

class ServerError extends Error {
  override readonly name = 'ServerError'
}
const FAILURES = [Error, TypeError, ServerError, RangeError, SyntaxError]

/** @param run counts the runs: each has one class of error */
export function givenTools(run: () => number): object {
  return {
    get Error() {
      return FAILURES[run() % FAILURES.length]
    },
    freeze(values: readonly unknown[]): void {
      for (const value of values) {
        Object.freeze(value)
        if (typeof value === 'function') Object.freeze(value.prototype)
      }
    },
  }
}

function parsed(source: string): AnyNode {
  return parse(strip(source), { ecmaVersion: 'latest', sourceType: 'module', locations: true }) as unknown as AnyNode
}

function isOwn({ loc }: AnyNode, { from, to }: Lines): boolean {
  return loc.start.line >= from && loc.start.line <= to
}

/** The names that a pattern declares, or that an assignment to it changes. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { type, name, elements, properties, value: part, left, argument } = value as AnyNode
  if (type === 'Identifier') return [name as string]
  if (type === 'ArrayPattern') return (elements as unknown[]).flatMap(namesIn)
  if (type === 'ObjectPattern') return (properties as unknown[]).flatMap(namesIn)
  return type === 'VariableDeclaration' || type === 'MemberExpression' ? [] : namesIn(part ?? left ?? argument)
}

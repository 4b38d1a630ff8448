// The lines that an exercise gives belong to the judge. The learner's lines run in a separate scope. They can read what
// the given lines declare, frozen, but cannot assign to it.

import { parse } from 'acorn'
import * as spindle from 'spindle'
import type { Lines } from '../lessons/lesson.ts'
import { type Inserted, strip } from '../transform/index.ts'

interface AnyNode {
  readonly type: string
  readonly loc: { readonly start: { readonly line: number } }
  readonly [field: string]: unknown
}

/** A program as two scripts: the given lines call `tools.own()`, which runs the learner's. Lines keep their numbers. */
export interface Parted {
  readonly given: string
  /** A function of the scope with the given names, which is sloppy so that it may have `with`; the lines are strict. */
  readonly own: string
}

/** @param parameters the names that both scripts get from outside */
export function parted(source: string, program: Inserted, own: Lines, tools: string, parameters: string): Parted {
  const body = parse(strip(source), { ecmaVersion: 'latest', sourceType: 'module', locations: true })
    .body as unknown as AnyNode[]
  const namesFrom = (from: number, to: number): string[] =>
    body.filter(({ loc: { start } }) => start.line >= from && start.line <= to).flatMap(declaredBy)
  const imported = body.flatMap(({ type, specifiers }) =>
    type === 'ImportDeclaration' ? (specifiers as AnyNode[]).flatMap(({ local }) => namesIn(local)) : [],
  )
  const above = [...imported, ...namesFrom(1, own.from - 1)]
  const last = source.split('\n').length
  const names = [...above, ...namesFrom(own.to + 1, Number.POSITIVE_INFINITY)]
  const theirs = namesFrom(own.from, own.to)
  const named = theirs.map((name) => `${program.runtime}.named(${name});`).filter((call) => program.code.includes(call))
  const lines = named.reduce((code, call) => code.replace(call, ''), program.code).split('\n')
  const scope = names.map(
    (name) => `get ${name}() { return ${tools}.frozen(${name}) }, set ${name}(_) { ${tools}.refuse('${name}') }`,
  )
  const given = lines.map((text, index) => {
    const line = index + 1
    if (line > last) return text
    if (line < own.from || line > own.to) return text.replaceAll('new Error(', `new ${tools}.Error(`)
    if (line > own.from) return ''
    return `${tools}.frozen([${above}]); const {${theirs}} = await ${tools}.own({${scope}});`
  })
  const mine = lines.slice(own.from - 1, own.to)
  const begin = `(function (${tools}, ${parameters}) { with (${tools}) { return (async () => {"use strict";${named.join('')}`
  return {
    given: given.join('\n'),
    own: `${'\n'.repeat(own.from - 1)}${begin}${mine.join('\n')}\nreturn {${theirs}} })() } })\n//# sourceURL=program.ts`,
  }
}

class ServerError extends Error {
  override readonly name = 'ServerError'
}
const FAILURES = [Error, TypeError, ServerError, RangeError, SyntaxError]

/**
 * @param run counts the runs: each has one class of error
 * @param own runs the learner's lines in a scope; resolves to what these lines declare
 */
export function givenTools(run: () => number, own: (scope: object) => Promise<object>): object {
  for (const name of BUILT_IN) {
    frozen(globalThis[name])
    Object.defineProperty(globalThis, name, { writable: false, configurable: false })
  }
  for (const shared of SHARED) frozen(shared)
  Object.freeze(Object) // not its prototype: objects may have a `toString` that is assigned
  return {
    own,
    frozen,
    get Error() {
      return FAILURES[run() % FAILURES.length]
    },
    refuse(name: string): never {
      throw new TypeError(`\`${name}\` is given, and stays as it is`)
    },
  }
}

/** The learner's lines share these with the judge and the given lines. */
const BUILT_IN = ['Array', 'Map', 'Set', 'Promise', 'String', 'JSON'] as const
const SHARED = [spindle.Task, spindle.Future, spindle.Lock, spindle.Queue, spindle.Event]

/** Freezes functions, arrays and plain objects, at any depth. Objects of a class change by their own methods. */
function frozen<T>(value: T): T {
  if (typeof value === 'function') {
    Object.freeze(value.prototype)
    return Object.freeze(value)
  }
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto !== Object.prototype && proto !== Array.prototype && proto !== null) return value
  Object.freeze(value)
  for (const each of Object.values(value)) frozen(each)
  return value
}

function declaredBy({ id, declarations, declaration }: AnyNode): string[] {
  if (declaration) return declaredBy(declaration as AnyNode)
  return [id, ...((declarations as AnyNode[] | undefined) ?? []).map((each) => each['id'])].flatMap(namesIn)
}

/** The names that a pattern declares. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { type, name, elements, properties, value: part, left, argument } = value as AnyNode
  if (type === 'Identifier') return [name as string]
  if (type === 'ArrayPattern') return (elements as unknown[]).flatMap(namesIn)
  if (type === 'ObjectPattern') return (properties as unknown[]).flatMap(namesIn)
  return namesIn(part ?? left ?? argument)
}

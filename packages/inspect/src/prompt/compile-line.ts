// A line of the prompt becomes the body of a generator function: types are removed, `await` becomes `yield*`, and
// declarations become assignments, so that the next line sees them.

import { type Node, parse } from 'acorn'
import { transform } from 'sucrase'

export interface CompiledLine {
  /** The body of a generator function. `$import` and `$await` are coroutine functions there. */
  readonly code: string
  readonly names: readonly string[]
  /** Whether it waits outside of nested functions. */
  readonly waits: boolean
}

/** More lines are needed before it can be compiled. */
export class IncompleteError extends Error {}

// acorn's own types know the fields of each kind of node; only these are used.
interface AnyNode extends Node {
  readonly [field: string]: unknown
}

const BEFORE = 'async function* line() {\n'

/** @throws IncompleteError if the program is incomplete; SyntaxError if it cannot be parsed */
export function compileLine(source: string): CompiledLine {
  const code = withoutImports(withoutTypes(source))
  const text = BEFORE + code
  const body = parsed(`${text}\n}`, text.trimEnd().length)
  const edits: [from: number, to: number, text: string][] = []
  const names: string[] = []
  const hoisted: string[] = []
  let waits = false

  const waitsIn = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(waitsIn)
    if (typeof node !== 'object' || node === null || typeof (node as AnyNode).type !== 'string') return
    const { type, start, end, argument } = node as AnyNode
    if (/Function/.test(type)) return
    waits ||= type === 'YieldExpression' || type === 'AwaitExpression'
    if (type === 'AwaitExpression') edits.push([start, (argument as Node).start, '(yield* $await('], [end, end, '))'])
    for (const value of Object.values(node)) waitsIn(value)
  }
  const last = body.at(-1)
  if (last?.type === 'ExpressionStatement') {
    const end = last.end - (text[last.end - 1] === ';' ? 1 : 0)
    edits.push([last.start, last.start, 'return ('], [end, end, ')'])
  }
  for (const node of body) {
    const { type, start, end, kind, id, declarations } = node
    waitsIn(node)
    if (type === 'FunctionDeclaration' || type === 'ClassDeclaration') {
      const { name } = id as AnyNode as { readonly name?: string }
      names.push(name!)
      if (type === 'FunctionDeclaration') hoisted.push(`$names.${name} = ${name};`)
      else edits.push([start, start, `$names.${name} = `], [end, end, ';'])
    } else if (type === 'VariableDeclaration' && /^(?:var|let|const)$/.test(kind as string)) {
      const all = declarations as (AnyNode & { id: AnyNode; init: AnyNode | null })[]
      for (const one of all) {
        names.push(...boundNames(one.id))
        edits.push([one.start, one.start, '('], [one.end, one.end, one.init === null ? ' = undefined)' : ')'])
      }
      edits.push([start, all[0]!.start, ';'])
    }
  }
  return { code: hoisted.join('') + edited(text, edits).slice(BEFORE.length), names, waits }
}

function withoutTypes(source: string): string {
  try {
    return transform(source, { transforms: ['typescript'], disableESTransforms: true, keepUnusedImports: true }).code
  } catch (error) {
    const { pos = 0, message } = error as { readonly pos?: number; readonly message: string }
    const isOpen = pos >= source.trimEnd().length || /^Unterminated (?:template|comment)|end of input/.test(message)
    throw isOpen ? new IncompleteError(message) : new SyntaxError(message)
  }
}

function parsed(program: string, end: number): readonly AnyNode[] {
  try {
    const { body } = parse(program, { ecmaVersion: 'latest', sourceType: 'script' })
    return (body[0] as unknown as { readonly body: { readonly body: readonly AnyNode[] } }).body.body
  } catch (error) {
    const { raisedAt = 0, message } = error as { readonly raisedAt?: number; readonly message: string }
    throw raisedAt > end ? new IncompleteError(message) : new SyntaxError(message.replace(/ \(\d+:\d+\)$/, ''))
  }
}

/** Imports are only allowed in a module: `import { a as b } from 'x'` becomes `const { a: b } = await …`. */
function withoutImports(code: string): string {
  return code
    .replaceAll(/^export (?:default )?(?=const|let|var|function|class|async)/gm, '')
    .replaceAll(/^export \{[^}]*\};?$/gm, '')
    .replaceAll(
      /^import\s+(?:([^'"]*?)\s+from\s+)?(['"][^'"]+['"]);?/gm,
      (_, clause: string | undefined, from: string) => {
        const module = `(yield* $import(${from}))`
        if (clause === undefined) return `void ${module};`
        const names = clause.replace(/^\* as (\w+)$/, '$1').replaceAll(' as ', ': ')
        const [, first, rest = ''] = /^(\w+)?,?\s*\{?([\s\S]*?)\}?$/.exec(names) ?? []
        if (clause.startsWith('*')) return `const ${names} = ${module};`
        return `const { ${first === undefined ? '' : `default: ${first}, `}${rest} } = ${module};`
      },
    )
}

function boundNames({ type, name, elements, properties, left, argument, value }: AnyNode): string[] {
  const all = (nodes: unknown): string[] =>
    (nodes as (AnyNode | null)[]).flatMap((node) => (node === null ? [] : boundNames(node)))
  if (type === 'Identifier') return [name as string]
  if (type === 'ArrayPattern') return all(elements)
  if (type === 'ObjectPattern') return all(properties)
  return boundNames((value ?? left ?? argument) as AnyNode)
}

function edited(text: string, edits: readonly [from: number, to: number, text: string][]): string {
  const fromTheEnd = edits.toSorted(([a], [b]) => a - b).reverse()
  return fromTheEnd.reduce((result, [from, to, part]) => result.slice(0, from) + part + result.slice(to), text)
}

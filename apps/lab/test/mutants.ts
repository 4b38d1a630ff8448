// Mutants of a program: each differs from it in one place. A judge that accepts one of them has not asked for what that
// place is there for.

import { type Node, parse } from 'acorn'
import { strip } from '../src/transform/strip.ts'

export interface Mutant {
  /** What differs: "line 3: without `yield* sleep(30)`". */
  readonly what: string
  readonly source: string
}

type AnyNode = Node & Record<string, unknown>

const OPERATORS: Readonly<Record<string, string>> = {
  '||': '&&',
  '&&': '||',
  '>': '>=',
  '>=': '>',
  '<': '<=',
  '<=': '<',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '??': '&&',
  '++': '--',
  '+=': '-=',
}

/** All mutants of some lines that can be parsed. The types are removed first. */
export function mutantsOf(typed: string): Mutant[] {
  const source = strip(typed)
  const found = new Map<string, string>()
  const isProgram = (text: string): AnyNode | undefined => {
    try {
      return parse(text, { ecmaVersion: 'latest', sourceType: 'module' }) as unknown as AnyNode
    } catch {
      return undefined
    }
  }
  const textOf = ({ start, end }: Node): string => source.slice(start, end)
  const replace = (node: Node, text: string, what: string): void => {
    const mutant = source.slice(0, node.start) + text + source.slice(node.end)
    const line = source.slice(0, node.start).split('\n').length
    if (mutant !== source && isProgram(mutant) && !found.has(mutant)) found.set(mutant, `line ${line}: ${what}`)
  }
  const instead = (node: Node, text: string): void =>
    replace(node, text, `\`${short(text)}\` instead of \`${short(textOf(node))}\``)
  const visit = (node: AnyNode, parent: AnyNode | undefined): void => {
    if (node.type === 'ImportDeclaration') return
    if (/Statement$|^VariableDeclaration$/.test(node.type) && /^(Program|BlockStatement)$/.test(parent?.type ?? '')) {
      replace(node, '', `without \`${short(textOf(node))}\``)
    }
    switch (node.type) {
      case 'TryStatement': {
        const [block, handler, finalizer] = ['block', 'handler', 'finalizer'].map(
          (part) => node[part] as AnyNode | null,
        )
        if (handler) {
          instead(node, textOf(block!))
          replace(handler['body'] as AnyNode, '{}', 'an empty catch')
        }
        if (finalizer) replace(node, `${textOf(block!)} ${textOf(finalizer)}`, 'no finally: what it does comes after')
        break
      }
      case 'IfStatement': {
        const test = node['test'] as AnyNode
        for (const text of ['true', 'false', `!(${textOf(test)})`]) instead(test, text)
        break
      }
      case 'BinaryExpression':
      case 'LogicalExpression':
      case 'UpdateExpression':
      case 'AssignmentExpression': {
        const operator = String(node['operator'])
        const other = OPERATORS[operator]
        if (other === undefined) break
        const [left, right] = [node['left'], node['right']] as AnyNode[]
        if (left && right) instead(node, `${textOf(left)} ${other} ${textOf(right)}`)
        else instead(node, textOf(node).replace(operator, other))
        if (node.type === 'LogicalExpression') for (const side of [left, right]) instead(node, textOf(side!))
        break
      }
      case 'UnaryExpression':
        if (node['operator'] === '!') instead(node, textOf(node['argument'] as AnyNode))
        break
      case 'Literal': {
        const { value } = node as { value?: unknown }
        if (typeof value === 'number') for (const other of [0, value + 1, value * 2]) instead(node, String(other))
        if (typeof value === 'boolean') instead(node, String(!value))
        if (typeof value === 'string') instead(node, JSON.stringify(`${value}?`))
        break
      }
      case 'YieldExpression':
        if (node['delegate']) instead(node, textOf(node['argument'] as AnyNode))
        break
      case 'ReturnStatement':
        if (node['argument']) instead(node, 'return')
        break
      case 'CallExpression': {
        const last = (node['arguments'] as AnyNode[]).at(-1)
        if (last && /Function|Identifier/.test(last.type)) instead(node, `(${textOf(last)})()`)
        break
      }
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node)
    }
  }
  visit(isProgram(source)!, undefined)
  return [...found].map(([mutant, what]) => ({ what, source: mutant }))
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

// `yield* x` in a `function*` becomes `yield* $(x, place)`, and `f(…)` as a statement becomes `$dropped(f(…), …)`.
// Everything else is unchanged, on the same lines. The transform is purely syntactic: at run time, `$` finds out what x
// is.

import { relative } from 'node:path'
import MagicString, { type SourceMap } from 'magic-string'
import { type CallExpression, type Node, type ParserOptions, parseSync, Visitor, type VisitorObject } from 'oxc-parser'
import { RUNTIME } from './files.ts'

/** A line, from 1, and a column, from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface TransformOptions {
  /** The language of the text. @default by the extension of the file */
  readonly lang?: ParserOptions['lang'] | undefined
  /** The position in the original source, if this text was compiled from it. */
  readonly originalPosition?: ((position: Position) => Position) | undefined
}

/**
 * Transforms a module. Returns undefined if there is nothing to do: it has no `yield*`, it is a CommonJS module, or it
 * cannot be parsed, which the tool that loads it reports better.
 */
export function transform(
  code: string,
  file: string,
  { lang, originalPosition = (position) => position }: TransformOptions = {},
): { code: string; map: SourceMap } | undefined {
  if (!/\byield\b\s*(?:\/|\*)/.test(code)) return undefined
  const { program, module, errors } = parseSync(file, code, {
    ...(lang === undefined ? {} : { lang }),
    sourceType: 'module',
  })
  if (errors.some(({ severity }) => severity === 'Error') || !module.hasModuleSyntax) return undefined
  const text = new MagicString(code)
  const awaits = unusedName('$', code)
  const dropped = unusedName('$dropped', code)
  const shownFile = relative(process.cwd(), file).replaceAll('\\', '/')
  const functions: { node: Node; name: string; isCoroutine: boolean }[] = []
  const names = new Map<Node, string>()
  let changes = 0

  function place(node: Node): string {
    const { line, column } = originalPosition(positionOf(code, node.start))
    return JSON.stringify(`${functions.at(-1)?.name} (${shownFile}:${line}:${column})`)
  }
  function wrap(node: Node, fn: string, rest: string): void {
    changes++
    text.appendRight(node.start, `${fn}(`).appendLeft(node.end, `, ${rest})`)
  }
  const enter = (node: Node & { id?: { name: string } | null; generator?: boolean; async?: boolean }): void => {
    const name = node.id?.name ?? names.get(node) ?? '<anonymous>'
    functions.push({ node, name, isCoroutine: node.generator === true && node.async !== true })
  }
  const leave = (): void => void functions.pop()
  const named = (node: { key: Node; value: Node | null }): void => {
    if (node.value !== null) names.set(node.value, code.slice(node.key.start, node.key.end))
  }
  const visitor: VisitorObject = {
    FunctionDeclaration: enter,
    FunctionExpression: enter,
    ArrowFunctionExpression: enter,
    'FunctionDeclaration:exit': leave,
    'FunctionExpression:exit': leave,
    'ArrowFunctionExpression:exit': leave,
    MethodDefinition: named,
    PropertyDefinition: named,
    Property: named,
    VariableDeclarator({ id, init }) {
      if (init !== null && id.type === 'Identifier') names.set(init, id.name)
    },
    // On leaving a node, so that inner expressions are closed before outer ones.
    'YieldExpression:exit'({ delegate, argument }) {
      if (delegate && argument !== null && functions.at(-1)?.isCoroutine) wrap(argument, awaits, place(argument))
    },
    'ExpressionStatement:exit'({ expression }) {
      if (!functions.at(-1)?.isCoroutine) return
      const call = expression.type === 'ChainExpression' ? expression.expression : expression
      if (call.type !== 'CallExpression') return
      wrap(expression, dropped, `${JSON.stringify(calleeName(call))}, ${place(expression)}`)
    },
  }
  new Visitor(visitor).visit(program)
  if (changes === 0) return undefined
  text.append(`\nimport { $ as ${awaits}, $dropped as ${dropped} } from '${RUNTIME}'\n`)
  return { code: text.toString(), map: text.generateMap({ source: file, includeContent: true, hires: 'boundary' }) }
}

function calleeName({ callee }: CallExpression): string {
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : ''
}

function unusedName(name: string, code: string): string {
  let unused = `${name}_spindle`
  while (code.includes(unused)) unused += '_'
  return unused
}

function positionOf(code: string, offset: number): Position {
  const before = code.lastIndexOf('\n', offset - 1)
  let line = 1
  for (let at = code.indexOf('\n'); at !== -1 && at < offset; at = code.indexOf('\n', at + 1)) line++
  return { line, column: offset - before }
}

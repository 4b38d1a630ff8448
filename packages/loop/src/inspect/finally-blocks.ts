// Whether a place is inside of a `finally` block: the engine does not tell, so the source is read. It is scanned, not
// parsed; what is scanned wrongly costs a report in debug mode.

import { hostProcess } from './host-globals.ts'
import type { StackFrame } from './parse-frame.ts'

// A comment, a string, a regular expression after what no value ends with, a part of a template, or anything else.
const TOKEN =
  /\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|(?<=[(,=:[!&|?{};+\-*%<>~^]\s*|\breturn\s+)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|[\w$]+|\$\{|\S/g
const TEMPLATE_PART = /(?:\\[\s\S]|(?!\$\{)[^`\\])*(`|\$\{|$)/y

type Block = readonly [begin: number, end: number]

const known = new Map<string, { readonly lines: readonly number[]; readonly blocks: readonly Block[] }>()

/** Whether the place is inside of a `finally` block. False if its source cannot be read. */
export function isInFinally({ url, line, column }: StackFrame): boolean {
  let source = known.get(url)
  if (source === undefined) {
    const text = textOf(url)
    source = { lines: [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)], blocks: finallyBlocks(text) }
    known.set(url, source)
  }
  const offset = (source.lines[line - 1] ?? Number.NaN) + column - 1
  return source.blocks.some(([begin, end]) => begin <= offset && offset < end)
}

function textOf(url: string): string {
  try {
    const builtin = hostProcess()?.getBuiltinModule
    return builtin?.('node:fs').readFileSync(builtin('node:url').fileURLToPath(url), 'utf8') ?? ''
  } catch {
    return '' // it is not a file, or must not be read
  }
}

export function finallyBlocks(text: string): Block[] {
  const blocks: Block[] = []
  const open: { readonly brace: string; readonly begin: number }[] = []
  let before = ''
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    let [token] = match
    if (/^\/[/*]/.test(token)) continue
    if (token === '{') open.push({ brace: before === 'finally' ? 'finally' : '{', begin: match.index })
    if (token === '}') {
      const closed = open.pop()
      if (closed?.brace === 'finally') blocks.push([closed.begin, match.index])
      if (closed?.brace === '${') token = '`' // the template continues
    }
    if (token === '`') {
      TEMPLATE_PART.lastIndex = TOKEN.lastIndex
      const part = TEMPLATE_PART.exec(text)
      TOKEN.lastIndex = part === null ? text.length : TEMPLATE_PART.lastIndex
      if (part?.[1] === '${') open.push({ brace: '${', begin: TOKEN.lastIndex })
    }
    before = token
  }
  return blocks
}

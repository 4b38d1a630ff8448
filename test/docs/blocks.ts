// Finds the blocks of TypeScript in the documentation, and makes a module of each.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { root } from '../tooling/run-example.ts'

/** What the word after ```ts says: run it (no word), only compile it, or see that it does not compile. */
export type Mode = 'run' | 'no-run' | 'fails-to-compile'

/** A block of TypeScript in the documentation. */
export interface Block {
  /** From the root of the repository. */
  readonly file: string
  /** The line of its opening fence. */
  readonly line: number
  readonly mode: Mode
  readonly code: string
}

/** Every ```ts block of the Markdown files and of the comments in the packages' sources. */
export function findBlocks(): Block[] {
  const packages = readdirSync(`${root}packages`)
    .filter((name) => name !== 'README.md')
    .map((name) => `packages/${name}`)
  const markdown = [
    'README.md',
    ...filesIn('docs', '.md').filter((file) => !file.startsWith('docs/ko/')), // which has the same programs
    ...packages.map((path) => `${path}/README.md`).filter(exists),
  ]
  const sources = packages.flatMap((path) => filesIn(`${path}/src`, '.ts')).filter((file) => !file.includes('.test'))
  return [...markdown, ...sources].flatMap((file) => blocksOf(file, readFileSync(`${root}${file}`, 'utf8')))
}

/** The blocks of one file. Of a source, only what stands in its TSDoc comments counts. */
export function blocksOf(file: string, text: string): Block[] {
  const lines = file.endsWith('.md') ? text.split('\n') : commentLines(text)
  const blocks: Block[] = []
  let fence:
    | { readonly marks: string; readonly indent: number; readonly info: string; readonly line: number }
    | undefined
  let code: string[] = []
  for (const [index, line] of lines.entries()) {
    const [, indent = '', marks = '', info = ''] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    if (fence === undefined) {
      if (/^\s*@example\b/.test(line) && !/^@example\n```ts\b/.test(lines.slice(index, index + 2).join('\n')))
        throw new Error(`${file}:${index + 1}: an @example is a block of ts in the next line`)
      if (marks !== '') fence = { marks, indent: indent.length, info: info.trim(), line: index + 1 }
    } else if (marks.startsWith(fence.marks) && info.trim() === '') {
      const [language, ...words] = fence.info.split(/\s+/)
      if (language === 'ts')
        blocks.push({ file, line: fence.line, mode: modeOf(words, file, fence.line), code: code.join('\n') })
      fence = undefined
      code = []
    } else {
      code.push(line.slice(Math.min(fence.indent, line.length - line.trimStart().length)))
    }
  }
  if (fence !== undefined) throw new Error(`${file}:${fence.line}: this block has no end`)
  return blocks
}

/** The lines that a block says it prints, in the order in which it says so; `undefined` if it does not say. */
export function expectedOutput(block: Block): string[] | undefined {
  const lines = printsOf(block.code)
  return lines.length === 0 ? undefined : lines
}

/** The lines that a block of any language says it prints. */
export function printsOf(code: string): string[] {
  return [...code.matchAll(/(?:\/\/|#) prints: ?(.*)$/gm)].map(([, line = '']) => line.trimEnd())
}

/** A block of another language or library, and the block of TypeScript behind it. */
export interface Pair {
  readonly line: number
  readonly theirs: string
  readonly ours: string
}

export function pairsIn(text: string, language: 'js' | 'python'): Pair[] {
  const pair = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`\\n(?:(?!^\`\`\`).)*?^\`\`\`ts.*?\\n(.*?)^\`\`\`$`, 'gms')
  return [...text.matchAll(pair)].map(({ index, 1: theirs = '', 2: ours = '' }) => {
    return { line: text.slice(0, index).split('\n').length, theirs, ours }
  })
}

/**
 * The text of a module that has the code of `block` from its second line on. The first line imports what the block
 * uses, unless it has imports of its own; `modules` tells what each module exports (types as `type Name`), those to
 * prefer first.
 */
export function moduleOf(block: Block, modules: ReadonlyMap<string, readonly string[]>): string {
  if (/^import\b/m.test(block.code)) return `export {}\n${block.code}\n`
  const code = block.code.replaceAll(/\/\/.*$/gm, '')
  const declared = code.matchAll(/\b(?:function\*?|class|interface|type|const|let|enum)\s+(\w+)/g)
  const taken = new Set([...declared].map(([, name]) => name))
  const imports: string[] = []
  for (const [module, exported] of modules) {
    const used = exported.filter((entry) => !taken.has(bare(entry)) && mentions(code, bare(entry)))
    if (used.length > 0) imports.push(`import { ${used.join(', ')} } from '${module}'; `)
    for (const entry of used) taken.add(bare(entry))
  }
  return `${imports.join('')}export {}\n${block.code}\n`
}

/** The modules whose names a block may use without importing them, and what they export; those to prefer first. */
export function implicitModules(file: string): Map<string, string[]> {
  const { exports } = JSON.parse(readFileSync(`${root}packages/spindle/package.json`, 'utf8'))
  const modules = new Map<string, string[]>()
  for (const [path, source] of Object.entries<string>(exports)) {
    modules.set(path.replace('.', 'spindle'), exportedNames(`packages/spindle/${source}`))
  }
  modules.set('@spindle/testing', exportedNames('packages/testing/src/index.ts'))
  // In the documentation of threads an Event is a thread's; everywhere else it is a Task's.
  const [, own = ''] = /^packages\/(\w+)\//.exec(file) ?? /^docs\/how-to\/(\w+?)s?\.md$/.exec(file) ?? []
  const preferred = modules.get(`spindle/${own}`)
  return preferred === undefined ? modules : new Map([[`spindle/${own}`, preferred], ...modules])
}

/** What an index.ts exports, by name; types are written `type Name`. */
export function exportedNames(index: string): string[] {
  const text = readFileSync(`${root}${index}`, 'utf8')
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/\/\/.*$/gm, '')
  const names: string[] = []
  for (const [, type = '', list = ''] of text.matchAll(/export (type )?\{([^}]*)\}/g)) {
    for (const entry of list.split(',')) {
      const name = entry.trim().replace(/^(type )?.* as /, '$1')
      if (name !== '') names.push(name.startsWith('type ') ? name : type + name)
    }
  }
  return names
}

// Directories without node_modules: what pnpm links there goes round in circles.
export function filesIn(directory: string, ending: string): string[] {
  if (!exists(directory)) return []
  const files = readdirSync(`${root}${directory}`, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => `${directory}/${file.replaceAll('\\', '/')}`)
    .sort()
}

function exists(path: string): boolean {
  return existsSync(`${root}${path}`)
}

// The text of the TSDoc comments, each line where it stands; all other lines empty.
function commentLines(text: string): string[] {
  let inside = false
  return text.split('\n').map((line) => {
    if (/^\s*\/\*\*/.test(line)) inside = true
    const content = inside ? line.replace(/^\s*\/?\*+ ?/, '') : ''
    if (line.includes('*/')) inside = false
    return content
  })
}

function modeOf(words: string[], file: string, line: number): Mode {
  const [word = 'run', ...rest] = words
  if (rest.length === 0 && (word === 'run' || word === 'no-run' || word === 'fails-to-compile')) return word
  throw new Error(`${file}:${line}: after \`\`\`ts stands nothing, no-run or fails-to-compile, not ${words.join(' ')}`)
}

function bare(entry: string): string {
  return entry.replace('type ', '')
}

function mentions(code: string, name: string): boolean {
  return new RegExp(`(?<![.\\w$])${name}\\b`).test(code)
}

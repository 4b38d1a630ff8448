// One table of all options, made of their declarations: `npx tsx test/docs/options.ts` writes the page.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { root } from '../tooling/run-example.ts'
import { filesIn } from './blocks.ts'

export const PAGE = 'docs/reference/options.md'

/** An option of one function, as it is declared. */
export interface Option {
  readonly word: string
  /** The type that declares it: `RetryOptions`. */
  readonly of: string
  readonly unit: string
  readonly meaning: string
  readonly default: string
}

// Where users find the types of options.
const ENTRIES = ['types', 'tools', 'threading', 'concurrent', 'thread-types', 'node-types', 'distributed']
// asyncio itself has `StreamReader(limit=…)`, of bytes, and `capture_call_graph(limit=…)`, of places.
const OF_ASYNCIO = ['limit']
const IS_OPTIONS = /(?:Options|Limits)$/

export function readOptions(): Option[] {
  return ENTRIES.flatMap((entry) => {
    const text = readFileSync(`${root}packages/spindle/src/${entry}.ts`, 'utf8')
    return [...text.matchAll(/\{([^}]*)\} from '@spindle\/(\w+)'/g)].flatMap(([, list = '', name = '']) => {
      const wanted = list.split(',').map((one) => one.trim().replace('type ', ''))
      const sources = sourcesOf(name)
      return wanted.filter((type) => IS_OPTIONS.test(type)).flatMap((type) => optionsIn(type, sources))
    })
  })
}

/** The options that a type declares, in the first of the sources that has it. */
export function optionsIn(type: string, sources: readonly string[]): Option[] {
  const declaration = new RegExp(`^export (?:interface|type) ${type}\\b([^{]*)\\{\\n([\\s\\S]*?)^\\}`, 'm')
  const found = sources.map((source) => declaration.exec(source)).find((match) => match !== null)
  const [, head = '', body = ''] = found ?? []
  // What several share, and users do not name.
  const shared = head.includes('ConnectionOptions') ? optionsIn('ConnectionOptions', sources) : []
  const own = [...body.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(?:readonly )?(\w+)\??: (.*)$/gm)]
    .filter(([, comment = '']) => !comment.includes('@internal'))
    .map(([, comment = '', word = '', declared = '']) => {
      const [text = '', standard = ''] = comment
        .replaceAll(/\s*\n\s*\*?\s*/g, ' ')
        .trim()
        .split(/\s*@default /)
      const [meaning = ''] = /^.*?(?:[.](?= [A-Z`(])|$)/.exec(text) ?? []
      return { word, of: type, unit: unitOf(declared, text), meaning: meaning.replace(/\.$/, ''), default: standard }
    })
  return [...shared.map((option) => ({ ...option, of: type })), ...own]
}

function unitOf(declared: string, text: string): string {
  const type = declared.replaceAll(/ \| undefined\b|\breadonly /g, '').replace(/ \/\/.*$/, '')
  if (type.startsWith('(')) return 'function'
  if (type === 'boolean') return 'yes or no'
  if (type === 'string') return 'text'
  if (!/^number\b/.test(type)) return `\`${type}\``
  if (/\bms\b/.test(text)) return 'ms'
  if (/\bbytes\b/.test(text)) return 'bytes'
  if (/\bMB\b/.test(text)) return 'MB'
  if (/how (?:many|often)|number/i.test(text)) return 'how many'
  return type === 'number' && !text.includes('`0o') ? '?' : `\`${type}\``
}

/** What is wrong with the words: each has one meaning, and each meaning one word. */
export function contradictions(options: readonly Option[]): string[] {
  const found: string[] = []
  for (const [index, option] of options.entries()) {
    const place = `${option.of}.${option.word}`
    if (option.meaning === '') found.push(`${place}: no meaning`)
    if (option.unit === '?') found.push(`${place}: no unit`)
    for (const other of options.slice(0, index)) {
      const shared = share(option.meaning, other.meaning)
      if (option.word === other.word && OF_ASYNCIO.includes(option.word)) continue
      const both = `${place} and ${other.of}.${other.word}`
      if (option.word === other.word && kindOf(option.unit) !== kindOf(other.unit)) found.push(`${both}: two units`)
      if (option.word === other.word && shared === 0) found.push(`${both}: two meanings`)
      if (option.word !== other.word && shared > 0.6) found.push(`${both}: one meaning`)
    }
  }
  return found
}

// Two types may be the same thing seen from two sides: an AbortSignal.
function kindOf(unit: string): string {
  return unit.startsWith('`') ? 'other' : unit
}

/** The share of the words of two sentences that both have. */
function share(one: string, other: string): number {
  const [a, b] = [wordsOf(one), wordsOf(other)]
  return [...a].filter((word) => b.has(word)).length / Math.max(1, new Set([...a, ...b]).size)
}

const COMMON = /^(?:how|many|often|whether|the|which|that|when|for|its|may|has|have|are|with|and|not|from|one|all)$/

function wordsOf(sentence: string): Set<string> {
  const words = sentence.toLowerCase().match(/[a-z]{3,}/g) ?? []
  return new Set(words.filter((word) => !COMMON.test(word)).map((word) => word.replace(/(?:s|ed|ing)$/, '')))
}

export function page(options: readonly Option[]): string {
  const sorted = options.toSorted((a, b) => (a.word.toLowerCase() < b.word.toLowerCase() ? -1 : 1))
  const rows = sorted.map((option, index) => {
    const word = sorted[index - 1]?.word === option.word ? '' : `\`${option.word}\``
    return `| ${[word, option.unit, `\`${option.of}\``, option.meaning, option.default].map(cell).join(' | ')} |`
  })
  return `${INTRODUCTION}\n${rows.join('\n')}\n`
}

const INTRODUCTION = `# Options

All options of \`spindle\`, \`spindle/thread\`, \`spindle/node\` and \`spindle/distributed\`. A word means the same wherever it
stands, and times are in ms. \`npx tsx test/docs/options.ts\` makes this page of the declarations, which say more; a test
fails when a word has two meanings, or a meaning two words.

| option | unit | of | meaning | default |
|---|---|---|---|---|`

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function sourcesOf(name: string): string[] {
  const files = filesIn(`packages/${name}/src`, '.ts').filter((file) => !/\.(?:test|fixture)\.ts$/.test(file))
  return files.map((file) => readFileSync(root + file, 'utf8'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(root + PAGE, page(readOptions()))

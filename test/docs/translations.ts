// The pages of docs/ko translate English pages. Each begins with the page that it follows, and a hash of the prose that
// it was made from: the site says below its title if that prose has changed since. `npx tsx test/docs/translations.ts`
// lists the pages that are behind; after translating what changed, `npx tsx test/docs/translations.ts done` renews the
// hashes.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const HEADER = /^<!-- translates (\S+) (\w+) -->$/m

/** A page in another language. */
export interface Translation {
  /** From the root of the repository. */
  readonly file: string
  readonly text: string
  /** The English page, from the root of the repository. */
  readonly original: string
  /** Whether the prose of the English page has changed since. */
  readonly isBehind: boolean
}

/** All pages in other languages. */
export function translations(): Translation[] {
  const pages = readdirSync(`${root}docs/ko`, { recursive: true, encoding: 'utf8' })
  return pages
    .filter((page) => page.endsWith('.md'))
    .map((page) => translationOf(`docs/ko/${page.replaceAll('\\', '/')}`))
}

/** The blocks of code of a page. */
export function codeOf(text: string): readonly string[] {
  return text.match(FENCED) ?? []
}

const FENCED = /^```[^\n]*\n[\s\S]*?^```\n/gm

function translationOf(file: string): Translation {
  const text = readFileSync(`${root}${file}`, 'utf8')
  const [, original, hash] = HEADER.exec(text) ?? []
  if (original === undefined) throw new Error(`${file} does not begin with <!-- translates PAGE HASH -->`)
  return { file, text, original, isBehind: hash !== hashOf(original) }
}

function hashOf(file: string): string {
  const prose = readFileSync(`${root}${file}`, 'utf8').replaceAll(FENCED, '')
  return createHash('sha256').update(prose).digest('hex').slice(0, 12)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text, original, isBehind } of translations()) {
    if (!isBehind) continue
    console.log(`${file}: ${original} has changed since`)
    if (process.argv[2] !== 'done') continue
    writeFileSync(`${root}${file}`, text.replace(HEADER, `<!-- translates ${original} ${hashOf(original)} -->`))
  }
}

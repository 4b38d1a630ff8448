// Rejects words that read as translated or outdated. Each has a replacement beside it.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './run-example.ts'

const INSTEAD: [word: RegExp, instead: string][] = [
  [/\bfor ever\b/i, 'forever'],
  [/\banew\b/i, 'again'],
  [/(?<!- )\b(?:is|are|was|were) told of\b/i, 'is reported'],
  [/\bof ours\b/i, 'of Spindle'],
  [/\b(?:be|is|are) gone through\b/i, 'iterated over'],
  [/\bHas `\w+` (?:called|told)\b/, 'Calls'],
  [/\bas to be dear\b|\bas dear\b/i, 'expensive'],
  [/\bin silence\b/i, 'silently'],
  [/\bnobody ask(?:s|ed) for\b/i, 'never retrieved'],
  [/\bno whole number\b/i, 'not an integer'],
  [/\bwho waits\b(?! for (?:whom|it)\b)/i, 'a waiter, the waiting Task'],
]

const FOLDERS = ['apps', 'bench', 'docs', 'examples', 'packages', 'scripts', 'site', 'test']
const FILES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md']
// Those that git knows: other tests write files meanwhile, and remove them.
const TEXTS = execFileSync('git', ['ls-files', ...FILES, ...FOLDERS], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(?:ts|tsx|js|mjs|md)$/.test(file) && file !== 'test/tooling/words.test.ts')

describe('prose', () => {
  it('is plain English', () => {
    const found = TEXTS.flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          INSTEAD.filter(([word]) => word.test(line)).map(
            ([word, instead]) => `${file}:${index + 1}: ${word.exec(line)?.[0]} (write: ${instead})`,
          ),
        ),
    )
    expect(found).toEqual([])
  })

  it('ends at 120 columns, in comments as well', () => {
    const found = TEXTS.flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return longLines(text, file.endsWith('.md')).map((line) => `${file}:${line}`)
    })
    expect(found).toEqual([])
  })

  it('that is too long is found, except in tables, code, addresses and printed lines', () => {
    const long = 'word '.repeat(30)
    const markdown = [long, `| ${long} |`, '```', long, '```', `[it](${'x'.repeat(120)})`]
    const code = [
      `// ${long}`,
      `   * ${long}`,
      `const text = '${long}' // short`,
      `// prints: ${long}`,
      `/** ${long} */`,
    ]
    expect({ markdown: longLines(markdown.join('\n'), true), code: longLines(code.join('\n'), false) }).toEqual({
      markdown: [1],
      code: [1, 2, 5],
    })
  })
})

describe('CHANGELOG.md', () => {
  it('says what is new under an area', () => {
    const [, news = ''] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## .*\n/m)
    const [above = ''] = news.split(/^### .*\n/m)
    expect(above).not.toMatch(/^- /m)
  })
})

/** The numbers of the lines of prose that are longer than 120 columns and could be wrapped. */
function longLines(text: string, isMarkdown: boolean): number[] {
  const found: number[] = []
  let skips: 'code' | 'generated' | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (isMarkdown && /^\s*```/.test(line)) skips = skips === undefined ? 'code' : undefined
    else if (isMarkdown && /^<!-- (?!end)/.test(line) && text.includes('<!-- end -->')) skips = 'generated'
    else if (line.startsWith('<!-- end')) skips = undefined
    if (skips !== undefined || [...line].length <= 120) continue
    const isProse = isMarkdown ? !/^\s*(?:\||#|<|\[|!\[)/.test(line) : /^\s*(?:\/\/|\/?\*)/.test(line)
    const isFixed = /prints: |biome-ignore|@ts-|CPython: |https?:\/\/|[│─▶]/.test(line)
    if (isProse && !isFixed && /\S\s+\S/.test(line.slice(0, 120).trimStart().slice(3))) found.push(index + 1)
  }
  return found
}

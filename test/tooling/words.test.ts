// Keeps words out that read as translated, or as another century's. What to write instead stands beside each.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './run-example.ts'

const INSTEAD: [word: RegExp, instead: string][] = [
  [/\bfor ever\b/i, 'forever'],
  [/\banew\b/i, 'again'],
  [/(?<!- )\b(?:is|are|was|were) told of\b/i, 'is reported'],
  [/\bof ours\b/i, 'of Spindle'],
  [/\bwho waits\b(?! for (?:whom|it)\b)/i, 'a waiter, the waiting Task'],
]

const FOLDERS = ['apps', 'bench', 'docs', 'examples', 'packages', 'scripts', 'site', 'test']
const FILES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md']

describe('prose', () => {
  it('is plain English', () => {
    const found = [...FILES, ...FOLDERS.flatMap(textsIn)].flatMap((file) =>
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
})

function textsIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (/^(?:node_modules|dist|\..*)$/.test(entry.name) || path === 'test/tooling/words.test.ts') return []
    if (entry.isDirectory()) return textsIn(path)
    return /\.(?:ts|tsx|js|mjs|md)$/.test(entry.name) ? [path] : []
  })
}

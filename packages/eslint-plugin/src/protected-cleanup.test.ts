// The examples and the blocks of all pages write clean-up that a cancellation does not cut short.

import { readdirSync, readFileSync } from 'node:fs'
import parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { expect, it } from 'vitest'
import plugin from './index.ts'
import { root } from './typed-eslint.fixture.ts'

const ON_PURPOSE = ['examples/cancellation/06_twice.ts'] // shows how a clean-up is cut short

const SHOWS_A_MISTAKE = /\/\/ wrong/

const RULE: Linter.Config[] = [
  {
    files: ['**/*.tsx'],
    languageOptions: { parser: parser as never, parserOptions: { ecmaFeatures: { jsx: true } } },
    plugins: { spindle: plugin as never },
    rules: { 'spindle/no-unprotected-cleanup': 'error' },
  },
]

it.each(['examples', 'docs'])('no-unprotected-cleanup reports nothing in %s', (folder) => {
  const programs = ['README.md', ...sourcesIn(folder)].flatMap(programsIn)
  expect(programs.length).toBeGreaterThan(50)
  const found = programs
    .filter(({ code }) => /finally[\s\S]*yield\*/.test(code)) // to save time
    .filter(({ place, code }) => !ON_PURPOSE.includes(place) && !SHOWS_A_MISTAKE.test(code))
    .flatMap(({ place, code }) =>
      new Linter().verify(code, RULE, 'program.tsx').map(({ line, message }) => `${place}:${line} ${message}`),
    )
  expect(found).toEqual([])
})

function sourcesIn(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return /^(?:\.|node_modules$|dist$|own$)/.test(entry.name) ? [] : sourcesIn(path)
    return /\.(?:tsx?|md)$/.test(entry.name) ? [path] : []
  })
}

/** A file, or the blocks of a page. */
function programsIn(file: string): { place: string; code: string }[] {
  const text = readFileSync(`${root}${file}`, 'utf8')
  if (!file.endsWith('.md')) return [{ place: file, code: text }]
  return [...text.matchAll(/^```tsx?\b.*\n([\s\S]*?)^```/gm)].map(({ 1: block = '', index }) => {
    const hasImports = /^import .*\bfrom 'spindle'/ms.test(block)
    const code = hasImports ? block : `import { exitStack, resource, uncancellable } from 'spindle'; ${block}`
    return { place: `${file}, block at ${text.slice(0, index).split('\n').length}`, code }
  })
}

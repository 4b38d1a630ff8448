// What users can import is explained where it is declared.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

for (const name of readdirSync(`${root}packages`).filter((name) => name !== 'README.md')) {
  const { exports } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8')) as {
    exports: Record<string, string>
  }
  for (const [path, source] of Object.entries(exports)) {
    if (path.startsWith('./internal')) continue
    const index = `packages/${name}/${source.replace('./', '')}`
    it(`${index} names each export, and each has a TSDoc comment`, () => {
      expect(undocumented(index)).toEqual([])
    })
  }
}

it('an export without a comment is found', () => {
  const text = [
    '/** Told. */',
    'export function told(): void {}',
    'export class Untold {}',
    '/** Told. */',
    '// biome-ignore lint: a reason',
    'export type Alias = 1',
  ]
  expect(declaredWithoutComment(text.join('\n'), 'told')).toBe(false)
  expect(declaredWithoutComment(text.join('\n'), 'Untold')).toBe(true)
  expect(declaredWithoutComment(text.join('\n'), 'Alias')).toBe(false)
  expect(declaredWithoutComment('/* no TSDoc */\nexport const x = 1', 'x')).toBe(true)
})

// Names that another package's index exports are that package's to explain.
function undocumented(index: string): string[] {
  const text = readFileSync(`${root}${index}`, 'utf8').replaceAll(/^\s*\/\/.*$/gm, '')
  const missing = [...text.matchAll(/^export \*.*$/gm)].map(([line]) => `${index}: name what this exports: ${line}`)
  for (const [, list = '', module = ''] of text.matchAll(/export (?:type )?\{([^}]*)\} from '(\.[^']*)'/g)) {
    const file = join(root, dirname(index), module)
    const source = existsSync(file) ? readFileSync(file, 'utf8') : ''
    for (const entry of list.split(',')) {
      const name = entry
        .trim()
        .replace(/^type /, '')
        .replace(/ as .*/, '')
      if (name !== '' && declaredWithoutComment(source, name)) missing.push(`${file.replace(root, '')}: ${name}`)
    }
  }
  for (const [, name = ''] of text.matchAll(declarations('(\\w+)'))) {
    if (declaredWithoutComment(text, name)) missing.push(`${index}: ${name}`)
  }
  return missing
}

function declaredWithoutComment(source: string, name: string): boolean {
  const declaration = declarations(name.replaceAll('$', '\\$')).exec(source)
  if (declaration === null) return true // not declared there at all
  // A word to the linter may stand between.
  const before = source
    .slice(0, declaration.index)
    .replaceAll(/^\/\/.*$/gm, '')
    .trimEnd()
  return !before.endsWith('*/') || !before.slice(before.lastIndexOf('/*')).startsWith('/**')
}

function declarations(name: string): RegExp {
  const kinds = 'class|interface|type|const|let|function\\*?|async function|abstract class'
  return new RegExp(`^export (?:default )?(?:declare )?(?:${kinds}) ${name}\\b`, 'gm')
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorOf } from '../../scripts/anchor-of.mjs'
import { root } from '../tooling/run-example.ts'
import { filesIn } from './blocks.ts'

const documents = [
  ...['.', 'examples'].flatMap((directory) =>
    readdirSync(join(root, directory)).flatMap((name) => (name.endsWith('.md') ? join(directory, name) : [])),
  ),
  ...filesIn('docs', '.md'),
]

describe.each(documents)('the links of %s', (document) => {
  it('lead to existing files and headings', () => {
    const links = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    expect(links.filter((target) => !target.startsWith('https://') && !leadsSomewhere(document, target))).toEqual([])
  })
})

function leadsSomewhere(document: string, target: string): boolean {
  const [path = '', heading] = target.split('#')
  const file = path === '' ? document : join(dirname(document), path)
  if (!existsSync(join(root, file))) return false
  return heading === undefined || headingsOf(file).includes(heading)
}

function headingsOf(document: string): string[] {
  return [...textOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

/** Without its blocks of code. */
function textOf(document: string): string {
  return readFileSync(join(root, document), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
}

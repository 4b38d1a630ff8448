// What docs/how-to/from-*.md says of other libraries is true: each block of theirs runs and prints what it says, and
// the block of TypeScript behind it says that it prints the same, which docs.test.ts sees to. from-asyncio.md has a
// test of its own.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { installPeers } from '../../bench/peers/install.js'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { type Pair, pairsIn, printsOf } from './blocks.ts'

const exec = promisify(execFile)
const peers = `${root}bench/peers/`

// The modules whose exports a block of a page may use without importing them, those to prefer first.
const PAGES: Record<string, readonly string[]> = {
  promises: [],
  effection: ['effection'],
  effect: ['effect'],
  'redux-saga': ['redux-saga/effects', 'redux-saga'],
  rxjs: ['rxjs'],
}

describe.each(Object.entries(PAGES))('docs/how-to/from-%s.md', (page, modules) => {
  const text = readFileSync(`${root}docs/how-to/from-${page}.md`, 'utf8')
  const pairs = pairsIn(text, 'js')

  it('has pairs that say that they print the same, and nothing but pairs', () => {
    expect(pairs.length).toBeGreaterThan(5)
    expect(text.match(/^```\w/gm)?.length).toBe(2 * pairs.length)
    const different = pairs.filter(({ theirs, ours }) => printsOf(theirs).join() !== printsOf(ours).join())
    // An order that differs on purpose is what the page is about there.
    const said = different.map(({ theirs, ours }) => printsOf(theirs).sort().join() === printsOf(ours).sort().join())
    expect(said.every(Boolean)).toBe(true)
    expect(different.length).toBeLessThan(2)
    expect(pairs.filter(({ theirs }) => printsOf(theirs).length === 0)).toEqual([])
  })

  // Libraries are installed for this.
  const runs = modules.length === 0 || longForm
  it.runIf(runs)('shows the output of these programs', { timeout: 240_000 }, async () => {
    if (modules.length > 0) installPeers()
    const printed = await run(pairs, modules)
    const wrong = pairs.flatMap(({ line, theirs }, index) => {
      const said = printsOf(theirs)
      return printed[index]?.join() === said.join() ? [] : [{ line, said, printed: printed[index] }]
    })
    expect(wrong).toEqual([])
  })
})

// Imports the blocks one after the other, each behind the names that it uses of the modules.
const RUNNER = `
import { readFileSync, writeFileSync } from 'node:fs'
import { format } from 'node:util'
const { modules, blocks } = JSON.parse(readFileSync(new URL('blocks.json', import.meta.url), 'utf8'))
const exported = new Map()
for (const module of modules) for (const name of Object.keys(await import(module))) if (!exported.has(name)) exported.set(name, module)
const printed = []
for (const [index, block] of blocks.entries()) {
  const declared = new Set([...block.matchAll(/\\b(?:function\\*?|class|const|let)\\s+(\\w+)/g)].map(([, name]) => name))
  const words = new Set(block.replaceAll(/\\/\\/.*$/gm, '').match(/(?<![.\\w])\\w+\\b/g))
  const used = [...words].filter((word) => exported.has(word) && !declared.has(word))
  const imports = used.map((name) => 'import { ' + name + " } from '" + exported.get(name) + "'; ")
  const file = new URL(index + '.mjs', import.meta.url)
  writeFileSync(file, imports.join('') + block)
  const lines = []
  console.log = (...values) => lines.push(format(...values))
  await import(file).catch((error) => lines.push(error.stack))
  printed.push(lines)
}
process.stdout.write(JSON.stringify(printed))
`

/** What each of the blocks prints, in one process. */
async function run(pairs: readonly Pair[], modules: readonly string[]): Promise<string[][]> {
  const folder = mkdtempSync(`${peers}.blocks-`)
  try {
    const delay = "import { setTimeout as delay } from 'node:timers/promises'\n"
    const blocks = pairs.map(({ theirs }) => (modules.length === 0 ? delay : '') + theirs)
    writeFileSync(`${folder}/blocks.json`, JSON.stringify({ modules, blocks }))
    writeFileSync(`${folder}/run.mjs`, RUNNER)
    const { stdout } = await exec(process.execPath, [`${folder}/run.mjs`])
    return JSON.parse(stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

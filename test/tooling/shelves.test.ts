// How many lines each part of the repository may have. What is added to a shelf is taken away from it elsewhere. The
// commit message of a raised row says why a user is better off. Lower a row when its shelf has become shorter.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root } from './run-example.ts'

const BUDGETS: Record<string, number> = {
  'packages/create-spindle': 380,
  'packages/distributed': 4540,
  'packages/eslint-plugin': 1480,
  'packages/inspect': 8060,
  'packages/loop': 6450,
  'packages/node': 4350,
  'packages/spindle': 370,
  'packages/task': 11_290,
  'packages/testing': 6120,
  'packages/thread': 9439,
  'packages/unplugin': 290,
  Markdown: 15_750,
  apps: 11_050,
  bench: 3000,
  examples: 5500,
  scripts: 1415,
  site: 1490,
  test: 35_574,
  'tests in packages': 36_979,
  'the root': 170,
}

const shelves = linesOfShelves()

it.each(Object.entries(BUDGETS))('%s has at most %i lines', (shelf, budget) => {
  expect(shelves.get(shelf) ?? 0).toBeLessThanOrEqual(budget)
})

it('every file of source is on a shelf that has a budget', () => {
  expect([...shelves.keys()].filter((shelf) => !(shelf in BUDGETS))).toEqual([])
})

it('no budget stands for a shelf that is gone, or is three times what it needs', () => {
  const loose = Object.entries(BUDGETS).filter(([shelf, budget]) => (shelves.get(shelf) ?? 0) < budget / 3)
  expect(loose).toEqual([])
})

function linesOfShelves(): Map<string, number> {
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
  const lines = new Map<string, number>()
  for (const file of files) {
    const shelf = shelfOf(file)
    if (shelf === undefined || !existsSync(`${root}${file}`)) continue // it is deleted, and not committed yet
    const count = readFileSync(`${root}${file}`, 'utf8').split('\n').length - 1
    lines.set(shelf, (lines.get(shelf) ?? 0) + count)
  }
  return lines
}

/** Undefined for what nobody writes by hand, such as lock files and pictures. */
function shelfOf(file: string): string | undefined {
  if (/\bko(?:rean)?\b/.test(file)) return undefined // a translation, as long as what it translates
  if (file.endsWith('.md')) return 'Markdown'
  if (!/\.(?:ts|tsx|js|mjs|cjs|mts|cts|css|html|c)$/.test(file)) return undefined
  const [folder = '', name = ''] = file.split('/')
  if (!file.includes('/')) return 'the root'
  if (folder !== 'packages') return folder
  return /\.(?:test|test-d|fixture)\.ts$/.test(file) ? 'tests in packages' : `packages/${name}`
}

// The reading path of the kernel stays short enough to be read.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

const MAX_LINES = 1600

it('docs/explanation/reading.md lists ten files of at most 1,600 lines, from ring.ts to cancel-scope.ts', () => {
  const page = readFileSync(`${root}docs/explanation/reading.md`, 'utf8')
  const files = [...page.matchAll(/^\| \[`\S+`\]\(\.\.\/\.\.\/(\S+)\) \| \S.*\? \|$/gm)].map(([, file = '']) => file)
  const lines = files.reduce((sum, file) => sum + readFileSync(root + file, 'utf8').split('\n').length - 1, 0)
  expect({
    files: files.length,
    first: files[0],
    last: files.at(-1),
    isShort: lines <= MAX_LINES || `${lines} lines`,
  }).toEqual({
    files: 10,
    first: 'packages/loop/src/scheduling/ring.ts',
    last: 'packages/task/src/scopes/cancel-scope.ts',
    isShort: true,
  })
})

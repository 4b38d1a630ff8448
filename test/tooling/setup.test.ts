// Each command of package.json can be the first one in a fresh clone.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from './run-example.ts'

const { test, ...commands } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')).scripts as Record<string, string>

describe('the commands of package.json', () => {
  it.each(Object.entries(commands))('npm run %s sets up before it loads an installed package', (_, command) => {
    expect(command).toMatch(/^node scripts\/setup\.mjs (?:--start )?&& /)
  })

  it('npm test sets up itself, so that a failure of that is counted: nothing that it imports is installed', () => {
    expect(test).toBe('node scripts/test.mjs')
    const files = ['scripts/test.mjs', 'scripts/check.mjs', 'scripts/run-tests.mjs', 'scripts/setup.mjs']
    const text = [...files, 'test/tooling/settings.mjs'].map((file) => readFileSync(root + file, 'utf8')).join('\n')
    const imported = [...text.matchAll(/^import .* from '(.*)'$/gm)].map(([, name]) => name)
    expect(imported.filter((name) => !/^node:|^\.{1,2}\//.test(name ?? ''))).toEqual([])
  })
})

// The built plugin works in the linters that people have: ESLint 9 and 10, and oxlint; in a folder where no ESLint is
// found beside it.

import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'

const own = `${root}packages/eslint-plugin`
const folder = mkdtempSync(join(tmpdir(), 'spindle-linters-'))
const require = createRequire(`${own}/package.json`)

const PROGRAM = `import { sleep } from 'spindle'
function* child() { yield* sleep(0.5) }
export function* main() {
  child()
  try { yield* child() } catch {}
}
`
const REPORTED = ['no-floating-coroutine', 'no-seconds', 'no-swallowed-cancellation']

beforeAll(() => {
  cpSync(`${own}/dist`, join(folder, 'plugin'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'main.js'), PROGRAM)
  const rules = Object.fromEntries(REPORTED.map((rule) => [`spindle/${rule}`, 'error']))
  const jsPlugins = [{ name: 'spindle', specifier: './plugin/index.js' }]
  writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify({ jsPlugins, rules }))
  writeFileSync(
    join(folder, 'eslint.config.js'),
    "import plugin from './plugin/index.js'\nexport default [{ ignores: ['plugin'] }, plugin.configs.recommended]\n",
  )
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the built plugin', () => {
  const hosts: [name: string, bin: string, args: string[]][] = [
    ['ESLint 10', binOf('eslint', 'bin/eslint.js'), ['main.js', '--format', 'json']],
    ['oxlint', binOf('oxlint', 'bin/oxlint'), ['main.js', '--format', 'json']],
    ['ESLint 9', binOf('eslint-9', 'bin/eslint.js'), ['main.js', '--format', 'json']],
  ]
  it.each(longForm ? hosts : hosts.slice(0, 2))('reports in %s', { timeout: 120_000 }, async (_name, bin, args) => {
    const output = await outputOf(bin, args)
    const found = REPORTED.filter((rule) => new RegExp(`spindle[/(]${rule}`).test(output))
    expect({ found, output: found.length === REPORTED.length ? '' : output }).toEqual({ found: REPORTED, output: '' })
  })
})

function binOf(name: string, path: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), path)
}

/** What a linter prints; that it ends with 1 means that it found something. */
function outputOf(bin: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd: folder }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
}

// A minified bundle prints and reports the same as the sources: names never come from identifiers that a minifier may
// rename.

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { rolldown } from 'rolldown'
import { minify } from 'terser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtModules } from '../tooling/built-packages.mjs'
import { COMPILED } from '../tooling/compiled-path.mjs'
import { longForm } from '../tooling/long-form.ts'
import { root, runExample, runNode } from '../tooling/run-example.ts'

const PROGRAM = 'test/package/printing.fixture.ts'
const ALIAS = builtModules(`${root}${COMPILED}`)

describe('a minified bundle', { timeout: 120_000 }, () => {
  let folder: string
  let expected: string
  beforeAll(async () => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'spindle-minified-'))
    expected = (await runExample(PROGRAM)).stdout
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('has something to print', () => {
    expect(expected).toContain('<Lock [unlocked]>')
    expect(expected).toContain('coro=<Lock.acquire()>')
    expect(expected).toContain('DeadlockError: ')
  })

  const minifiers: [name: string, bundle: () => Promise<string>][] = [
    ['esbuild', bundleByEsbuild],
    ['rolldown', bundleByRolldown],
    ['terser', bundleByTerser],
  ]
  it.each(longForm ? minifiers : minifiers.slice(0, 2))('made by %s prints the same', async (name, bundle) => {
    const file = join(folder, `${name}.mjs`)
    writeFileSync(file, await bundle())
    expect((await runNode([file])).stdout).toBe(expected)
  })
})

async function bundleByEsbuild(minified = true): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}${PROGRAM}`],
    bundle: true,
    minify: minified,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    alias: ALIAS,
  })
  return outputFiles[0]?.text ?? ''
}

async function bundleByRolldown(): Promise<string> {
  const entries = Object.entries(ALIAS).map(([find, replacement]) => [find, replacement] as const)
  const bundle = await rolldown({
    input: `${root}${PROGRAM}`,
    platform: 'node',
    external: /^node:/,
    plugins: [{ name: 'built', resolveId: (id) => entries.find(([find]) => find === id)?.[1] }],
  })
  const { output } = await bundle.generate({ minify: true, format: 'esm' })
  return output[0].code
}

async function bundleByTerser(): Promise<string> {
  const { code } = await minify(await bundleByEsbuild(false), { module: true, compress: { passes: 2 }, mangle: true })
  return code ?? ''
}

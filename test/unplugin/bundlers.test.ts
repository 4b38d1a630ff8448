// A program through each bundler's plugin, and through the loader of Node and tsx.

import { mkdtempSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { transform } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { LOAD_TYPESCRIPT, root, runNode } from '../tooling/run-example.ts'

const PROGRAM = join(root, 'test/unplugin/program.fixture.ts')
const EXTERNAL = /^(?:@spindle\/|spindle(?:\/|$))/
const LOADER = join(root, 'packages/unplugin/src/node.ts')

/** Bundles the program into `file`; what it imports of Spindle stays outside. In the short form most are not loaded. */
const bundlers: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  async esbuild(outfile) {
    const [{ build }, { default: plugin }] = await Promise.all([import('esbuild'), import('@spindle/unplugin/esbuild')])
    const options = { bundle: true, minifyWhitespace: true, external: ['spindle'], plugins: [plugin()] }
    await build({ ...options, format: 'esm', entryPoints: [PROGRAM], outfile })
  },
  async Rolldown(file) {
    const { rolldown } = await import('rolldown')
    const { default: plugin } = await import('@spindle/unplugin/rolldown')
    const bundle = await rolldown({ input: PROGRAM, external: EXTERNAL, plugins: [plugin()] })
    await bundle.write({ file, minify: true })
  },
  async Rollup(file) {
    const { rollup } = await import('rollup')
    const { default: plugin } = await import('@spindle/unplugin/rollup')
    // It knows no TypeScript.
    const types = { name: 'types', transform: async (code: string) => (await transform(code, { loader: 'ts' })).code }
    const bundle = await rollup({ input: PROGRAM, external: EXTERNAL, plugins: [plugin(), types] })
    await bundle.write({ file })
  },
  async Vite(file) {
    const { build } = await import('vite')
    const { default: plugin } = await import('@spindle/unplugin/vite')
    const output = { entryFileNames: basename(file) }
    const options = { ssr: PROGRAM, emptyOutDir: false, outDir: dirname(file), rolldownOptions: { output } }
    await build({ configFile: false, logLevel: 'error', root, plugins: [plugin()], build: options })
  },
  async webpack(file) {
    const { default: webpack } = await import('webpack')
    const { default: plugin } = await import('@spindle/unplugin/webpack')
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry: PROGRAM,
      experiments: { outputModule: true },
      output: { path: dirname(file), filename: basename(file), module: true },
      externalsType: 'module',
      externals: EXTERNAL,
      module: { rules: [{ test: /\.ts$/, loader: join(root, 'test/unplugin/strip-types-loader.cjs') }] },
      plugins: [plugin()],
    })
    await new Promise<void>((resolve, reject) => {
      compiler?.run((error, stats) => {
        const problem = error ?? (stats?.hasErrors() ? new Error(stats.toString()) : undefined)
        compiler.close(() => (problem ? reject(problem) : resolve()))
      })
    })
  },
}

describe('a transformed program', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(root, 'test/unplugin/bundles-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const chosen = Object.entries(bundlers).filter(([name]) => longForm || name === 'esbuild')
  it.each(chosen)('shows lines of plain function* and unawaited coroutines, bundled by %s', async (name, bundle) => {
    const file = join(folder, `${name}.mjs`)
    await bundle(file)
    expect(await printedBy([...LOAD_TYPESCRIPT, file])).toEqual(EXPECTED)
  })

  it('shows them when tsx loads it', async () => {
    expect(await printedBy([...LOAD_TYPESCRIPT, '--import', LOADER, PROGRAM])).toEqual(EXPECTED)
  })
})

// Columns depend on whether the types were there.
const EXPECTED = [
  '[',
  "  'at coroutine descend (test/unplugin/program.fixture.ts:6)',",
  "  'at coroutine descend (test/unplugin/program.fixture.ts:6)',",
  "  'at coroutine main (test/unplugin/program.fixture.ts:17)'",
  ']',
  'called: main (test/unplugin/program.fixture.ts:15)',
]

async function printedBy(args: string[]): Promise<string[]> {
  const { stdout, stderr } = await runNode(args, { timeout: 60_000 })
  return `${stdout}${stderr}`
    .trim()
    .replace(/(\.ts:\d+):\d+/g, '$1')
    .split('\n')
}

// The examples as plain JavaScript beside the packages as they are published: what users have after compiling. No
// loader is involved.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { installBuilt } from './built-packages.mjs'
import { COMPILED, compiledPath } from './compiled-path.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** @type {Promise<void> | undefined} */
let compiled

/** Compiles them in the long form, once for all projects; the packages must be built. For Vitest's `globalSetup`. */
export async function setup() {
  if (process.env['SPINDLE_TESTS'] !== 'all') return
  compiled ??= compileExamples()
  await compiled
}

async function compileExamples() {
  rmSync(`${root}${COMPILED}`, { recursive: true, force: true })
  installBuilt(`${root}${COMPILED}`)
  cpSync(`${root}test/tooling/typescript/virtual-time.mjs`, `${root}${COMPILED}/virtual-time.mjs`)
  writeFileSync(`${root}${COMPILED}/package.json`, JSON.stringify({ type: 'module' }))
  for (const file of filesIn('examples')) {
    const compiled = `${root}${compiledPath(file)}`
    mkdirSync(dirname(compiled), { recursive: true })
    if (!file.endsWith('.ts')) {
      cpSync(`${root}${file}`, compiled)
      continue
    }
    const options = /** @type {const} */ ({
      loader: 'ts',
      target: 'node20',
      sourcefile: `${root}${file}`,
      sourcemap: 'inline',
    })
    const { code } = await transform(readFileSync(`${root}${file}`, 'utf8'), options)
    writeFileSync(compiled, code.replaceAll(/(?<=["'])(\.\.?\/[\w./-]+)\.ts(?=["'])/g, '$1.js'))
  }
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    if (/^(?:node_modules|browser|\..*)$/.test(entry.name) || /\.test\.ts$/.test(entry.name)) return []
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return filesIn(path)
    return /^package\.json$|\.(?:out|md)$/.test(entry.name) ? [] : [path]
  })
}

// Compiles what tests start as programs. The examples become plain JavaScript beside the packages as they are
// published: what users have after compiling. No loader is involved.

import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { STAMP as BUILT, installBuilt } from './built-packages.mjs'
import { COMPILED, compiledPath } from './compiled-path.mjs'
import { compileAll } from './typescript/compile.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const STAMP = `${root}${COMPILED}/stamp`

/** @type {Promise<void> | undefined} */
let compiled

/** Compiles them once for all projects; the packages must be built. For Vitest's `globalSetup`. */
export async function setup() {
  compiled ??= compilePrograms()
  await compiled
}

async function compilePrograms() {
  await compileExamples()
  const files = ['test', 'packages'].flatMap(filesIn)
  // Of the packages, threads and processes load the sources only if a fixture uses what is internal.
  const loaded = files.filter((file) => /\.fixture\.ts$|^packages\/(?:loop|task|thread)\/.*\.ts$/.test(file))
  await compileAll(loaded.map((file) => `${root}${file}`))
}

async function compileExamples() {
  const files = filesIn('examples')
  const now = hashOf(files)
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === now) return
  rmSync(`${root}${COMPILED}`, { recursive: true, force: true })
  installBuilt(`${root}${COMPILED}`)
  cpSync(`${root}test/tooling/typescript/virtual-time.mjs`, `${root}${COMPILED}/virtual-time.mjs`)
  writeFileSync(`${root}${COMPILED}/package.json`, JSON.stringify({ type: 'module' }))
  await Promise.all(files.map(compileExample))
  writeFileSync(STAMP, now)
}

/** @param {string} file */
async function compileExample(file) {
  const compiled = `${root}${compiledPath(file)}`
  mkdirSync(dirname(compiled), { recursive: true })
  if (!file.endsWith('.ts')) return cpSync(`${root}${file}`, compiled)
  const options = /** @type {const} */ ({
    loader: 'ts',
    target: 'node20',
    sourcefile: `${root}${file}`,
    sourcemap: 'inline',
  })
  const { code } = await transform(readFileSync(`${root}${file}`, 'utf8'), options)
  writeFileSync(compiled, code.replaceAll(/(?<=["'])(\.\.?\/[\w./-]+)\.ts(?=["'])/g, '$1.js'))
}

/** @param {readonly string[]} files */
function hashOf(files) {
  const hash = createHash('sha1').update(readFileSync(BUILT))
  for (const file of files) hash.update(file).update(readFileSync(`${root}${file}`))
  return hash.digest('hex')
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    if (/^(?:node_modules|dist|browser|\..*)$/.test(entry.name) || /\.test\.ts$/.test(entry.name)) return []
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return filesIn(path)
    return /^package\.json$|\.(?:out|md)$/.test(entry.name) ? [] : [path]
  })
}

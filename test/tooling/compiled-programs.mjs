// Compiles what tests start as programs, threads and processes. Examples and fixtures become plain JavaScript beside
// the packages as they are published: what users have after compiling. No loader is involved.

import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { STAMP as BUILT, installBuilt } from './built-packages.mjs'
import { COMPILED, COMPILED_FIXTURES, compiledPath } from './compiled-path.mjs'
import { importBuilt } from './import-built.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const STAMP = `${root}${COMPILED}/stamp`
const IMPORTED = /(?<=["'])\.\.?\/[\w./-]+\.ts(?=["'])|(?<=from ["'])\.\.?\/[\w./-]+\.mjs(?=["'])/g
const RELATIVE = /(?<=["'])(\.\.?\/[\w./-]+)\.ts(?=["'])/g

/** @type {Promise<void> | undefined} */
let compiled

/** Compiles them once for all projects; the packages must be built. For Vitest's `globalSetup`. */
export async function setup() {
  compiled ??= compilePrograms()
  await compiled
}

async function compilePrograms() {
  const files = [...filesIn('examples'), ...selfContained(['test', 'packages/thread/src'].flatMap(filesIn))]
  const now = hashOf(files)
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === now) return
  for (const folder of [COMPILED, COMPILED_FIXTURES]) {
    rmSync(`${root}${folder}`, { recursive: true, force: true })
    mkdirSync(`${root}${folder}`)
    writeFileSync(`${root}${folder}/package.json`, JSON.stringify({ type: 'module' }))
  }
  installBuilt(`${root}${COMPILED}`)
  symlinkSync(`${root}${COMPILED}/node_modules`, `${root}${COMPILED_FIXTURES}/node_modules`, 'junction')
  linkOwnPackages('with-packages')
  cpSync(`${root}test/tooling/virtual-time.mjs`, `${root}${COMPILED}/virtual-time.mjs`)
  await Promise.all(files.map(compileProgram))
  writeFileSync(STAMP, now)
}

/**
 * Links the packages that a folder of examples has for itself, except for Spindle's, which are the built ones.
 *
 * @param {string} folder
 */
function linkOwnPackages(folder) {
  const from = `${root}examples/${folder}/node_modules`
  const to = `${root}${COMPILED}/${folder}/node_modules`
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    if (/^(?:\.|@?spindle$)/.test(name)) continue
    symlinkSync(`${from}/${name}`, `${to}/${name}`, 'junction')
  }
}

/** @param {string} file */
async function compileProgram(file) {
  const compiled = `${root}${compiledPath(file)}`
  mkdirSync(dirname(compiled), { recursive: true })
  if (!file.endsWith('.ts')) return cpSync(`${root}${file}`, compiled)
  const options = /** @type {const} */ ({
    loader: 'ts',
    target: 'node20',
    sourcefile: `${root}${file}`,
    sourcemap: 'inline',
  })
  const { code } = await transform(
    importBuilt(readFileSync(`${root}${file}`, 'utf8'), `${root}${file}`).source,
    options,
  )
  writeFileSync(compiled, code.replaceAll(RELATIVE, '$1.js'))
}

/**
 * The fixtures among the files that import packages and one another, and none of the sources.
 *
 * @param {readonly string[]} files
 */
function selfContained(files) {
  const found = new Set(files.filter((file) => file.endsWith('.fixture.ts')))
  // One that imports another that is not, is not.
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const file of found) {
      const { source } = importBuilt(readFileSync(`${root}${file}`, 'utf8'), `${root}${file}`)
      const others = [...source.matchAll(IMPORTED)].map(([specifier]) => join(dirname(file), specifier))
      if (!others.every((other) => found.has(other))) found.delete(file)
    }
  }
  return [...found]
}

/** @param {readonly string[]} files */
function hashOf(files) {
  const hash = createHash('sha1').update(readFileSync(BUILT))
  for (const file of ['test/tooling/built-packages.mjs', 'test/tooling/compiled-programs.mjs', ...files])
    hash.update(file).update(readFileSync(`${root}${file}`))
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

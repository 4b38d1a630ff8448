// The examples as plain JavaScript beside the packages as they are published: what a user has who compiles them. No
// loader takes part.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = 'examples/.compiled'

/** @type {Promise<void> | undefined} */
let compiled

/** Compiles them in the long form, once for all projects; the packages must be built. For Vitest's `globalSetup`. */
export async function setup() {
  if (process.env['SPINDLE_TESTS'] !== 'all') return
  compiled ??= compileExamples()
  await compiled
}

async function compileExamples() {
  // Not above: every test that runs an example would load what builds the packages.
  const [{ transform }, { installBuilt }] = await Promise.all([import('esbuild'), import('./built-packages.mjs')])
  rmSync(`${root}${FOLDER}`, { recursive: true, force: true })
  installBuilt(`${root}${FOLDER}`)
  cpSync(`${root}test/tooling/typescript/virtual-time.mjs`, `${root}${FOLDER}/virtual-time.mjs`)
  writeFileSync(`${root}${FOLDER}/package.json`, JSON.stringify({ type: 'module' }))
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

/** What Node is told to run such a program. @param {string} path @param {boolean} inVirtualTime */
export function compiledCommand(path, inVirtualTime) {
  const virtualTime = inVirtualTime ? ['--import', `./${FOLDER}/virtual-time.mjs`] : []
  return ['--enable-source-maps', ...virtualTime, compiledPath(path)]
}

/** @param {string} path */
function compiledPath(path) {
  return path.replace(/^examples/, FOLDER).replace(/\.ts$/, '.js')
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

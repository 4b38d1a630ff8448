// Spindle as users install it: built, with its published exports. The workspace links the sources, which
// tsx and Vitest would compile differently, with slower results.

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { build } from '../../scripts/build.mjs'
import { directory } from './spindle-entries.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Builds the package if a source is newer than its output. */
export async function buildSpindle(packages = `${root}packages`, target = directory) {
  const names = ['loop', 'task', 'thread', 'node', 'spindle'] // what the package is built of
  const newest = Math.max(...names.map((name) => newestIn(`${packages}/${name}/src`)))
  if (builtAt(target) > newest) return
  rmSync(target, { recursive: true, force: true })
  await install(`${packages}/spindle`, `${target}/node_modules/spindle`)
  writeFileSync(`${target}/plain.js`, await transformed(`${root}bench/programs/plain.js`))
  writeFileSync(`${target}/built`, '')
}

/**
 * @param {string} source
 * @param {string} target
 */
async function install(source, target) {
  mkdirSync(target, { recursive: true })
  await build(source, `${target}/dist`)
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(`${source}/package.json`, 'utf8'))
  writeFileSync(`${target}/package.json`, JSON.stringify({ ...manifest, exports: publishConfig.exports }))
}

/** @param {string} file */
async function transformed(file) {
  // Its imports are resolved from there.
  const plugin = `${root}packages/unplugin/node_modules/.cache/bench`
  await build(`${root}packages/unplugin`, plugin)
  const { spindle } = await import(pathToFileURL(`${plugin}/index.js`).href)
  const bundle = await rolldown({ input: file, external: /^spindle/, plugins: [spindle.rolldown()] })
  const { output } = await bundle.generate({})
  return output[0].code
}

/** @param {string} target */
function builtAt(target) {
  return statSync(`${target}/built`, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/**
 * @param {string} folder
 * @returns {number}
 */
function newestIn(folder) {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs
  })
  return Math.max(0, ...times)
}

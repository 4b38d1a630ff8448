// The packages as users install them: built once for all tests that need them, and again only if a source has changed.

import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build, packages } from '../../scripts/build.mjs'
import { root } from '../../scripts/setup.mjs'
import { FLOORS } from './import-built.mjs'

/** Holds what each package was built from, as a hash. */
export const STAMP = `${root}node_modules/.cache/built-packages.json`
// Sorted: Bun and Deno list a folder in any order, and the hash is to be the same everywhere.
const folders = readdirSync(`${root}packages`)
  .filter((name) => name !== 'README.md')
  .sort()

/** Builds the packages that are out of date, into their `dist`. For Vitest's `globalSetup`. */
export async function setup() {
  const before = existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')) : {}
  /** @type {Record<string, string>} */
  const now = {}
  const published = packages().map((folder) => basename(folder))
  const floors = folders.filter((name) => !published.includes(name))
  for (const folder of packages()) {
    const name = basename(folder)
    now[name] = hashOfSources(name === 'spindle' ? [name, ...floors] : [name])
    if (before[name] !== now[name] || !existsSync(`${folder}/dist`)) await build(folder)
  }
  mkdirSync(`${root}node_modules/.cache`, { recursive: true })
  writeFileSync(STAMP, JSON.stringify(now))
}

/**
 * Puts the published form of the packages into the `node_modules` of a folder, so that programs in it import them as
 * users do.
 *
 * @param {string} folder
 */
export function installBuilt(folder) {
  for (const from of packages()) {
    const manifest = JSON.parse(readFileSync(`${from}/package.json`, 'utf8'))
    const installed = `${folder}/node_modules/${manifest.name}`
    cpSync(`${from}/dist`, `${installed}/dist`, { recursive: true })
    const { type, imports, publishConfig, dependencies, peerDependencies } = manifest
    writeFileSync(`${installed}/package.json`, JSON.stringify({ type, imports, exports: publishConfig.exports }))
    for (const [dependency, version] of Object.entries({ ...peerDependencies, ...dependencies })) {
      if (version.startsWith('workspace:') || !existsSync(`${from}/node_modules/${dependency}`)) continue
      const place = `${installed}/node_modules/${dependency}`
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(realpathSync(`${from}/node_modules/${dependency}`), place, 'junction')
    }
  }
}

/**
 * The built file of each import specifier.
 *
 * @param {string} folder in whose `node_modules` the packages are
 */
export function builtModules(folder) {
  /** @type {Record<string, string>} */
  const modules = {}
  for (const from of packages()) {
    const { name, publishConfig } = JSON.parse(readFileSync(`${from}/package.json`, 'utf8'))
    for (const [path, target] of Object.entries(publishConfig.exports))
      modules[path.replace('.', name)] = join(folder, 'node_modules', name, target.default)
  }
  for (const [floor, name] of Object.entries(FLOORS)) modules[floor] = modules[name] ?? ''
  return modules
}

/** @param {readonly string[]} names */
function hashOfSources(names) {
  const hash = createHash('sha1')
  const files = [`${root}scripts/build.mjs`]
  for (const name of names) {
    files.push(`${root}packages/${name}/package.json`)
    const sources = readdirSync(`${root}packages/${name}/src`, { recursive: true, encoding: 'utf8' })
    for (const file of sources.sort()) {
      if (file.endsWith('.ts') && !/\.(?:test|test-d|fixture)\.ts$/.test(file))
        files.push(`${root}packages/${name}/src/${file}`)
    }
  }
  for (const file of files) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

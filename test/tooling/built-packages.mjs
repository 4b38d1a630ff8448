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
import { dirname } from 'node:path'
import { build } from '../../scripts/build.mjs'
import { root } from '../../scripts/setup.mjs'
import { MODULES } from './built-modules.mjs'

/** Holds what the packages were built from, as a hash. */
export const STAMP = `${root}node_modules/.cache/built-packages`
const names = readdirSync(`${root}packages`)
  .filter((name) => existsSync(`${root}packages/${name}/package.json`))
  .sort() // Bun and Deno list a folder in any order, and the hash is to be the same everywhere

/** Builds the packages that are out of date, into their `dist`. For Vitest's `globalSetup`. */
export async function setup() {
  const now = hashOfSources()
  if (
    existsSync(STAMP) &&
    readFileSync(STAMP, 'utf8') === now &&
    names.every((name) => existsSync(`${root}packages/${name}/dist`))
  )
    return
  for (const name of names) await build(`${root}packages/${name}`)
  mkdirSync(`${root}node_modules/.cache`, { recursive: true })
  writeFileSync(MODULES, JSON.stringify(builtModules()))
  writeFileSync(STAMP, now)
}

/**
 * Puts the published form of the packages into the `node_modules` of a folder, so that programs in it import them as
 * users do.
 *
 * @param {string} folder
 */
export function installBuilt(folder) {
  for (const name of names) {
    const from = `${root}packages/${name}`
    const manifest = JSON.parse(readFileSync(`${from}/package.json`, 'utf8'))
    const installed = `${folder}/node_modules/${manifest.name}`
    cpSync(`${from}/dist`, `${installed}/dist`, { recursive: true })
    const { type, publishConfig, dependencies, peerDependencies } = manifest
    writeFileSync(`${installed}/package.json`, JSON.stringify({ type, exports: publishConfig.exports }))
    for (const [dependency, version] of Object.entries({ ...peerDependencies, ...dependencies })) {
      if (version.startsWith('workspace:') || !existsSync(`${from}/node_modules/${dependency}`)) continue
      const place = `${installed}/node_modules/${dependency}`
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(realpathSync(`${from}/node_modules/${dependency}`), place, 'junction')
    }
  }
}

function builtModules() {
  return Object.fromEntries(
    names.flatMap((name) => {
      const folder = `${root}packages/${name}`
      const { name: packed, publishConfig } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
      return Object.entries(publishConfig.exports).flatMap(([path, target]) =>
        typeof target === 'object'
          ? [[path.replace('.', packed), `file://${folder}/${target.default}`.replace('/./', '/')]]
          : [],
      )
    }),
  )
}

function hashOfSources() {
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

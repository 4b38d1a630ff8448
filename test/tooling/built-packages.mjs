// The packages as users get them: built once for all tests that need them, and again only when a source has changed.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { build } from '../../scripts/build.mjs'
import { root } from '../../scripts/setup.mjs'
import { MODULES } from './built-modules.mjs'

const STAMP = `${root}node_modules/.cache/built-packages`
const names = readdirSync(`${root}packages`).filter((name) => existsSync(`${root}packages/${name}/package.json`))

/** Builds what is out of date, into each package's `dist`. For Vitest's `globalSetup`. */
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

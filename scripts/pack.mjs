// `npm run pack`: builds the packages and packs each one as it would be published, into `tarballs/`. That folder itself
// has `spindle` and its dependencies, so that `npm i tarballs/spindle-*.tgz` installs them all. The other packages, for
// tests, tools and workers on other machines, are in `tarballs/dev`. SHA256SUMS has the checksums of all:
// `sha256sum --check SHA256SUMS`.
//
// If a tarball depends on another one, npm finds it among the tarballs that it installs. Other package managers ask the
// registry, unless the project says where it is: for them, there are two files to copy from.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { messageOf, pnpm, root, setUp } from './setup.mjs'

/** @typedef {{ name: string, version: string, dependencies?: Record<string, string> }} Manifest */

/**
 * Packs the current `dist` of each package.
 *
 * @param {string} target the folder for the tarballs
 * @returns {{ name: string, file: string, dev: boolean }[]} the path of each package's tarball
 */
export function pack(target) {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(join(target, 'dev'), { recursive: true })
  // The only script would be `prepack`, which refuses npm.
  const options = ['--config.ignore-scripts=true', '--pack-destination', target]
  const { status, output } = pnpm(['--recursive', '--filter', './packages/*', 'pack', ...options])
  if (status !== 0) throw new Error(output)
  const manifests = packages().map(manifestOf)
  const needed = neededBy('spindle', manifests)
  const tarballs = manifests.map(({ name, version }) => {
    const packed = join(target, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    if (needed.has(name)) return { name, file: packed, dev: false }
    const file = join(target, 'dev', basename(packed))
    renameSync(packed, file)
    return { name, file, dev: true }
  })
  const places = Object.fromEntries(tarballs.filter(({ dev }) => !dev).map(({ name, file }) => [name, `file:${file}`]))
  writeJson(join(target, 'resolutions.json'), { dependencies: { spindle: places['spindle'] }, resolutions: places })
  writeJson(join(target, 'pnpm-workspace.yaml'), { overrides: places }) // JSON is YAML, too
  writeFileSync(
    join(target, 'SHA256SUMS'),
    checksums(
      target,
      tarballs.map(({ file }) => file),
    ),
  )
  return tarballs
}

/**
 * What `sha256sum --check` reads in that folder.
 *
 * @param {string} folder
 * @param {readonly string[]} files
 */
export function checksums(folder, files) {
  return files
    .map((file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${relative(folder, file)}\n`)
    .join('')
}

/**
 * @param {string} file
 * @param {unknown} value
 */
function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

/** The folders of the packages that are published. */
export function packages() {
  const folders = readdirSync(`${root}packages`).map((name) => `${root}packages/${name}`)
  return folders.filter((folder) => existsSync(`${folder}/package.json`) && !manifestOf(folder).private)
}

/**
 * @param {string} folder
 * @returns {Manifest & { private?: boolean }}
 */
function manifestOf(folder) {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
}

/**
 * @param {string} name
 * @param {Manifest[]} manifests
 * @returns {Set<string>} the names of that package and of its dependencies
 */
function neededBy(name, manifests) {
  const needed = new Set([name])
  for (const known of needed) {
    const found = manifests.find((manifest) => manifest.name === known)
    for (const dependency of Object.keys(found?.dependencies ?? {})) {
      if (manifests.some((manifest) => manifest.name === dependency)) needed.add(dependency)
    }
  }
  return needed
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setUp()
    for (const folder of packages()) await build(folder)
    for (const { name, file } of pack(`${root}tarballs`)) console.log(`${relative(root, file)}  ${name}`)
    // The star stays outside of the quotes, or the shell would not replace it.
    const folder = /^[\w./-]+$/.test(root) ? `${root}tarballs` : `'${root}tarballs'`
    console.log(`\nIn your project:\n  npm i ${folder}/spindle-*.tgz\n  npm i -D ${folder}/dev/spindle-testing-*.tgz`)
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}

// `npm run pack`: builds the packages and packs each one as it would be published, into `tarballs/`. That folder itself
// has `spindle` alone, which depends on none of the others. They, for tests, tools and workers on other machines, are
// in `tarballs/dev`. SHA256SUMS has the checksums of all: `sha256sum --check SHA256SUMS`.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, packages } from './build.mjs'
import { writePageOnNpm } from './readme.mjs'
import { messageOf, pnpm, root } from './setup.mjs'

/**
 * Packs the current `dist` of each package.
 *
 * @param {string} target the folder for the tarballs
 * @returns {{ name: string, file: string }[]} the path of each package's tarball
 */
export function pack(target) {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(join(target, 'dev'), { recursive: true })
  const manifests = packages().map((folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')))
  // The only script would be `prepack`, which refuses npm.
  const options = ['--config.ignore-scripts=true', '--pack-destination', target]
  const filters = manifests.flatMap(({ name }) => ['--filter', name])
  const { status, output } = pnpm(['--recursive', ...filters, 'pack', ...options])
  if (status !== 0) throw new Error(output)
  const tarballs = manifests.map(({ name, version }) => {
    const packed = join(target, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    if (name === 'spindle') return { name, file: packed }
    const file = join(target, 'dev', basename(packed))
    renameSync(packed, file)
    return { name, file }
  })
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    writePageOnNpm()
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

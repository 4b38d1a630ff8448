// Releases all packages under one version. CHANGELOG.md lists the changes under "Unreleased". A tag starts the upload.
//
//   npm run release version 0.2.0   sets the version of every package, and adds it as a heading to CHANGELOG.md
//   npm run release dry             a release without the upload: build, pack, and a list of what npm would publish
//   npm run release publish         the same with the upload; .github/workflows/release.yml runs it for a tag

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, packages } from './build.mjs'
import { pack } from './pack.mjs'
import { messageOf, root } from './setup.mjs'

const UNRELEASED = '## Unreleased\n'

/**
 * Adds a heading with a version and its date above the unreleased changes, and an empty "Unreleased" above that.
 *
 * @param {string} changelog
 * @param {string} version
 * @param {string} date
 */
export function releaseChangelog(changelog, version, date) {
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) throw new Error(`a version is such as 1.2.3, got ${version}`)
  if (changelog.includes(`\n## ${version} `)) throw new Error(`CHANGELOG.md has a ${version} already`)
  if (notesOf(changelog, 'Unreleased') === '') throw new Error('CHANGELOG.md says nothing under "## Unreleased"')
  return changelog.replace(UNRELEASED, () => `${UNRELEASED}\n## ${version} (${date})\n`)
}

/**
 * The section of CHANGELOG.md about a version; '' if there is none.
 *
 * @param {string} changelog
 * @param {string} version
 */
export function notesOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => text.split(/\s/)[0] === version)
  return section?.split('\n').slice(1).join('\n').trim() ?? ''
}

/**
 * The common version of all packages.
 *
 * @param {readonly { name: string, version: string }[]} manifests
 */
export function sharedVersion(manifests) {
  const versions = new Set(manifests.map(({ version }) => version))
  const [version] = versions
  if (version === undefined || versions.size > 1)
    throw new Error(
      `all packages share one version: ${manifests.map((each) => `${each.name} ${each.version}`).join(', ')}`,
    )
  return version
}

/** @param {string | undefined} version */
function setVersion(version) {
  if (version === undefined) throw new Error('say which version: npm run release version 0.2.0')
  const file = `${root}CHANGELOG.md`
  const date = new Date().toISOString().slice(0, 10)
  writeFileSync(file, releaseChangelog(readFileSync(file, 'utf8'), version, date))
  for (const folder of packages()) {
    const manifest = `${folder}/package.json`
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"version": "[^"]*"/, `"version": "${version}"`))
  }
  console.log(`Look at it, commit it, and push the tag:\n  git tag v${version}\n  git push origin v${version}`)
}

/** @param {boolean} upload */
async function publish(upload) {
  const manifests = packages().map((folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')))
  const version = sharedVersion(manifests)
  if (upload) checkTag(version)
  for (const folder of packages()) await build(folder)
  const folder = mkdtempSync(join(tmpdir(), 'spindle-release-'))
  try {
    // All others stand on `spindle`.
    const tarballs = pack(folder).sort((a, b) => Number(b.name === 'spindle') - Number(a.name === 'spindle'))
    process.stdout.write(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'))
    for (const { name, file } of tarballs) {
      const args = ['publish', file, '--access', 'public', ...tagOf(version)]
      npm(upload ? [...args, '--provenance'] : [...args, '--dry-run', '--provenance=false'])
      console.log(`${upload ? 'published' : 'would publish'} ${name} ${version}  ${basename(file)}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} version */
function checkTag(version) {
  const tag = process.env['GITHUB_REF_NAME']
  if (tag !== `v${version}`) throw new Error(`the packages are of version ${version}, the tag is ${tag}`)
  if (notesOf(readFileSync(`${root}CHANGELOG.md`, 'utf8'), version) === '')
    throw new Error(`CHANGELOG.md says nothing of ${version}: npm run release version ${version}`)
}

/**
 * A prerelease must not become `latest`.
 *
 * @param {string} version
 */
function tagOf(version) {
  return version.includes('-') ? ['--tag', 'next'] : []
}

/** @param {string[]} args */
function npm(args) {
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`npm ${args.join(' ')}\n${stdout}${stderr}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const [what, version] = process.argv.slice(2)
    if (what === 'version') setVersion(version)
    else if (what === 'dry' || what === 'publish') await publish(what === 'publish')
    else throw new Error('say what: version, dry or publish')
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}

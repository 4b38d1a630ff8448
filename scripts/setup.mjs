// Makes a fresh clone ready to run, with nothing but Node and npm: installs the dependencies of pnpm-lock.yaml with one
// exact version of pnpm, which npx downloads. With `--start`, only what the two spinners need. Prints nothing when
// there is nothing to do.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
// npm checks the download against a hash from the registry. It must be the hash that was current when this version was
// chosen.
const PNPM_INTEGRITY = 'sha512-Zv2CeO4ok1zpUXktNDZ/869cQyonVkRYIwKVM4NbjaUpu+C+UTCv1W7QcT+4eJ5Hutgtk71a4v5UsVVi1idu8A=='
export const root = fileURLToPath(new URL('..', import.meta.url))

const LOCKFILE = `${root}pnpm-lock.yaml`
// The lockfile from which `--start` has installed.
const STARTED = `${root}node_modules/.started.yaml`
// The dependencies of the root itself, and of the packages among them. Their hashes are checked, as always; to ask the
// registry about all packages of the lockfile would take most of the time.
const OF_START = ['--prod', '--trust-lockfile', '--filter', 'spindle-workspace...', '--filter', '!@spindle/distributed']

/** @param {{ start?: boolean }} [options] `start`: installs only what the two spinners need */
export function setUp({ start = false } = {}) {
  checkNode()
  if (isUpToDate() || (start && isSame(STARTED, LOCKFILE) && hasDependencies(root, 'dependencies'))) return
  console.error('Installing dependencies …')
  checkPnpm()
  const options = start ? OF_START : []
  const { status, output } = pnpm(['install', '--frozen-lockfile', '--reporter=append-only', ...options])
  if (status !== 0) throw new Error(`the installation failed:\n${output}`)
  if (start) copyFileSync(LOCKFILE, STARTED)
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new Error(`Spindle needs Node.js 20.19 or later, and this is ${process.version}`)
}

function prepareEnvironment() {
  process.env['npm_config_fetch_retries'] ??= '1' // with more, a proxy that does not answer takes two minutes
  process.env['npm_config_fetch_retry_mintimeout'] ??= '1000'
  // If npm cannot write to the home folder, npm and pnpm keep their files in this repository.
  try {
    accessSync(homedir(), constants.W_OK)
  } catch {
    // `npm start` sets it to a folder of the home folder.
    if (process.env['npm_config_cache']?.startsWith(homedir()) ?? true)
      process.env['npm_config_cache'] = `${root}node_modules/.cache/npm`
    process.env['npm_config_store_dir'] ??= `${root}node_modules/.cache/pnpm`
    process.env['XDG_CACHE_HOME'] ??= `${root}node_modules/.cache`
    process.env['XDG_DATA_HOME'] ??= `${root}node_modules/.cache`
    process.env['XDG_STATE_HOME'] ??= `${root}node_modules/.cache`
  }
}

/**
 * Refuses a different pnpm under the same version. If the registry is unreachable, npx can only use a copy that it has
 * already checked.
 */
function checkPnpm() {
  prepareEnvironment()
  const { status, stdout, error } = spawnSync('npm', ['view', PNPM, 'dist.integrity'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
    timeout: 60_000, // npm itself waits for many minutes for a proxy that does not answer
  })
  if (error)
    throw new Error(`the registry has not answered npm view: ${error.message}. Is the machine busy, or a proxy silent?`)
  const integrity = stdout?.trim()
  if (status !== 0 || integrity === '' || integrity === PNPM_INTEGRITY) return
  throw new Error(`the registry's ${PNPM} is not the one that was chosen: ${integrity} instead of ${PNPM_INTEGRITY}`)
}

/**
 * Runs pnpm and returns its exit status and its output.
 *
 * @param {string[]} args
 */
export function pnpm(args, cwd = root) {
  prepareEnvironment()
  const result = spawnSync('npx', ['--yes', PNPM, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32', // npx is a .cmd there
  })
  if (result.error) throw result.error
  return { status: result.status, output: result.stdout + result.stderr }
}

// pnpm leaves a copy of the lockfile from which it installed all, and writes .modules.yaml at the end.
function isUpToDate() {
  if (!isSame(`${root}node_modules/.pnpm/lock.yaml`, LOCKFILE) || !existsSync(`${root}node_modules/.modules.yaml`))
    return false
  const folders = [
    root,
    ...readdirSync(`${root}packages`)
      .filter((name) => name !== 'README.md')
      .map((name) => `${root}packages/${name}/`),
  ]
  return folders.every((folder) => hasDependencies(folder, 'dependencies', 'devDependencies'))
}

/**
 * @param {string} installed
 * @param {string} lockfile
 */
function isSame(installed, lockfile) {
  return existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(lockfile, 'utf8')
}

/**
 * Whether no dependency of a package was deleted since the installation.
 *
 * @param {string} folder
 * @param {string[]} kinds the fields of package.json
 */
function hasDependencies(folder, ...kinds) {
  if (!existsSync(`${folder}package.json`)) return true
  const manifest = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'))
  const names = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))
  return names.every((name) => existsSync(`${folder}node_modules/${name}/package.json`))
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setUp({ start: process.argv.includes('--start') })
  } catch (error) {
    console.error(messageOf(error))
    process.exit(1)
  }
}

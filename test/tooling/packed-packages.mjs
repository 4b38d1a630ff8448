// The packages as users get them: packed, and installed by npm into an empty folder.

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pack } from '../../scripts/pack.mjs'
import { setup as build } from './built-packages.mjs'
import { withCertificates } from './certificates.mjs'

/** Packs the packages of the current sources, and installs them. @param {string} folder is empty */
export async function installPacked(folder) {
  await build()
  const tarballs = pack(join(folder, 'tarballs')).map(({ file }) => file)
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n')
  await npmInstall(project, tarballs)
  return project
}

/**
 * Spindle's packages come from the tarballs, all others from the registry or npm's cache.
 *
 * @param {string} cwd
 * @param {readonly string[]} tarballs
 */
export async function npmInstall(cwd, tarballs = []) {
  await shell('npm', ['install', ...tarballs, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], cwd)
}

/**
 * Returns the output, and rejects with it if the process fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
export async function shell(command, args, cwd) {
  // Without the settings of the npm that runs the tests. In CI, yarn does not change its lockfile unless told to.
  const env = Object.fromEntries(Object.entries(withCertificates()).filter(([name]) => !/^(?:npm_|CI$)/i.test(name)))
  return await promisify(execFile)(command, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32', // they are a .cmd there
    // Yarn 1 takes a tarball from its cache by name and version, even if it comes from an earlier build.
    env: { ...env, YARN_CACHE_FOLDER: `${cwd}/.yarn-cache` },
  })
}

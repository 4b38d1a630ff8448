// The engines on which `npm run bench -- --engines` measures, as test/platforms installs them.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { install, PLATFORMS } from '../../test/platforms/platforms.js'

/** @typedef {{ name: string, version: string, command: string[], options: string[] }} Engine */

/** Options for the processes that measure. @type {Record<string, string[]>} */
const OPTIONS = {
  Node: ['--expose-gc', '--max-old-space-size=8192'],
  Bun: ['--expose-gc'],
  Deno: ['--v8-flags=--expose-gc,--max-old-space-size=8192', '--no-lock', '--node-modules-dir=manual'],
}

/**
 * The engines that are installed, or that can be.
 *
 * @returns {Engine[]}
 */
export function engines() {
  install()
  return PLATFORMS.flatMap(({ name, command: [program = '', ...args] }) => {
    const options = OPTIONS[name.split(' ')[0] ?? '']
    if (options === undefined) return [] // a browser cannot run processes
    if (!existsSync(program)) {
      console.error(`${name}: skipped, it is not here`)
      return []
    }
    const script = 'console.log(process.versions.bun ?? process.versions.deno ?? process.versions.node)'
    const version = spawnSync(program, name === 'Deno' ? ['eval', script] : ['-e', script], { encoding: 'utf8' })
    return [{ name, version: version.stdout.trim(), command: [program, ...args], options }]
  })
}

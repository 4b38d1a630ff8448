// Emits each package's dist: one .js, .d.ts and two maps for each source, unbundled.
//
// Files are taken one by one, without following an import or checking a type: `pnpm check` does that, and isolatedDeclarations
// sees to it that a file's declarations depend on that file alone. So a package is built without the ones under it, and what
// is @internal can be left out of the declarations though other packages of ours use it.

import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { root } from './setup.mjs'

for (const name of readdirSync(`${root}packages`)) {
  const directory = `${root}packages/${name}`
  rmSync(`${directory}/dist`, { recursive: true, force: true })
  const options = [
    '--noEmit',
    'false',
    '--noCheck',
    '--noResolve',
    '--rootDir',
    `${directory}/src`,
    '--outDir',
    `${directory}/dist`,
  ]
  const { status } = spawnSync(`${root}node_modules/.bin/tsc`, ['--project', directory, ...options], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(1)
}

// Emits each package's dist: one .js, one .d.ts and their maps for each source, unbundled.
//
// Files are taken one by one, without following an import or checking a type: `pnpm check` does that, and isolatedDeclarations
// sees to it that a file's declarations depend on that file alone. So a package is built without the ones under it, and what
// is @internal can be left out of the declarations though other packages of ours use it.

import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { root } from './setup.mjs'

const TSC = ['node_modules/typescript/bin/tsc', '--noEmit', 'false', '--noCheck', '--noResolve']

for (const name of readdirSync(`${root}packages`)) {
  const directory = `packages/${name}`
  rmSync(`${root}${directory}/dist`, { recursive: true, force: true })
  const args = [...TSC, '--project', directory, '--rootDir', `${directory}/src`, '--outDir', `${directory}/dist`]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}

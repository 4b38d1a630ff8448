// The peers are not part of the workspace: only the benchmark installs them.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pnpm } from '../../scripts/setup.mjs'

/** @param {string} directory A folder with its own package.json and lockfile. */
export function installPeers(directory = fileURLToPath(new URL('.', import.meta.url))) {
  const installed = `${directory}node_modules/.pnpm/lock.yaml`
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(`${directory}pnpm-lock.yaml`, 'utf8'))
    return
  console.error('Installing the peers …')
  const { status, output } = pnpm(['install', '--ignore-workspace', '--frozen-lockfile'], directory)
  if (status !== 0) throw new Error(`the installation failed:\n${output}`)
}

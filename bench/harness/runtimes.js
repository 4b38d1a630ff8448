// The runtimes, in the order of the tables. Each has a command that measures one workload in a separate process. See
// measure.js for the protocol between that process and bench.js.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string[]} command
 * @property {string[] | undefined} startUp The command that runs a trivial main.
 * @property {number} share The share of the work that it does: below 1 for a slow runtime.
 */

/** The reference: all others are compared with it. */
export const REFERENCE = 'native'

/** Candidates for the best peer. */
export const PEERS = ['co', 'bluebird', 'effect']

/** @type {Runtime[]} */
export const runtimes = [
  runtime(REFERENCE),
  runtime('spindle-host'),
  runtime('spindle-blocking'),
  ...PEERS.map((name) => runtime(name, 'peers/', name === 'effect' ? 0.2 : 1)),
]

/**
 * @param {string} name
 * @param {string} folder
 * @param {number} share
 * @returns {Runtime}
 */
function runtime(name, folder = '', share = 1) {
  const node = [process.execPath, '--expose-gc', '--max-old-space-size=8192']
  const startUp = path(`start-up/${name}.js`)
  return {
    name,
    command: [...node, path('harness/measure.js'), path(`${folder || 'programs/'}${name}.js`)],
    startUp: existsSync(startUp) ? [process.execPath, startUp] : undefined,
    share,
  }
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(`../${relative}`, import.meta.url))
}

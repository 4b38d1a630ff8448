// The runtimes, in the order of the tables. Each has a command that measures one workload in a separate process. See
// measure.js for the protocol between that process and bench.js.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} what
 * @property {string[]} command
 * @property {string[] | undefined} startUp The command that runs a trivial main.
 * @property {string[] | undefined} whole The command that runs a small program.
 * @property {number} share The share of the work that it does: below 1 for a slow runtime.
 */

/** The reference: all others are compared with it. */
export const REFERENCE = 'native'

/** The Node that runs this program. */
const HERE = {
  name: `Node ${process.versions.node.split('.')[0]}`,
  version: process.versions.node,
  command: [process.execPath],
  options: ['--expose-gc', '--max-old-space-size=8192'],
}

export const runtimes = runtimesOn(HERE)

/**
 * @param {import('./engines.js').Engine} engine
 * @returns {Runtime[]}
 */
export function runtimesOn(engine) {
  /** @param {[name: string, what: string, file?: string, share?: number]} who */
  const on = (...who) => javascript(engine, ...who)
  return [
    on(REFERENCE, 'promises and async functions'),
    on('spindle-host', 'Spindle, `await run(main())`'),
    on('spindle-blocking', 'Spindle, `runSync(main())`'),
    on('stripped', 'Tasks that can be cancelled, without names, contexts, checks: the floor'),
    on('co', 'co', 'peers/co.js'),
    on('bluebird', 'Bluebird, `Promise.coroutine` with cancellation', 'peers/bluebird.js'),
    on('effect', 'Effect', 'peers/effect.js', 0.2),
    on('effection', 'Effection', 'peers/effection.js', 0.2),
  ]
}

/**
 * @param {import('./engines.js').Engine} engine
 * @param {string} name
 * @param {string} what
 * @param {string} file
 * @param {number} share
 * @returns {Runtime}
 */
function javascript(engine, name, what, file = `programs/${name}.js`, share = 1) {
  const measure = fileURLToPath(new URL('measure.js', import.meta.url))
  const command = [...engine.command, ...engine.options, measure, path(file)]
  const programOf = (/** @type {string} */ folder) => {
    const program = path(`${file.startsWith('peers/') ? 'peers/' : ''}${folder}/${name}.js`)
    return existsSync(program) ? [...engine.command, program] : undefined
  }
  return { name, what, command, startUp: programOf('start-up'), whole: programOf('whole'), share }
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(`../${relative}`, import.meta.url))
}

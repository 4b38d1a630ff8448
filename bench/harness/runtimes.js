// Who is measured, in the order of the tables. Each is a command that measures one workload in a process of its own:
// see measure.js for what passes between it and bench.js.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} what
 * @property {string[]} command
 * @property {string[] | undefined} startUp The command that runs a trivial main.
 * @property {number} share How much of the rounds it does, as it is slow.
 */

/** The one that all are compared with. */
export const REFERENCE = 'native'

/** @type {Runtime[]} */
export const runtimes = [
  javascript(REFERENCE, 'promises and async functions'),
  javascript('spindle-host', 'Spindle, `await run(main())`'),
  javascript('spindle-blocking', 'Spindle, `runSync(main())`'),
  javascript('raw-generators', 'bare generators in a ring buffer: the limit'),
  javascript('co', 'co', 'peers/co.js'),
  javascript('bluebird', 'Bluebird, `Promise.coroutine` with cancellation', 'peers/bluebird.js'),
  javascript('caf', 'CAF', 'peers/caf.js', 0.2),
  javascript('redux-saga', 'redux-saga, `runSaga`', 'peers/redux-saga.js', 0.2),
  javascript('effect', 'Effect', 'peers/effect.js', 0.2),
  javascript('effection', 'Effection', 'peers/effection.js', 0.2),
  python('asyncio', "Python's asyncio", 0.2),
  python('uvloop', "Python's asyncio on uvloop", 0.2),
  python('trio', "Python's trio", 0.2),
]

/**
 * Why a runtime can't be measured on this machine, if so.
 *
 * @param {Runtime} runtime
 */
export function whyAbsent({ name, command: [program = ''] }) {
  if (program !== 'python3') return undefined
  const { status } = spawnSync(program, ['-c', `import ${name}`], { stdio: 'ignore' })
  return status === 0 ? undefined : `python3 has no ${name}`
}

/**
 * @param {string} name
 * @param {string} what
 * @param {string} file
 * @param {number} share
 * @returns {Runtime}
 */
function javascript(name, what, file = `programs/${name}.js`, share = 1) {
  const options = ['--expose-gc', '--max-old-space-size=8192']
  const command = [process.execPath, ...options, fileURLToPath(new URL('measure.js', import.meta.url)), path(file)]
  const startUp = path(`${file.startsWith('peers/') ? 'peers/' : ''}start-up/${name}.js`)
  return { name, what, command, startUp: existsSync(startUp) ? [process.execPath, startUp] : undefined, share }
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} share
 * @returns {Runtime}
 */
function python(name, what, share) {
  return { name, what, command: ['python3', path('peers/python/measure.py'), name], startUp: undefined, share }
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(`../${relative}`, import.meta.url))
}

// Who is measured, in the order of the tables. Each is a command that measures one workload in a process of its own: see
// measure.js for what passes between it and bench.js.

import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} what
 * @property {string[]} command
 */

/** The one that all are compared with. */
export const REFERENCE = 'native'

/** @type {Runtime[]} */
export const runtimes = [
  javascript(REFERENCE, 'promises and async functions'),
  javascript('spindle-host', 'Spindle, `await run(main())`'),
  javascript('spindle-blocking', 'Spindle, `runSync(main())`'),
  javascript('raw-generators', 'bare generators in a ring buffer: the limit'),
]

/**
 * @param {string} name
 * @param {string} what
 * @returns {Runtime}
 */
function javascript(name, what) {
  return {
    name,
    what,
    command: [
      process.execPath,
      '--expose-gc',
      '--max-old-space-size=8192',
      path('measure.js'),
      path(`programs/${name}.js`),
    ],
  }
}

/** @param {string} relative */
function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url))
}

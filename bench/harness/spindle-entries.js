// Where the built packages are. A separate module, so that the measured process does not load the build.

import { fileURLToPath, pathToFileURL } from 'node:url'

// SPINDLE_BUILD names another folder, to compare two builds.
export const directory = process.env['SPINDLE_BUILD'] ?? fileURLToPath(new URL('../dist/spindle', import.meta.url))

/** The module to import instead of `spindle`. */
export const spindleEntry = pathToFileURL(`${directory}/node_modules/spindle/dist/index.js`).href

/** The module to import instead of `spindle/thread`. */
export const spindleThreadEntry = pathToFileURL(`${directory}/node_modules/spindle/dist/thread.js`).href

/** The module to import instead of `spindle/node`. */
export const spindleNodeEntry = pathToFileURL(`${directory}/node_modules/spindle/dist/node.js`).href

/** `programs/plain.js`, as @spindle/unplugin transforms it. */
export const transformedEntry = pathToFileURL(`${directory}/plain.js`).href

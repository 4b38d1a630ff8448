// Where the built packages are. A separate module, so that the measured process does not load the build.

import { fileURLToPath, pathToFileURL } from 'node:url'

// `--build=<folder>` names another one, to compare two builds.
const given = process.argv.find((arg) => arg.startsWith('--build='))?.slice('--build='.length)
export const directory = given ?? fileURLToPath(new URL('../dist/spindle', import.meta.url))

/** The module to import instead of `spindle`. */
export const spindleEntry = pathToFileURL(`${directory}/node_modules/spindle/dist/index.js`).href

/** The module to import instead of `spindle/thread`. */
export const spindleThreadEntry = pathToFileURL(`${directory}/node_modules/spindle/dist/thread.js`).href

/** The module to import instead of `spindle/node`. */
export const spindleNodeEntry = pathToFileURL(`${directory}/node_modules/spindle/dist/node.js`).href

/** `programs/plain.js`, as @spindle/unplugin transforms it. */
export const transformedEntry = pathToFileURL(`${directory}/plain.js`).href

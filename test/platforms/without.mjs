// Loaded into Node before the tests (`--import=without.mjs?inspector,blocking`): removes the features that the platform
// under test lacks. Tests that then fail on Node do not apply to that platform.

import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

const missing = new URL(import.meta.url).search.slice(1).split(',')

if (missing.includes('inspector')) {
  const getBuiltinModule = process.getBuiltinModule
  /** @param {string} name */
  process.getBuiltinModule = (name) =>
    name === 'node:inspector' ? undefined : Reflect.apply(getBuiltinModule, process, [name])
}
if (missing.includes('stack-traces')) {
  // V8 does not accept an accessor as a limit, and captures no stack at all.
  Object.defineProperty(Error, 'stackTraceLimit', { get: () => 0, set() {} })
}
if (missing.includes('blocking')) {
  Atomics.wait = () => {
    throw new TypeError('Atomics.wait cannot be called in this context')
  }
}
if (missing.includes('programs')) {
  // The platform does not understand Node's command line.
  for (const name of /** @type {const} */ (['spawn', 'execFile', 'execFileSync'])) {
    const original = childProcess[name]
    // @ts-expect-error: the arguments are passed on unchanged
    childProcess[name] = (program, ...args) => {
      if (program === process.execPath) throw new Error('there is no Node here')
      return Reflect.apply(original, childProcess, [program, ...args])
    }
  }
  syncBuiltinESMExports()
}

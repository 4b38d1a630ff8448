// Loaded into Node before the tests (`--import`): takes away what the platform under test has not, as SPINDLE_WITHOUT
// names it. The tests that fail on Node for that reason alone are those that do not apply over there.

import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

const missing = (process.env['SPINDLE_WITHOUT'] ?? '').split(',')

if (missing.includes('inspector')) {
  const getBuiltinModule = process.getBuiltinModule
  /** @param {string} name */
  process.getBuiltinModule = (name) =>
    name === 'node:inspector' ? undefined : Reflect.apply(getBuiltinModule, process, [name])
}
if (missing.includes('stack traces')) {
  // An accessor is no limit that V8 understands: it takes no stack at all.
  Object.defineProperty(Error, 'stackTraceLimit', { get: () => 0, set() {} })
}
if (missing.includes('blocking')) {
  Atomics.wait = () => {
    throw new TypeError('Atomics.wait cannot be called in this context')
  }
}
if (missing.includes('programs')) {
  // No command line of Node's is understood there.
  for (const name of /** @type {const} */ (['spawn', 'execFile', 'execFileSync'])) {
    const original = childProcess[name]
    // @ts-expect-error: whatever the arguments are, they are passed on
    childProcess[name] = (program, ...args) => {
      if (program === process.execPath) throw new Error('there is no Node here')
      return Reflect.apply(original, childProcess, [program, ...args])
    }
  }
  syncBuiltinESMExports()
}

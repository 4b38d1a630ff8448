/**
 * The settings of a run of tests, in the variable SPINDLE_TESTS.
 *
 * @typedef {object} Settings
 * @property {'all' | 'full'} [form] the long form, or that of `npm test -- --distributed`; the short one if left out
 * @property {number} [runs] how many random cases each property test tries: `npm run fuzz`
 * @property {string} [packed] a folder in which the packed packages are installed: `npm run fuzz security`
 * @property {string} [redis] where shared-redis.setup.ts answers
 * @property {string} [certificates] NODE_EXTRA_CA_CERTS: see certificates.mjs
 */

/** @returns {Settings} */
export function settings() {
  return JSON.parse(globalThis.process?.env['SPINDLE_TESTS'] ?? '{}') // a page has no process
}

/**
 * Changes settings for the processes that are started from now on.
 *
 * @param {{ [K in keyof Settings]: Settings[K] | undefined }} changes
 */
export function changeSettings(changes) {
  process.env['SPINDLE_TESTS'] = JSON.stringify({ ...settings(), ...changes })
}

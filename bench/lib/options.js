// What the commands of bench/ share: `--help`, and a line instead of a stack for an option that is wrong.

import { parseArgs } from 'node:util'

/**
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} const O
 * @param {string} help What `--help` prints.
 * @param {O} options As parseArgs() takes them.
 */
export function optionsOf(help, options) {
  if (process.argv.includes('--help')) {
    console.log(help)
    process.exit()
  }
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(`${/** @type {Error} */ (error).message}\n\n${help}`)
  }
}

/**
 * The names in `a,b,c`, all of which must be known; all there are if it was left out.
 *
 * @param {string} option
 * @param {string | undefined} given
 * @param {string[]} known
 */
export function chosenNames(option, given, known) {
  const names = given?.split(',') ?? known
  const unknown = names.find((name) => !known.includes(name))
  return unknown === undefined ? names : refuse(`${option} must be some of ${known.join(',')}, got ${unknown}`)
}

/**
 * @param {string} message
 * @returns {never}
 */
export function refuse(message) {
  console.error(message)
  process.exit(2)
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const END = '<!-- end -->'

/**
 * Writes tables to a file: between the line `begin` and the next end marker if it has them, otherwise as the whole
 * content.
 *
 * @param {string} file
 * @param {string} begin
 * @param {string} text
 */
export function writeTables(file, begin, text) {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : ''
  writeFileSync(file, between(old, begin, text) ?? text)
}

/**
 * The same for a file that must have these lines.
 *
 * @param {string} file
 * @param {string} begin
 * @param {string} text
 */
export function replaceTables(file, begin, text) {
  const replaced = between(readFileSync(file, 'utf8'), begin, text)
  if (replaced === undefined) throw new Error(`${file} lacks the lines ${begin}\nand ${END}`)
  writeFileSync(file, replaced)
}

/**
 * @param {string} old
 * @param {string} begin
 * @param {string} text
 */
function between(old, begin, text) {
  const start = old.indexOf(`${begin}\n`)
  const end = old.indexOf(END, start)
  if (start === -1 || end === -1) return undefined
  return `${old.slice(0, start + begin.length + 1)}\n${text}\n${old.slice(end)}`
}

import { readFileSync, writeFileSync } from 'node:fs'

const END = '<!-- end -->'

/**
 * Writes tables to a file, between the line `begin` and the next end marker.
 *
 * @param {string} file
 * @param {string} begin
 * @param {string} text
 */
export function replaceTables(file, begin, text) {
  const old = readFileSync(file, 'utf8')
  const start = old.indexOf(`${begin}\n`)
  const end = old.indexOf(END, start)
  if (start === -1 || end === -1) throw new Error(`${file} lacks the lines ${begin}\nand ${END}`)
  writeFileSync(file, `${old.slice(0, start + begin.length + 1)}\n${text}\n${old.slice(end)}`)
}

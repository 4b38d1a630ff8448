import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const END = '<!-- end -->'

/**
 * Puts tables into a file: between the line `begin` and the next one that says end, if it has them; otherwise they are all of it.
 *
 * @param {string} file
 * @param {string} begin
 * @param {string} text
 */
export function writeTables(file, begin, text) {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const start = old.indexOf(`${begin}\n`)
  const end = old.indexOf(END, start)
  if (start === -1 || end === -1) writeFileSync(file, text)
  else writeFileSync(file, `${old.slice(0, start + begin.length + 1)}\n${text}\n${old.slice(end)}`)
}

// Replaces printable.ts in a bundle for browsers. Unprintable characters are escaped as in JavaScript, `\u{a}`, which
// needs no table.

import type * as node from './printable.ts'

export const printable: typeof node.printable = (text, limit = 200) =>
  shorten(shorten(text, limit).replaceAll(/(?! )[\p{C}\p{Z}]/gu, escaped), limit)

export const printableLines: typeof node.printableLines = (text, limit) =>
  shorten(shorten(text, limit).replaceAll(/(?![ \n\t])[\p{C}\p{Z}]/gu, escaped), limit)

export const quote: typeof node.quote = (text, limit) =>
  `'${printable(shorten(text, limit).replaceAll(/['\\]/g, '\\$&'), 2 * limit)}'`

export const shorten: typeof node.shorten = (text, limit) =>
  text.length <= limit ? text : `${text.slice(0, (limit - 3) >> 1)}...${text.slice(-((limit - 3) >> 1))}`

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

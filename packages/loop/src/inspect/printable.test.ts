import { describe, expect, it } from 'vitest'
import { printable, printableLines, quote } from './printable.ts'

describe('printable', () => {
  it('escapes what Python escapes, and nothing else', () => {
    const table: [string, string][] = [
      ['name with ünïcödé 名 🎉', 'name with ünïcödé 名 🎉'],
      ['forged\nline\r', 'forged\\nline\\r'],
      ['\x1b[2J\x07', '\\x1b[2J\\x07'],
      ['right\u202eto left', 'right\\u202eto left'],
      ['no-break\u00a0space, line\u2028separator', 'no-break\\xa0space, line\\u2028separator'],
      ['half \ud83c of a character', 'half \\ud83c of a character'],
      ['language tag \u{e0041}', 'language tag \\U000e0041'],
    ]
    expect(table.map(([text]) => printable(text))).toEqual(table.map(([, shown]) => shown))
  })

  it('cuts no character in two', () => {
    expect(printable('🎉'.repeat(100), 12)).toBe('🎉🎉...🎉🎉')
  })

  it('keeps the lines of a text of several lines', () => {
    expect(printableLines('Error: red \x1b[31m\n\tat work', 100)).toBe('Error: red \\x1b[31m\n\tat work')
  })
})

describe('quote', () => {
  it('escapes backslashes too, so that an escape differs from the same characters in the original', () => {
    expect(quote('a\\n\n', 60)).toBe("'a\\\\n\\n'")
  })
})

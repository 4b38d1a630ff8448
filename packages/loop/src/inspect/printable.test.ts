import { describe, expect, it } from 'vitest'
import * as browser from './printable.browser.ts'
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

describe('in a browser', () => {
  it('unprintable characters are escaped as in JavaScript', () => {
    const text = 'ünï 名 🎉 forged\n\x1b[2J\u202e\u2028 \ud83c \u{e0041}'
    expect(browser.printable(text)).toBe('ünï 名 🎉 forged\\u{a}\\u{1b}[2J\\u{202e}\\u{2028} \\u{d83c} \\u{e0041}')
    expect(browser.printableLines('red \x1b[31m\n\tat work', 100)).toBe('red \\u{1b}[31m\n\tat work')
  })

  it('a quoted text cannot end its quotes, and an escape differs from the same characters', () => {
    expect(browser.quote("it's \\n\n", 60)).toBe("'it\\'s \\\\n\\u{a}'")
  })

  it('both ends of a long text are kept', () => {
    expect(browser.printable(`begin ${'x'.repeat(1e6)} end`, 20)).toBe('begin xx...xxxx end')
    expect(browser.quote('\n'.repeat(1e6), 60).length).toBeLessThanOrEqual(122)
  })
})

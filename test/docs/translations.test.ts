import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { codeOf, translations } from './translations.ts'

describe.each(translations())('$file', ({ text, original }) => {
  it('has the programs of the English page, which are run', () => {
    expect(codeOf(text)).toEqual(codeOf(readFileSync(`${root}${original}`, 'utf8')))
  })

  it('links to the English page', () => {
    expect(text).toMatch(/^\[English\]\(\S+\)$/m)
  })
})

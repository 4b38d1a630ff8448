import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { contradictions, optionsIn, PAGE, page, readOptions } from './options.ts'

describe('the options', () => {
  const options = readOptions()

  it('are on their page as they are declared: `npx tsx test/docs/options.ts` writes it', () => {
    expect(options.length).toBeGreaterThan(100)
    expect(readFileSync(root + PAGE, 'utf8')).toBe(page(options))
  })

  it('have one word for each meaning, one meaning for each word, and a unit', () => {
    expect(contradictions(options)).toEqual([])
  })
})

describe('the test finds', () => {
  const declared = (word: string, type: string, comment: string): string =>
    `export interface AOptions {\n  /** The longest wait for a worker, in ms. */\n  readonly timeout?: number | undefined\n}
export interface BOptions {\n  /** ${comment} */\n  readonly ${word}?: ${type} | undefined\n}\n`
  it.each([
    ['two words for a meaning', 'patience', 'number', 'The longest wait for a worker, in ms.', 'one meaning'],
    ['two meanings of a word', 'timeout', 'number', 'How many ms until it sounds.', 'two meanings'],
    ['two units of a word', 'timeout', 'number', 'How many bytes a wait for a worker is long.', 'two units'],
    ['a number without a unit', 'length', 'number', 'Its length.', 'no unit'],
    ['an option without a meaning', 'name', 'string', '@default none', 'no meaning'],
  ])('%s', (_, word, type, comment, said) => {
    const source = declared(word, type, comment)
    const [a, b] = [optionsIn('AOptions', [source]), optionsIn('BOptions', [source])]
    expect(contradictions([...a, ...b])).toEqual([expect.stringContaining(said)])
  })
})

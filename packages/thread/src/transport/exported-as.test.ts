import { describe, expect, it } from 'vitest'
import { exportedAs, UNCLEAR } from './exported-as.ts'

describe('exportedAs', () => {
  it('reads the name under which a variable is exported', () => {
    const cases: [text: string, exported: string | undefined][] = [
      ['export function work(n: number): void {}', 'work'],
      ['export async function* work() {}', 'work'],
      ['export function*work() {}', 'work'],
      ['export const work: Work = coroutine(function* () {})', 'work'],
      ['export default function work() {}', 'default'],
      ['function work() {}\nexport default work', 'default'],
      ['function work() {}\nexport { other, work as job }', 'job'],
      ['function work() {}\nexport{a as b,work};', 'work'],
      ['export {\n  type Work, // a type\n  work, // the function\n}', 'work'],
      ['function work() {}', undefined],
      ['export function worker() {}\nfunction work() {}', undefined],
      ["function work() {}\nexport { work } from './other.ts'", undefined],
      ['export const { work } = table', UNCLEAR],
      ['export const play = 1, work = () => {}', UNCLEAR],
    ]
    for (const [text, exported] of cases)
      expect({ text, exported: exportedAs(text, 'work') }).toEqual({ text, exported })
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { countsOf, PAGE, withTable } from './recipes.ts'

const page = readFileSync(root + PAGE, 'utf8')
const rows = page.split('\n').filter((line) => /^\| \[.*examples\/with-packages\//.test(line))

describe('the table of recipes', () => {
  it('is what the examples say: `npx tsx test/docs/recipes.ts` writes it', () => {
    expect(page).toBe(withTable(page))
  })

  // Without a session, nobody tells the client of MCP when the tool has stopped: it may be early.
  it('has each example that is stopped, and a count of each: nothing was early, left, half or untrue', () => {
    const folder = `${root}examples/with-packages/`
    const stopped = readdirSync(folder).filter(
      (file) => file.endsWith('.ts') && readFileSync(folder + file, 'utf8').includes('stopped({'),
    )
    expect(stopped.filter((file) => !rows.some((row) => row.includes(`/${file})`)))).toEqual([])
    const isRight = / \| \d+, \d+: 0, 0, 0(?:, 0)? \| \d+: [\d, ]+ \|$|`--stateless` .*: \d+, 0, 0 \|.*\d \|$/
    expect(rows.filter((row) => !isRight.test(row))).toEqual([])
  })

  it('would change with a header and with a measurement, and keeps the counts of the others', () => {
    const [first = '', second = ''] = rows
    const changed = page.replace(first, first.replace('the end of the stream', 'nothing'))
    expect(withTable(changed)).toBe(page)
    const measured = withTable(page, new Map([['ai.ts ', '5, 1: 1, 0, 0 | 2: 0, 0, 0']]))
    expect(measured).toContain(second.replace(/\d+, \d+: .*/, '5, 1: 1, 0, 0 | 2: 0, 0, 0 |'))
    expect(measured).toContain(first)
  })
})

it('the counts are those that an example has printed: of both kinds of stops together', () => {
  const printed = `not stopped: 1
Spindle, 20 stops: told early 1, left 0, half a result 0, untrue 0
Spindle, stopped twice, 4 stops: told early 2, left 0, half a result 0, untrue 3
plain TypeScript, 7 stops: told early 0, left 5, half a result 6, untrue 0\n`
  expect(countsOf(printed)).toBe('20, 4: 3, 0, 0, 3 | 7: 0, 5, 6, 0')
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { families } from '../../examples/compare.ts'
import { longForm } from '../tooling/long-form.ts'
import { root, runOnBuiltPackages } from '../tooling/run-example.ts'

describe('examples/compare.ts', () => {
  it.runIf(longForm)(
    'sets the times of all variants of a program beside that of the first',
    { timeout: 120_000 },
    async () => {
      const { stdout, stderr, code } = await runOnBuiltPackages('examples/compare.ts', {
        args: ['save_flags', '--quick'],
        timeout: 55_000,
      })
      expect([stderr, code]).toEqual(['', 0])
      expect(stdout).toMatch(/\n\nMeasured with Node\.js \S+ on \d+ cores\.\n$/)
      const rows = rowsOf(stdout)
      expect(rows[0]).toEqual(['save_flags', 'seconds', '× sequential', 'threads', 'processes'])
      expect(rows.slice(2).map(([name, , , ...used]) => [name, ...used])).toEqual([
        ['download1', '1', '1'],
        ['download2', '8', '1'],
      ])
      const [first, second] = rows.slice(2).map(([, seconds]) => Number(seconds)) as [number, number]
      expect(first).toBeGreaterThan(0.4) // eight waits of 50 ms
      expect(Number(rows[2]?.[2])).toBe(1)
      // What is printed is rounded.
      expect(Number(rows[3]?.[2])).toBeGreaterThan((second - 0.006) / (first + 0.006) - 0.006)
      expect(Number(rows[3]?.[2])).toBeLessThan((second + 0.006) / (first - 0.006) + 0.006)
    },
  )

  it('names the known families when asked for an unknown one', { timeout: 120_000 }, async () => {
    const { stderr, code } = await runOnBuiltPackages('examples/compare.ts', { args: ['flag'] })
    expect([code, stderr]).toEqual([1, expect.stringContaining('there are flags, save_flags, fetch100, cpu_bound')])
  })

  it.each(Object.entries(families))('has the table of %s in bench/NOTES.md', (name, { variants }) => {
    const rows = rowsOf(readFileSync(`${root}bench/NOTES.md`, 'utf8'))
    const begin = rows.findIndex((row) => row[0] === name && row[1] === 'seconds')
    expect(
      rows.slice(begin + 2, begin + 2 + variants.length).map(([program, , , ...used]) => [program, ...used]),
    ).toEqual(variants.map(({ program, threads, processes }) => [program, `${threads}`, `${processes}`]))
  })
})

/** The cells of each row of the tables in a text in Markdown. */
function rowsOf(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('|'))
  return rows.map((row) => row.split('|').slice(1, -1)).map((row) => row.map((cell) => cell.trim()))
}

import { describe, expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'

describe('examples/compare.ts', () => {
  it('sets the times of all variants of a program beside that of the first', { timeout: 60_000 }, async () => {
    const { stdout, stderr, code } = await runExample('examples/compare.ts', {
      args: ['save_flags', '--quick'],
      timeout: 55_000,
    })
    expect([stderr, code]).toEqual(['', 0])
    const rows = stdout
      .trim()
      .split('\n')
      .map((row) => row.split('|').slice(1, -1))
      .map((row) => row.map((cell) => cell.trim()))
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
  })

  it('names the families there are when it is asked for another', { timeout: 30_000 }, async () => {
    const { stderr, code } = await runExample('examples/compare.ts', { args: ['flag'] })
    expect([code, stderr]).toEqual([1, expect.stringContaining('there are flags, save_flags, fetch100, cpu_bound')])
  })
})

import { describe, expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'

const variants: [string, ...string[]][] = [
  ['fetch_sync'],
  ['fetch_gather'],
  ['fetch_threadpool', '--workers', '1'],
  ['fetch_threadpool', '--workers', '2'],
]

describe.each(variants)('examples/fetch100/%s.ts', (name, ...options) => {
  it(`asks two addresses fifty times each ${options.join(' ')}`, { timeout: 30_000 }, async () => {
    const args = ['--delay', '2', ...options]
    const { stdout, stderr, code } = await runExample(`examples/fetch100/${name}.ts`, { args })
    expect([stderr, code]).toEqual(['', 0])

    const asked = [...stdout.matchAll(/^(\d+) process \| (\d+) url : (http:\/\/127\.0\.0\.1:\d+\/flags\/..\.svg)$/gm)]
    const [processes, threads, urls] = [1, 2, 3].map((group) => new Set(asked.map((found) => found[group])))
    expect([asked.length, processes?.size, urls?.size]).toEqual([100, 1, 2])
    expect(asked.filter(([line]) => line.endsWith('/kr.svg')).length).toBe(50)
    expect(threads?.size).toBeLessThanOrEqual(Number(options[1] ?? 1))
    expect(threads?.has('0')).toBe(name !== 'fetch_threadpool')
    expect(stdout).toMatch(/\n100 answers\n\d+(?:\.\d+)?\n$/)
  })
})

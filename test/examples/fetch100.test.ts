import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

const variants: [string, ...string[]][] = [
  ['examples/fetch100/fetch_gather.ts'],
  ['examples/fetch100/fetch_threadpool.ts', '--workers', '2'],
  ['examples/fetch100/fetch_threadpool.ts', '--workers', '1'],
  ['examples/fetch100/fetch_sync.ts'],
]

describe.each(longForm ? variants : variants.slice(0, 2))('%s', (program, ...options) => {
  it(`asks two addresses fifty times each ${options.join(' ')}`, { timeout: 120_000 }, async () => {
    const args = ['--delay', '2', ...options]
    const { stdout, stderr, code } = await runOnBuiltPackages(program, { args })
    expect([stderr, code]).toEqual(['', 0])

    const asked = [...stdout.matchAll(/^(\d+) process \| (\d+) url : (http:\/\/127\.0\.0\.1:\d+\/flags\/..\.svg)$/gm)]
    const [processes, threads, urls] = [1, 2, 3].map((group) => new Set(asked.map((found) => found[group])))
    expect([asked.length, processes?.size, urls?.size]).toEqual([100, 1, 2])
    expect(asked.filter(([line]) => line.endsWith('/kr.svg')).length).toBe(50)
    expect(threads?.size).toBeLessThanOrEqual(Number(options[1] ?? 1))
    expect(threads?.has('0')).toBe(!program.includes('threadpool'))
    expect(stdout).toMatch(/\.svg\n\[\n {2}'<svg.*'\n\]\n\d+(?:\.\d+)?\n$/s)
  })
})

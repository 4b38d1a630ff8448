import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

// Two of them compute, so that there is work for both.
const variants = [
  { program: 'examples/cpu_bound/cpu_threads.ts', processes: [1], threads: [1, 2] },
  { program: 'examples/cpu_bound/cpu_processes.ts', processes: [1, 2], threads: [1] },
  { program: 'examples/cpu_bound/cpu_sequential.ts', processes: [1], threads: [1] },
]

describe.each(longForm ? variants : variants.slice(0, 2))('$program', ({ program, processes, threads }) => {
  it('names the process and thread that compute each number', { timeout: 120_000 }, async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages(program, {
      args: program.includes('sequential') ? ['4', '4'] : ['4', '2', '4'],
    })
    expect([stderr, code]).toEqual(['', 0])
    const line = program.includes('sequential')
      ? String.raw`\d+ process \| \d+ thread`
      : String.raw`\d+ process \| \d+ thread, 4`
    const results = '\\[\n(?:  1023490369077469249536n,?\n){4}\\]\n' // (3!)³ⁿ of n = 9, four times
    expect(stdout).toMatch(new RegExp(`^(?:${line}\n){4}${results}\\d+(?:\\.\\d+)?\n$`))
    expect(processes).toContain(new Set(stdout.match(/^\d+ process/gm)).size)
    expect(threads).toContain(new Set(stdout.match(/\d+ thread/g)).size)
    const isOnMainThread = stdout.includes(' 0 thread')
    expect(isOnMainThread).toBe(!program.includes('threads'))
  })
})

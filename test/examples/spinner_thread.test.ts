import { describe, expect, it } from 'vitest'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

const wiped = `${' '.repeat(11)}${'\b'.repeat(11)}`
const frame = (number: number): string => `${'|/-\\'[number % 4]} thinking!${'\b'.repeat(11)}`

describe('examples/spinner_thread.ts', () => {
  it('turns ten times a second while main blocks, is wiped, and prints the answer', async () => {
    const before = performance.now()
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/spinner_thread.ts')
    const seconds = (performance.now() - before) / 1000

    const turns = stdout.split('thinking!').length - 1
    const frames = Array.from({ length: turns }, (_, number) => frame(number)).join('')
    expect(stdout).toBe(`spinner object: <Thread(Thread-1 (spin), initial)>\n${frames}${wiped}Answer: 42\n`)
    expect([stderr, code]).toEqual(['', 0])
    // Thirty on a quiet machine: as many as there are tenths of a second at most, and fewer where others need the
    // machine.
    expect(turns).toBeGreaterThan(1)
    expect(turns).toBeLessThanOrEqual(10 * seconds)
  })
})

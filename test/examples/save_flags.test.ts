import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runOnBuiltPackages } from '../tooling/run-example.ts'
import { FlagFolder } from './flag-folder.ts'

const codes = ['CA', 'DE', 'FR', 'GB', 'IT', 'JP', 'KR', 'US']
const timeout = 30_000

describe.runIf(longForm)('examples/save_flags/download1.ts', () => {
  it('saves eight flags one after another, and waits after each', { timeout }, async () => {
    using folder = new FlagFolder()
    const args = ['--wait', '50', '--into', folder.path]
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/save_flags/download1.ts', { args })
    expect([stderr, code]).toEqual(['', 0])
    expect(stdout).toMatch(/^CA DE FR GB IT JP KR US Count: 8\nTime: \d+\.\d{6}\n$/)
    expect(Number(/Time: (.*)/.exec(stdout)?.[1])).toBeGreaterThan(0.4)
    expect(folder.flags).toEqual(codes)
  })
})

describe('examples/save_flags/download2.ts', () => {
  it('saves the same flags on threads, in order of completion', { timeout }, async () => {
    using folder = new FlagFolder()
    const args = ['--wait', '20', '--workers', '3', '--into', folder.path]
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/save_flags/download2.ts', { args })
    expect([stderr, code]).toEqual(['', 0])
    expect(stdout).toMatch(/^(?:[A-Z]{2} ){8}Count: 8\nTime: \d+\.\d{6}\n$/)
    expect(stdout.split(' Count')[0]?.split(' ').sort()).toEqual(codes)
    expect(folder.flags).toEqual(codes)
  })
})

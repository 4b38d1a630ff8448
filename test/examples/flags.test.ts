import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runOnBuiltPackages } from '../tooling/run-example.ts'
import { FlagFolder } from './flag-folder.ts'

const codes = 'BD BR CD CN DE EG ET FR ID IN IR JP MX NG PH PK RU TR US VN'.split(' ')
const timeout = 30_000

async function download(program: string, ...options: string[]): Promise<{ stdout: string; flags: string[] }> {
  using folder = new FlagFolder()
  const args = ['--delay', '10', '--into', folder.path, ...options]
  const { stdout, stderr, code } = await runOnBuiltPackages(program, { args })
  expect([stderr, code]).toEqual(['', 0])
  return { stdout, flags: folder.flags }
}

// In the short form, one that runs Tasks, one on threads.
describe.runIf(longForm)('examples/flags/flags.ts', () => {
  it('downloads the flags of the 20 largest countries in turn', { timeout }, async () => {
    const { stdout, flags } = await download('examples/flags/flags.ts')
    expect(stdout).toMatch(new RegExp(`^${codes.join(' ')} \\n20 flags downloaded in \\d+\\.\\d\\ds\\n$`))
    expect(flags).toEqual(codes)
  })
})

const others: [string, ...string[]][] = [
  ['examples/flags/flags_threadpool.ts', '--workers', '2'],
  ['examples/flags/flags_processpool.ts', '--workers', '2'],
  ['examples/flags/flags_asyncio.ts'],
]
describe.each(longForm ? others : others.slice(-1))('%s', (program, ...options) => {
  it('downloads the same flags, in order of arrival', { timeout }, async () => {
    const { stdout, flags } = await download(program, ...options)
    expect(stdout).toMatch(/^(?:[A-Z]{2} ){20}\n20 flags downloaded in \d+\.\d\ds\n$/)
    expect(stdout.split('\n')[0]?.trim().split(' ').sort()).toEqual(codes)
    expect(flags).toEqual(codes)
  })
})

describe('examples/flags/flags_threadpool_as_completed.ts', () => {
  it('shows each Future when it is scheduled and when it is completed', { timeout }, async () => {
    const { stdout, flags } = await download('examples/flags/flags_threadpool_as_completed.ts')
    const five = ['BR', 'CN', 'ID', 'IN', 'US']
    expect(flags).toEqual(five)
    expect(stdout.match(/Scheduled for .*$/gm)?.map((line) => line.replace(/0x7f[0-9a-f]{10}/, '0x'))).toEqual(
      five.map((cc, n) => `Scheduled for ${cc}: <Future at 0x state=${n < 3 ? 'running' : 'pending'}>`),
    )
    const results = stdout.matchAll(/<Future at (0x7f[0-9a-f]{10}) state=finished returned string> result: '(..)'$/gm)
    const scheduled = stdout.matchAll(/Scheduled for (..): <Future at (0x7f[0-9a-f]{10})/g)
    expect(Object.fromEntries([...results].map(([, at, cc]) => [cc, at]))).toEqual(
      Object.fromEntries([...scheduled].map(([, cc, at]) => [cc, at])),
    )
    expect(stdout).toMatch(/\n5 flags downloaded in \d+\.\d\ds\n$/)
  })
})

import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

const timeout = 110_000 // only a hang takes so long

describe('examples/executor/demo_executor_map.ts', () => {
  it('starts three calls at once, and prints the results in the order of the calls', { timeout }, async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/executor/demo_executor_map.ts', {
      args: ['0.1'],
    })
    expect([stderr, code]).toEqual(['', 0])

    const lines = linesOf(stdout)
    expect(lines.every((line) => /^\[\d\d:\d\d:\d\d\] /.test(line))).toBe(true)
    const texts = lines.map((line) => line.slice('[15:56:50] '.length))
    expect(texts[0]).toBe('Script starting.')
    expect(texts.filter((text) => text.startsWith('result'))).toEqual([
      expect.stringMatching(/^results: <MapResults at 0x7f[0-9a-f]{10}>$/),
      ...[0, 1, 2, 3, 4].map((n) => `result ${n}: ${n * 10}`),
    ])
    const results = texts.findIndex((text) => text.startsWith('results:'))
    for (const n of [0, 1, 2]) {
      const begins = texts.findIndex((text) => text.includes(`loiter(${n}): doing nothing`))
      expect({ n, begins: begins > 0 && begins < results }).toEqual({ n, begins: true })
    }
    expect(texts.indexOf('Waiting for individual results:')).toBeLessThan(texts.indexOf('result 0: 0'))
    for (const n of [0, 1, 2, 3, 4]) {
      const begun = texts.indexOf(`${'\t'.repeat(n)}loiter(${n}): doing nothing for ${n === 0 ? 0 : `0.${n}`}s...`)
      const done = texts.indexOf(`${'\t'.repeat(n)}loiter(${n}): done.`)
      expect(begun).toBeGreaterThan(0)
      expect(done).toBeGreaterThan(begun)
      expect(texts.indexOf(`result ${n}: ${n * 10}`)).toBeGreaterThan(done)
    }
    // The fourth has no thread until one of the first three is done with its call.
    const firstDone = texts.findIndex((text) => text.endsWith('done.'))
    expect(texts.findIndex((text) => text.includes('loiter(3)'))).toBeGreaterThan(firstDone)
  })
})

describe('examples/executor/basic_future.ts', () => {
  it('checks once whether a call is done, and times out with the last', { timeout }, async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/executor/basic_future.ts', { args: ['0.6'] })
    expect([stderr, code]).toEqual(['', 0])

    const lines = linesOf(stdout)
    const begun = startingWith(lines, 'Worker Index : ')
    expect(begun.sort()).toEqual([0, 1, 2, 3, 4].map((n) => `Worker Index : ${n}`))
    // Where the five lines of the processes stand among these, varies. On a busy machine a call may be done already.
    const isWait = (line: string): boolean => /^\[[1-4] worker\] Wait for 1 second because it has not/.test(line)
    expect(lines.filter((line) => !line.startsWith('Worker') && !isWait(line))).toEqual([
      ...[0, 1, 2, 3].map((n) => `result : Completed ${n} worker job`),
      '[4 worker] Timeout error',
    ])
    expect(lines.filter(isWait).at(-1)).toContain('[4 worker]')
    const first = lines.slice(0, lines.indexOf('result : Completed 0 worker job'))
    expect(first).toEqual(expect.arrayContaining([0, 1, 2, 3].map((n) => `Worker Index : ${n}`)))
  })
})

// In the short form, basic_future.ts shows processes.
describe.runIf(longForm)('examples/executor/with_future.ts', () => {
  it('prints the calls that are done in time, then the others when they are done', { timeout }, async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/executor/with_future.ts', { args: ['0.6'] })
    expect([stderr, code]).toEqual(['', 0])

    const lines = linesOf(stdout) // the five lines of the workers come first, in any order
    expect(lines.slice(0, 5).sort()).toEqual([0, 1, 2, 3, 4].map((n) => `Worker Index : ${n}`))
    expect(lines.slice(5)).toEqual([
      'Finished worker : Completed 0 worker job',
      'Finished worker : Completed 1 worker job',
      'Not finished worker : Completed 2 worker job',
      'Not finished worker : Completed 3 worker job',
      'Not finished worker : Completed 4 worker job',
    ])
  })
})

function linesOf(stdout: string): string[] {
  return stdout.trimEnd().split('\n')
}

function startingWith(lines: string[], start: string): string[] {
  return lines.filter((line) => line.startsWith(start))
}

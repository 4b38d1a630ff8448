import { describe, expect, it } from 'vitest'
import { runOnBuiltPackages } from '../tooling/run-example.ts'

const timeout = 30_000

describe('examples/executor/demo_executor_map.ts', () => {
  it('begins three calls at once, and gives the results in the order of the calls', { timeout }, async () => {
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
  it('asks until a call is done, and runs out of patience with the last', { timeout }, async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/executor/basic_future.ts', { args: ['0.1'] })
    expect([stderr, code]).toEqual(['', 0])

    const lines = linesOf(stdout)
    expect(startingWith(lines, 'Worker Index : ').sort()).toEqual([0, 1, 2, 3, 4].map((n) => `Worker Index : ${n}`))
    expect(startingWith(lines, 'result')).toEqual([0, 1, 2, 3].map((n) => `result : Completed ${n} worker job`))
    expect(lines.at(-1)).toBe('[4 worker] Timeout error')
    const asked = lines.indexOf('[3 worker] Wait for 1 second because it has not finished yet.')
    expect(asked).toBeGreaterThan(lines.indexOf('result : Completed 2 worker job'))
    expect(asked).toBeLessThan(lines.indexOf('result : Completed 3 worker job'))
    expect(startingWith(lines, '[4 worker] Wait')).toEqual([])
  })
})

describe('examples/executor/with_future.ts', () => {
  it('waits for the first, shows all states, and calls the callback of each Future', { timeout }, async () => {
    const { stdout, stderr, code } = await runOnBuiltPackages('examples/executor/with_future.ts', { args: ['0.1'] })
    expect([stderr, code]).toEqual(['', 0])

    const lines = linesOf(stdout).map((line) => line.replace(/0x7f[0-9a-f]{10}/, '0x'))
    const finished = '<Future at 0x state=finished returned string>'
    expect(startingWith(lines, 'Worker Index : ').sort()).toEqual([0, 1, 2].map((n) => `Worker Index : ${n}`))
    expect(startingWith(lines, 'cancelled')).toEqual([
      'cancelled before it began : true <Future at 0x state=cancelled>',
    ])
    expect(startingWith(lines, 'after submit : ')).toEqual(
      ['running', 'running', 'pending'].map((state) => `after submit : <Future at 0x state=${state}>`),
    )
    expect(startingWith(lines, 'callback')).toEqual(Array(3).fill(`callback : ${finished}`))
    expect(startingWith(lines, 'after wait')).toContain(`after wait : ${finished}`)
    expect(startingWith(lines, 'after wait')).toContain('after wait : <Future at 0x state=running>')

    const [done, notDone] = [startingWith(lines, 'Finished worker'), startingWith(lines, 'Not finished worker')]
    expect([done.length > 0, notDone.length > 0]).toEqual([true, true])
    expect([...done, ...notDone].map((line) => line.replace(/^.* : /, '')).sort()).toEqual(
      [0, 1, 2].map((n) => `Completed ${n} worker job`),
    )
  })
})

function linesOf(stdout: string): string[] {
  return stdout.trimEnd().split('\n')
}

function startingWith(lines: string[], start: string): string[] {
  return lines.filter((line) => line.startsWith(start))
}

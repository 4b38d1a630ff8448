import { describe, expect, it } from 'vitest'
import { commandOf, runNode } from '../tooling/run-example.ts'

const collected = (program: string): ReturnType<typeof runNode> =>
  runNode(['--expose-gc', ...commandOf('test/task/collected.fixture.ts'), program])

const REPORT =
  "coroutine 'forgotten' was never awaited. Write `yield* forgotten(…)` to wait for it, or `ensureFuture(forgotten(…))` to have it run as a Task"
const OUTSIDE = "coroutine 'forgotten' was never awaited. Write `await run(forgotten(…))` to have it run"

describe('the garbage collector', { timeout: 120_000 }, () => {
  it('keeps an unreferenced Task that is not done: it is cancelled at the end of run()', async () => {
    const { stdout, stderr } = await collected('live Tasks')
    expect([stdout, stderr]).toEqual(['alive: [ true, true ]\nafter run\na cleaned up, b cleaned up\n', ''])
  })

  it('collects Tasks that are done', async () => {
    const { stdout } = await collected('done Tasks')
    expect(stdout).toBe('collected: 3\nafter run\n')
  })

  // The last child that called back may stay alive until the next gather.
  it('collects the Tasks of a gather that is done, although the gather is not collected', async () => {
    const { stdout } = await collected('children of a gather')
    expect(stdout).toMatch(/^alive: [01] of \[\n?(\s*1,?){10}\s*\]\nafter run\n$/)
  })

  it('reveals, while the loop still runs, that a coroutine was never awaited', async () => {
    const { stdout } = await collected('never awaited')
    expect(stdout.split('\n')).toEqual([
      `reported: ${REPORT}`,
      expect.stringMatching(/^defined: forgotten\(\) at test\/task\/collected\.fixture\.ts:\d+$/),
      ...['end of main', 'after run', ''],
    ])
  })

  it('reveals it for a coroutine created in plain code, too', async () => {
    const { stderr } = await collected('never awaited, in plain code')
    expect(stderr.split('\n')).toEqual([OUTSIDE, expect.stringMatching(/^defined: forgotten\(\) at /), ''])
  })
})

describe('the end of the program', { timeout: 120_000 }, () => {
  it('reveals that coroutines created in plain code were never awaited', async () => {
    const { stdout, stderr, code } = await collected('never awaited at all')
    expect([stdout, code]).toEqual(['end of the program\n', 0])
    expect(stderr.split('\n')).toEqual([
      OUTSIDE,
      expect.stringMatching(/^defined: forgotten\(\) at /),
      "coroutine '<anonymous>' was never awaited. Write `await run(…)` to have it run",
      expect.stringMatching(/^defined: <anonymous>\(\) at /),
      '',
    ])
  })
})

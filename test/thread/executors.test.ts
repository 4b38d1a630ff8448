import { describe, expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'

describe('a program with executors', () => {
  // CPython: test_concurrent_futures.test_shutdown.ExecutorShutdownTest.test_interpreter_shutdown
  it('ends when their calls have, if it does not shut them down, and leaves nothing behind', async () => {
    const { stdout, stderr, code } = await runExample('test/thread/pool-at-exit.fixture.ts', { timeout: 30_000 })
    const [pid, ...lines] = stdout.trim().split('\n').sort()
    expect({ lines, stderr, code }).toEqual({
      lines: ['apple', 'banana', 'cherry', 'cherry is done'],
      stderr: '',
      code: 0,
    })
    await expect.poll(() => isAlive(Number(pid)), { timeout: 5000 }).toBe(false)
  }, 40_000)

  // CPython: test_concurrent_futures.test_shutdown.ThreadPoolShutdownTest.test_del_shutdown
  it('has the threads of a pool end that it has lost sight of, when its calls are done', async () => {
    const { stdout, stderr, code } = await runExample('test/thread/abandoned-pool.fixture.ts', { timeout: 30_000 })
    expect({ stdout, stderr, code }).toEqual({
      stdout: 'MainThread abandoned_0\nMainThread 1,50\n',
      stderr: '',
      code: 0,
    })
  }, 40_000)

  it('gets an error that says what to write, if its main part runs in the threads, too', async () => {
    const { stdout } = await runExample('test/thread/unguarded-pool.fixture.ts', { timeout: 30_000 })
    const lines = stdout.trim().split('\n')
    expect(lines.slice(0, 2)).toEqual(['main', 'main'])
    expect(lines[2]).toMatch(
      /^RuntimeError: work\(\) can't be called, as its module .* fails there: .*isMain\(import\.meta\)/,
    )
    expect(lines).toHaveLength(3)
  }, 40_000)

  it.each(['thread', 'process'])(
    'has every call of a %s pool end once, though some end their worker',
    async (kind) => {
      const { stdout, code } = await runExample('test/thread/chaos.fixture.ts', { args: [kind], timeout: 90_000 })
      const [ends, end] = stdout.trim().split('\n')
      expect(JSON.parse(ends as string)).toEqual({
        returned: 2694,
        threw: 300,
        broke: 6,
        wrong: 0,
        twice: 0,
        notDone: 0,
      })
      expect([end, code]).toEqual(['end', 0])
    },
    100_000,
  )
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

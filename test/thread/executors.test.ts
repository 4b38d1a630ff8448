import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import Module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ProcessPoolExecutor } from '../../packages/thread/src/index.ts'
import { longForm } from '../tooling/long-form.ts'
import { gone } from '../tooling/processes.ts'
import { commandOf, root, runExample, runLines, runNode } from '../tooling/run-example.ts'
import { double, openAll } from './open-files.fixture.ts'

const LONG = 30_000 // a program takes some seconds, if the machine is busy

describe('a program with executors', { timeout: 40_000 }, () => {
  it('ends at the first Ctrl-C, though a function on a thread computes on', async () => {
    const child = spawn(process.execPath, commandOf('test/thread/interrupted-thread.fixture.ts'), { cwd: root })
    child.stdout.once('data', () => child.kill('SIGINT'))
    expect(await once(child, 'exit')).toEqual([130, null])
  })

  it('learns at once that a function from the command line cannot be found elsewhere', async () => {
    const { stderr } = await runLines(
      "import { ThreadPoolExecutor } from 'spindle/thread'\nexport function f() {}\nnew ThreadPoolExecutor(1).submit(f)",
      { timeout: LONG },
    )
    expect(stderr).toContain('TypeError: f() comes from the command line (node -e) or standard input')
  })

  it.skipIf(!('getCompileCacheDir' in Module))('shares its compile cache with its threads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spindle-cache-'))
    try {
      const work = join(folder, 'work.mjs')
      writeFileSync(
        work,
        "import { getCompileCacheDir } from 'node:module'\nexport const work = () => getCompileCacheDir()",
      )
      const { stdout, stderr } = await runLines(
        `import { enableCompileCache, getCompileCacheDir } from 'node:module'
        import { ThreadPoolExecutor } from 'spindle/thread'
        import { work } from ${JSON.stringify(pathToFileURL(work).href)}
        enableCompileCache(${JSON.stringify(folder)})
        const pool = new ThreadPoolExecutor(1)
        console.log(await pool.submit(work) === getCompileCacheDir())
        pool.shutdown()`,
        { timeout: LONG },
      )
      expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it.each(longForm ? ['nothing', 'shutdown'] : ['shutdown'])(
    'ends when their calls end, if it does not wait for them (%s), and leaves nothing behind',
    async (way) => {
      const { stdout, stderr, code } = await runExample('test/thread/pool-at-exit.fixture.ts', {
        args: [way],
        timeout: LONG,
      })
      const [pid, ...lines] = stdout.trim().split('\n').sort()
      const printed = stderr.replace(/^result\(\) .* has waited for .*\n/gm, '') // on a busy machine a process loads slowly
      expect({ lines, stderr: printed, code }).toEqual({
        lines: ['apple', 'banana', 'cherry', 'cherry is done'],
        stderr: '',
        code: 0,
      })
      await gone(Number(pid))
    },
  )

  it.each([
    ['thread', 'abandoned_0'],
    ['process', 'ProcessPoolExecutor-manager'],
  ])('has the workers of a %s pool end that it has lost sight of, when its calls are done', async (kind, name) => {
    const { stdout, stderr, code } = await collecting('abandoned-pool', kind)
    const [before, after, ...pids] = stdout.trim().split('\n')
    expect({ before, after, stderr, code }).toEqual({
      before: `MainThread ${name}`,
      after: 'MainThread',
      stderr: '',
      code: 0,
    })
    expect([pids.length, new Set(pids).size]).toEqual([2, 1])
    await gone(Number(pids[0]))
  })

  it.each(['thread', 'process'])(
    'has a %s pool hold on to nothing of a call that is done: no argument, no result, on neither side',
    async (kind) => {
      const { stdout, stderr } = await collecting('collected', kind)
      const collected = { argument: true, future: true, 'over there': true, 'a result': true, 'the next': true }
      expect([stdout, stderr]).toEqual([`${JSON.stringify(collected)} { n: 3 }\n`, ''])
    },
  )

  it.each(longForm ? ['thread', 'process'] : ['process'])(
    'can use a %s pool in an exit handler, if it waits there',
    async (kind) => {
      const { stdout, code } = await runExample('test/thread/exit-handler.fixture.ts', { args: [kind], timeout: LONG })
      expect([stdout, code]).toEqual(['2\n42\n', 0])
    },
  )

  it('prints the exceptions of the calls that it has not asked for, and no other', async () => {
    const { stdout, stderr, code } = await runExample('test/thread/unretrieved-exceptions.fixture.ts', {
      timeout: LONG,
    })
    const reports = stderr.split('\n').filter((line) => /^(Exception|[a-z]*Error)/i.test(line.trim()))
    const lost = 'Exception of a call of fail() was never retrieved'
    const notSent = expect.stringMatching(/^TypeError: the args of fail\(\) can't be sent to another thread: /)
    expect({ stdout, code, reports: reports.map((line) => line.trim()).sort() }).toEqual({
      stdout: 'RangeError: asked for at the end\n',
      code: 0,
      reports: [lost, lost, lost, 'RangeError: lost in a process', 'RangeError: lost in a thread', notSent],
    })
  })

  it('ends when the initializer of a process fails, and leaves no process behind', async () => {
    const { stdout, code } = await runExample('test/thread/failing-initializer.fixture.ts', { timeout: LONG })
    const lines = stdout.trim().split('\n')
    const pids = lines.filter((line) => /^\d+$/.test(line))
    const message = 'BrokenProcessPool: A process initializer failed, the process pool is not usable anymore'
    expect(lines.filter((line) => !pids.includes(line))).toEqual([message, message])
    expect({ code, hasProcesses: pids.length > 0 }).toEqual({ code: 0, hasProcesses: true })
    for (const pid of pids) await gone(Number(pid))
  })

  it('gets an error that says what to write, if its main part runs in the threads, too', async () => {
    const { stdout } = await runExample('test/thread/unguarded-pool.fixture.ts', { timeout: LONG })
    const lines = stdout.trim().split('\n')
    expect(lines.slice(0, 2)).toEqual(['main', 'main'])
    expect(lines[2]).toMatch(
      /^RuntimeError: work\(\) can't be called, as its module .* fails there: .*isMain\(import\.meta\)/,
    )
    expect(lines).toHaveLength(3)
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'leaves no process that computes when %s ends the program',
    async (signal) => {
      const program = spawn(process.execPath, commandOf('test/thread/killed-program.fixture.ts'), { cwd: root })
      const [printed] = (await once(program.stdout, 'data')) as [Buffer]
      const exited = once(program, 'exit')
      program.kill(signal)
      await exited
      await gone(Number(printed))
    },
  )
})

it.runIf(existsSync('/usr/bin/prlimit'))(
  'a process that can open no more files says so in the error of its call, and leaves the pool',
  async () => {
    using pool = new ProcessPoolExecutor(2)
    expect(await pool.submit(double, 2)).toBe(4)
    await expect(Promise.resolve(pool.submit(openAll))).rejects.toThrow('EMFILE: too many open files')
    expect(await Promise.all([1, 2, 3, 4].map((n) => pool.submit(double, n)))).toEqual([2, 4, 6, 8])
  },
)

/** Runs a program that needs the garbage collector. */
function collecting(program: string, kind: string): ReturnType<typeof runNode> {
  return runNode(['--expose-gc', ...commandOf(`test/thread/${program}.fixture.ts`), kind], { timeout: LONG })
}

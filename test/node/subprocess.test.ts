import { execFileSync } from 'node:child_process'
import { CancelledError, type Coroutine, createTask, moveOnAfter, run, sleep, wait } from 'spindle'
import { CalledProcessError, createSubprocessExec, createSubprocessShell, runProcess, subprocess } from 'spindle/node'
import { describe, expect, it } from 'vitest'
import { outcome } from '../../packages/node/src/outcome.fixture.ts'
import { gone, isAlive } from '../tooling/processes.ts'
import { commandOf, root } from '../tooling/run-example.ts'

describe('subprocess', () => {
  it('ends the process when the block returns, and returns its result', async () => {
    function* main(): Coroutine<unknown> {
      return yield* subprocess(['sleep', '60'], {}, function* (process) {
        return process
      })
    }
    const process = (await run(main())) as { returncode: number }
    expect(process.returncode).toBe(-15)
  })

  it('ends the process when the block throws', async () => {
    let pid = 0
    function* main(): Coroutine<string> {
      const error = yield* outcome(
        subprocess(['sleep', '60'], {}, function* (process) {
          pid = process.pid
          throw new Error('no more')
        }),
      )
      return `${error}, ${isAlive(pid) ? 'alive' : 'gone'}`
    }
    expect(await run(main())).toBe('Error: no more, gone')
  })

  it('takes arrays only', () => {
    expect(() => subprocess('rm -rf /' as never, {}, () => sleep(0))).toThrow(
      "subprocess() takes a program and its arguments as an array of strings, got 'rm -rf /'. A shell is started by",
    )
  })
})

describe('a process', () => {
  it('is terminated when the Task that started it is cancelled while it reads', async () => {
    const pids: number[] = []
    function* reads(): Coroutine<void> {
      const process = yield* createSubprocessExec('sleep', ['60'], { stdout: 'pipe' })
      pids.push(process.pid)
      yield* process.stdout.readLine()
    }
    function* main(): Coroutine<void> {
      const tasks = Array.from({ length: 10 }, () => createTask(reads()))
      while (pids.length < 10) yield* sleep(5)
      for (const task of tasks) task.cancel()
      yield* wait(tasks)
    }
    await run(main())
    for (const pid of pids) await gone(pid)
  })

  it('merges its errors into its output, in order', async () => {
    const script = 'echo 1; echo 2 >&2; echo 3; echo 4 >&2'
    function* main(): Coroutine<string[]> {
      const texts: string[] = []
      for (const start of [
        createSubprocessExec('sh', ['-c', script], { stdout: 'pipe', stderr: 'stdout' }),
        createSubprocessShell(script, { stdout: 'pipe', stderr: 'stdout' }),
      ]) {
        const [stdout] = yield* (yield* start).communicate()
        texts.push(String(stdout))
      }
      return texts
    }
    expect(await run(main())).toEqual(['1\n2\n3\n4\n', '1\n2\n3\n4\n'])
  })

  it('that cannot be started says why: the program, or the directory', async () => {
    function* main(): Coroutine<unknown[]> {
      const secret = ['--password=hunter2']
      const missing = yield* outcome(createSubprocessExec('no-such-program', secret))
      const merged = yield* outcome(
        createSubprocessExec('no-such-program', secret, { stdout: 'pipe', stderr: 'stdout' }),
      )
      const nowhere = yield* outcome(createSubprocessExec('true', [], { cwd: '/no/such/directory' }))
      return [missing, merged, nowhere].map(
        (error) => `${(error as { code: string }).code} ${(error as Error).message}`,
      )
    }
    expect(await run(main())).toEqual([
      'ENOENT spawn no-such-program ENOENT',
      'ENOENT spawn no-such-program ENOENT',
      'ENOENT cwd is not a directory: /no/such/directory',
    ])
  })

  it('does not print its arguments in an error', async () => {
    const { inspect } = await import('node:util')
    const error = await run(outcome(createSubprocessExec('no-such-program', ['--password=hunter2'])))
    expect(inspect(error)).not.toContain('hunter2')
  })

  it('throws an error that can be caught if no descriptor is left', () => {
    const program = [process.execPath, ...commandOf('test/node/programs/no-descriptors.fixture.ts')]
    const command = `ulimit -n 64; exec ${program.map((word) => `'${word}'`).join(' ')}`
    const output = execFileSync('sh', ['-c', command], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(output.trim()).toMatch(/^caught E(MFILE|BADF|AGAIN)$/)
  })

  it('may write only a limited length to communicate()', async () => {
    function* main(): Coroutine<unknown[]> {
      const process = yield* createSubprocessExec('yes', [], { stdout: 'pipe', maxBytes: 1_000_000 })
      const error = yield* outcome(process.communicate())
      return [(error as Error).name, process.returncode]
    }
    expect(await run(main())).toEqual(['LimitOverrunError', -15])
  })
})

describe('runProcess', () => {
  it('returns the output of the program, as bytes or text', async () => {
    function* main(): Coroutine<unknown[]> {
      const bytes = yield* runProcess(['cat'], { input: 'hello', capture: true })
      const { returncode, stdout, stderr } = yield* runProcess(['sh', '-c', 'cat; echo oops >&2; exit 3'], {
        input: 'hello',
        capture: true,
        encoding: 'utf8',
      })
      const plain = yield* runProcess(['true'])
      return [bytes.stdout, { returncode, stdout, stderr }, { ...plain }]
    }
    expect(await run(main())).toEqual([
      Buffer.from('hello'),
      { returncode: 3, stdout: 'hello', stderr: 'oops\n' },
      { returncode: 0, stdout: undefined, stderr: undefined },
    ])
  })

  it('throws with { check: true }, without printing the arguments', async () => {
    const error = await run(
      outcome(
        runProcess(['sh', '-c', 'echo why >&2; exit 3 # hunter2'], { check: true, capture: true, encoding: 'utf8' }),
      ),
    )
    expect(error).toBeInstanceOf(CalledProcessError)
    expect({ ...(error as CalledProcessError), message: (error as Error).message }).toMatchObject({
      message: 'sh returned exit code 3',
      returncode: 3,
      stderr: 'why\n',
    })
  })

  it('cancelled, ends the program', async () => {
    function* main(): Coroutine<unknown> {
      const task = createTask(runProcess(['sleep', '60'], { capture: true }))
      yield* sleep(50)
      task.cancel()
      return yield* outcome(task)
    }
    expect(await run(main())).toBeInstanceOf(CancelledError)
    expect(await run(moveOnAfter(20, () => runProcess(['sleep', '60'])))).toBeUndefined()
  })
})

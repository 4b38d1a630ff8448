import { execFile } from 'node:child_process'
import {
  CancelledError,
  type Coroutine,
  call,
  createTask,
  forEach,
  getRunningLoop,
  run,
  sleep,
  TimeoutError,
  timeout,
  wait,
} from 'spindle'
import { createSubprocessExec, createSubprocessShell } from 'spindle/node'
import { describe, expect, it } from 'vitest'
import { outcome, text } from '../../packages/node/src/outcome.fixture.ts'
import { gone, isAlive } from '../tooling/processes.ts'
import { commandOf, root } from '../tooling/run-example.ts'

/** Takes no notice of SIGTERM, and says when it is ready for it. */
const STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.02; done"

describe('createSubprocessExec', () => {
  it('passes the arguments to the program unchanged, and its environment and directory', async () => {
    function* main(): Coroutine<string> {
      const child = yield* createSubprocessExec('sh', ['-c', 'echo "$1" "$NAME" "$PWD"', 'sh', '$HOME; *'], {
        stdout: 'pipe',
        env: { PATH: process.env['PATH'], NAME: 'ann' },
        cwd: '/',
      })
      const [stdout] = yield* child.communicate()
      return String(stdout)
    }
    expect(await run(main())).toBe('$HOME; * ann /\n')
  })

  it('reports how a process ended: its exit code, or the signal', async () => {
    function* main(): Coroutine<unknown[]> {
      const exits = yield* createSubprocessShell('exit 7')
      const isKilled = yield* createSubprocessExec('sleep', ['60'])
      const before = isKilled.returncode
      isKilled.kill()
      const codes = [before, yield* exits.wait(), yield* isKilled.wait(), yield* isKilled.wait(), isKilled.returncode]
      expect(isKilled.terminate()).toBe(false)
      expect(String(isKilled)).toBe(`<Process ${isKilled.pid}>`)
      return codes
    }
    expect(await run(main())).toEqual([undefined, 7, -9, -9, -9])
  })

  it('refuses an unknown signal, also with a separate session', async () => {
    for (const newSession of [false, true]) {
      const main = function* (): Coroutine<number> {
        const child = yield* createSubprocessExec('sleep', ['60'], { newSession })
        expect(() => child.sendSignal('SIGNOTHING' as NodeJS.Signals)).toThrow('Unknown signal: SIGNOTHING')
        expect(child.sendSignal(0)).toBe(true)
        expect(child.terminate()).toBe(true)
        return yield* child.wait()
      }
      expect(await run(main())).toBe(-15)
    }
  })

  it('has streams for its pipes', async () => {
    function* main(): Coroutine<unknown[]> {
      const child = yield* createSubprocessShell('read line; echo "out $line"; echo "err $line" >&2', {
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: 'pipe',
      })
      child.stdin.write('hello\n')
      yield* child.stdin.drain()
      const lines = [yield* text(child.stdout.readLine()), yield* text(child.stderr.readLine())]
      const none = yield* createSubprocessExec('true', [], { stdout: 'ignore' })
      return [...lines, yield* child.wait(), none.stdout, none.stdin, yield* none.communicate()]
    }
    expect(await run(main())).toEqual(['out hello\n', 'err hello\n', 0, undefined, undefined, [undefined, undefined]])
  })
})

describe('Process.communicate', () => {
  it('writes and reads at once, more than the pipes hold', async () => {
    const input = 'x'.repeat(3_000_000)
    function* main(): Coroutine<number> {
      const child = yield* createSubprocessExec('cat', [], { stdin: 'pipe', stdout: 'pipe', limit: 1000 })
      const [stdout] = yield* child.communicate(input)
      return stdout.length
    }
    expect(await run(main())).toBe(input.length)
  })

  it.each([['pipe', undefined] as const, ['pipe', ''] as const, ['ignore', undefined] as const])(
    'without an input (%s, %j) ends the input',
    async (stdin, input) => {
      function* main(): Coroutine<unknown> {
        const child = yield* createSubprocessExec('cat', [], { stdin, stdout: 'pipe', stderr: 'ignore' })
        return yield* child.communicate(input)
      }
      expect(await run(main())).toEqual([Buffer.alloc(0), undefined])
    },
  )

  it('does not mind a process that reads not all it is given', async () => {
    function* main(): Coroutine<unknown> {
      const child = yield* createSubprocessExec('true', [], { stdin: 'pipe', stdout: 'pipe' })
      const [stdout] = yield* child.communicate('x'.repeat(3_000_000))
      return [stdout.length, child.returncode]
    }
    expect(await run(main())).toEqual([0, 0])
  })

  it('cancelled, ends the process, and with a separate session all its children', async () => {
    function* main(): Coroutine<unknown> {
      const child = yield* createSubprocessShell('sleep 60 & echo $!; wait', { stdout: 'pipe', newSession: true })
      const grandchild = Number(yield* child.stdout.readLine())
      const error = yield* outcome(timeout(20, () => child.communicate()))
      yield* call(() => gone(grandchild))
      return { error: (error as Error).name, returncode: child.returncode, alive: isAlive(child.pid) }
    }
    expect(await run(main())).toEqual({ error: 'TimeoutError', returncode: -15, alive: false })
  })
})

describe('Process.wait', () => {
  it('cancelled, terminates the process, and ends when the process has ended', async () => {
    function* main(): Coroutine<unknown[]> {
      const child = yield* createSubprocessShell(
        'trap "sleep 0.05; exit 5" TERM; echo ready; while :; do sleep 0.01; done',
        {
          stdout: 'pipe',
        },
      )
      yield* child.stdout.readLine()
      const task = createTask(child.wait({ endOnCancel: true }))
      yield* sleep(5)
      task.cancel('enough')
      return [String(yield* outcome(task)), child.returncode]
    }
    expect(await run(main())).toEqual(['CancelledError: enough', 5])
  })

  it('cancelled, kills a process that has not ended after the grace time', async () => {
    function* main(): Coroutine<object> {
      const child = yield* createSubprocessShell(STUBBORN, { stdout: 'pipe', graceTime: 100 })
      yield* child.stdout.readLine()
      const start = getRunningLoop().time()
      const error = yield* outcome(timeout(20, () => child.wait({ endOnCancel: true })))
      const took = getRunningLoop().time() - start
      return { error, returncode: child.returncode, isInTime: took >= 120 && took < 1000 }
    }
    expect(await run(main())).toEqual({ error: expect.any(TimeoutError), returncode: -9, isInTime: true })
  })

  it('cancelled twice, kills it at once', async () => {
    function* main(): Coroutine<object> {
      const child = yield* createSubprocessShell(STUBBORN, { stdout: 'pipe' })
      yield* child.stdout.readLine()
      const task = createTask(child.wait({ endOnCancel: true }))
      yield* sleep(5)
      task.cancel()
      yield* sleep(50)
      const between = child.returncode
      task.cancel()
      yield* wait([task])
      return { between, after: child.returncode, cancelled: task.cancelled() }
    }
    expect(await run(main())).toEqual({ between: undefined, after: -9, cancelled: true })
  })

  it('cancelled, lets the process continue unless configured otherwise', async () => {
    function* main(): Coroutine<unknown[]> {
      const child = yield* createSubprocessExec('cat', [], { stdin: 'pipe' })
      const error = yield* outcome(timeout(20, () => child.wait()))
      const before = child.returncode
      child.stdin.close()
      return [error, before, yield* child.wait()]
    }
    expect(await run(main())).toEqual([expect.any(TimeoutError), undefined, 0])
  })

  it('may be awaited by several at once', async () => {
    function* main(): Coroutine<unknown[]> {
      const child = yield* createSubprocessExec('cat', [], { stdin: 'pipe' })
      const tasks = [createTask(child.wait({ endOnCancel: true })), createTask(child.wait())]
      yield* sleep(5)
      tasks[0]?.cancel()
      const [first, second] = [yield* outcome(tasks[0] as never), yield* outcome(tasks[1] as never)]
      return [first, second]
    }
    expect(await run(main())).toEqual([expect.any(CancelledError), -15])
  })
})

describe('a process that nothing waits for', () => {
  it('leaves no listener with this process when it has ended', async () => {
    const before = process.listeners('exit')
    // Listeners of others may leave meanwhile.
    const added = (): number => process.listeners('exit').filter((listener) => !before.includes(listener)).length
    await run(
      (function* main(): Coroutine<void> {
        const children = [yield* createSubprocessExec('sleep', ['0.2']), yield* createSubprocessExec('sleep', ['0.2'])]
        expect(added()).toBe(1)
        for (const child of children) yield* child.wait()
      })(),
    )
    expect(added()).toBe(0)
  })

  it('is killed when its loop closes', async () => {
    function* main(): Coroutine<number> {
      return (yield* createSubprocessExec('sleep', ['60'])).pid
    }
    const pid = await run(main())
    await gone(pid)
  })

  it.each(['exit', 'uncaught', 'end'])('is killed when this process ends: %s', async (how) => {
    const args = [...commandOf('test/node/programs/leaves-process.fixture.ts'), how]
    const pid = await new Promise<number>((resolve) => {
      execFile(process.execPath, args, { cwd: root }, (_error, stdout) => resolve(Number(stdout)))
    })
    expect(pid).toBeGreaterThan(0)
    await gone(pid)
  })

  it('is read to its end line by line, also when it has ended', async () => {
    const lines: string[] = []
    function* main(): Coroutine<void> {
      const child = yield* createSubprocessShell('for i in 1 2 3; do echo $i; done', { stdout: 'pipe' })
      yield* child.wait()
      yield* forEach(child.stdout, function* (line) {
        lines.push(String(line).trim())
      })
    }
    await run(main())
    expect(lines).toEqual(['1', '2', '3'])
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { census } from '@spindle/testing'
import { type Coroutine, createTask, moveOnAfter, run, sleep, wait } from 'spindle'
import { createSubprocessExec, createSubprocessShell, runProcess, subprocess } from 'spindle/node'
import { describe, expect, it } from 'vitest'
import { outcome } from '../../packages/node/src/outcome.fixture.ts'
import { fromPs, processTable } from '../../packages/node/src/processes/process-table.ts'
import { gone, isAlive } from '../tooling/processes.ts'
import { commandOf, root } from '../tooling/run-example.ts'
import { type Outcome, tryAll, tryOnce } from './process-trees.ts'

const onLinux = it.runIf(process.platform === 'linux') // processes are counted by their environment

/** Deaf to SIGTERM, and says its process id when it is. */
const DEAF = 'sh -c \'trap "" TERM; echo $$; while :; do sleep 0.02; done\''

describe('a tree of processes', () => {
  onLinux('is gone when the caller is told, whatever its members do and whenever it is cancelled', async () => {
    const rows: Record<string, Outcome> = {}
    await run(tryAll(2, 4, (name, sum) => (rows[name] = sum)))
    expect(Object.keys(rows)).toHaveLength(15)
    expect(Object.entries(rows).filter(([, { early, left }]) => early + left > 0)).toEqual([])
  })

  onLinux('is left with { tree: false }, which shows that the count above can fail', async () => {
    const { early } = await run(tryOnce('deaf', 'running', false))
    expect(early).toBeGreaterThan(0)
  })

  it('is what runProcess leaves nothing of, also when the program ends by itself', async () => {
    const { stdout } = await run(runProcess(['sh', '-c', 'sleep 600 >/dev/null 2>&1 & echo $!'], { capture: true }))
    expect(Number(String(stdout))).toBeGreaterThan(0)
    expect(isAlive(Number(String(stdout)))).toBe(false)
  })

  it('is a pipeline of a shell: communicate(), cancelled, ends its parts', async () => {
    function* main(): Coroutine<unknown> {
      const shell = yield* createSubprocessShell(`${DEAF} & wait`, { stdout: 'pipe', graceTime: 50 })
      const pid = Number(yield* shell.stdout.readLine())
      const task = createTask(shell.communicate())
      yield* sleep(5)
      task.cancel()
      yield* wait([task])
      return { cancelled: task.cancelled(), alive: isAlive(pid) }
    }
    expect(await run(main())).toEqual({ cancelled: true, alive: false })
  })

  it('is killed at once by a second cancellation, also when the first process has ended', async () => {
    function* main(): Coroutine<unknown> {
      let pid = 0
      const task = createTask(
        subprocess(['sh', '-c', `${DEAF} & wait`], { stdout: 'pipe', graceTime: 3_600_000 }, function* (shell) {
          pid = Number(yield* shell.stdout.readLine())
          yield* sleep(3_600_000)
        }),
      )
      while (pid === 0) yield* sleep(1)
      task.cancel()
      yield* sleep(50)
      const between = isAlive(pid)
      task.cancel()
      yield* wait([task])
      return { between, after: isAlive(pid) }
    }
    expect(await run(main())).toEqual({ between: true, after: false })
  })

  it('is terminated when the Task that started it fails after the first process has ended', async () => {
    let pid = 0
    function* starts(): Coroutine<void> {
      const shell = yield* createSubprocessShell('sleep 600 & echo $!', { stdout: 'pipe' })
      pid = Number(yield* shell.stdout.readLine())
      yield* shell.wait()
      throw new Error('no more')
    }
    function* main(): Coroutine<unknown> {
      return yield* outcome(createTask(starts()))
    }
    expect(String(await run(main()))).toBe('Error: no more')
    await gone(pid)
  })

  it('is killed when its loop closes, also when the first process has ended', async () => {
    function* main(): Coroutine<number> {
      const shell = yield* createSubprocessShell(`${DEAF} &`, { stdout: 'pipe' })
      const pid = Number(yield* shell.stdout.readLine())
      yield* shell.wait()
      return pid
    }
    const pid = await run(main())
    await gone(pid)
  })

  it('receives no signal any more when it is gone', async () => {
    function* main(): Coroutine<unknown> {
      const child = yield* createSubprocessExec('true', [], { tree: true })
      const code = yield* child.wait()
      return { code, sent: child.sendSignal(0), terminated: child.terminate(), killed: child.kill() }
    }
    expect(await run(main())).toEqual({ code: 0, sent: false, terminated: false, killed: false })
  })

  onLinux('is named in the environment, inside of the name of an outer tree', async () => {
    const names = async (outer?: string): Promise<string> => {
      if (outer === undefined) delete process.env['SPINDLE_TREE']
      else process.env['SPINDLE_TREE'] = outer
      try {
        const { stdout } = await run(runProcess(['sh', '-c', 'echo $SPINDLE_TREE'], { capture: true, env: {} }))
        return String(stdout).trim()
      } finally {
        delete process.env['SPINDLE_TREE']
      }
    }
    expect(await names()).toMatch(/^[0-9a-f]{16}\.\d+\.$/)
    expect(await names('outer')).toMatch(/^outer:[0-9a-f]{16}\.\d+\.$/)
  })
})

describe('runProcess', () => {
  onLinux.each([0, 5, 30])(
    'leaves no timer, guard or socket when its caller is told: stopped after %i ms',
    async (ms) => {
      using held = census()
      await run(runProcess(['true'])) // Node keeps a socket from the first process on
      const before = held.count()
      await run(moveOnAfter(ms, () => runProcess(['sh', '-c', 'sleep 600 & echo'], { capture: true })))
      const { processes, timers, sockets } = held.count()
      // Guards of the tests before may have ended since.
      const more = { processes: Math.max(0, processes - before.processes), sockets: sockets - before.sockets }
      expect({ timers, ...more }).toEqual({ timers: 0, processes: 0, sockets: 0 })
    },
  )

  // The shell ends when its child has printed, which then holds the pipe.
  const HELD = 'trap "exit 3" USR1; (echo printed; kill -USR1 $$; sleep 600) & wait'

  it.each([true, false])(
    'returns what was printed before the silence, not waiting for what holds the pipe: capture %s',
    async (capture) => {
      const main = moveOnAfter(60_000, () => runProcess(['sh', '-c', HELD], { capture, encoding: 'utf8' }))
      const result = await run(main)
      expect({ code: result?.returncode, stdout: result?.stdout }).toEqual({
        code: 3,
        stdout: capture ? 'printed\n' : undefined,
      })
    },
  )

  it('without a tree returns all that its children print, however long they are silent', async () => {
    const script = ['sh', '-c', 'echo first; (sleep 0.3; echo last) &'] as const
    const { stdout } = await run(runProcess(script, { capture: true, encoding: 'utf8', tree: false }))
    expect(stdout).toBe('first\nlast\n')
  })
})

describe('a tree at a terminal', () => {
  // `script` runs a command at a terminal of its own.
  const atTerminal = process.platform === 'linux'
  it.runIf(atTerminal)('keeps the terminal, and ends children by parent id', async () => {
    const program = [process.execPath, ...commandOf('test/node/programs/tree-at-terminal.fixture.ts')]
      .map((word) => `'${word}'`)
      .join(' ')
    const child = spawn('script', ['-qec', program, '/dev/null'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    await once(child, 'close')
    expect(output.trim().split('\r\n')).toEqual(['same session: true', 'left: 0'])
  })
})

describe('processTable()', () => {
  onLinux('finds with ps what it finds in /proc', () => {
    const own = (entry: { pid: number }): boolean => entry.pid === process.pid
    const { started: _, ...fromProc } = processTable(process.pid).find(own) as never as Record<string, unknown>
    expect(fromPs().find(own)).toMatchObject(fromProc)
  })
})

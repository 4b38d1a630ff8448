import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { fits, LOAD_TYPESCRIPT, root, runExample, runNode } from '../tooling/run-example.ts'

// From there the packages are found by name.
const cwd = `${root}test`

/** Runs a few lines as a program of its own. */
function runProgram(source: string): ReturnType<typeof runNode> {
  return runNode([...LOAD_TYPESCRIPT, '--input-type=module', '--eval', source], { cwd })
}

describe('A deadlock', () => {
  it('is reported in each way of waiting, with each waiting Task, its line and its awaitable; twice; and the loop can continue', async () => {
    const { stdout, stderr, code } = await runExample('test/loop/deadlock.fixture.ts')
    const fixture = 'test/loop/deadlock.fixture.ts'
    const consumer = `<Task pending name='consumer' coro=<consume() running at ${fixture}:14> wait_for=<Future pending cb=[Task.task_wakeup()]> cb=[Task.task_wakeup()]>`
    const told = (time: string): string[] => [
      `${time} time: true false`,
      'DeadlockError: 2 tasks wait, and nothing is left that could wake them:',
      `  <Task pending name='main' coro=<main() running at ${fixture}:20> wait_for=${consumer} cb=[runUntilCompleteCallback() at …]>`,
      `  ${consumer}`,
    ]
    const expected = ['host', 'blocking', 'virtual', 'virtual, host'].flatMap((way) => [
      `--- ${way}`,
      ...told('first'),
      ...told('second'),
      'consumed an item',
    ])
    expect(fits(stdout, expected.join('\n')) || stdout).toBe(true)
    expect([stderr, code]).toEqual(['', 0])
  })

  it('ends the process with the error if it is not caught, whether the run is awaited or not', async () => {
    const programs = ['await run(main())', 'void run(main())'].map((start) =>
      runProgram(
        `import { getRunningLoop, run } from 'spindle'
        function* main() { yield* getRunningLoop().createFuture() }
        process.on('exit', (code) => console.log('exit', code))
        ${start}`,
      ),
    )
    const outcomes = (await Promise.all(programs)).map(({ stdout, stderr, code }) => [
      stdout,
      /DeadlockError: one task waits, and nothing is left that could wake it:\n +<Task pending name='Task-1' coro=<main\(\)/.test(
        stderr,
      ),
      code,
    ])
    expect(outcomes).toEqual([
      ['exit 1\n', true, 1],
      ['exit 1\n', true, 1],
    ])
  })

  it('is reported to the innermost run alone, when runs wait for each other', async () => {
    const { stdout, stderr } = await runExample('test/loop/inner-deadlock.fixture.ts')
    expect({ stdout, stderr }).toEqual({ stdout: 'the innermost is stuck\n', stderr: '' })
  })

  it('is reported to each run that is stuck, and to no other', async () => {
    const { stdout, stderr } = await runProgram(
      `import { getRunningLoop, run, sleep } from 'spindle'
      function* stuck() { yield* getRunningLoop().createFuture() }
      const log = []
      const note = (name) => (outcome) => log.push(name + ' ' + (outcome?.name ?? outcome))
      await Promise.all([
        run(stuck()).catch(note('one')), run(sleep(50, 'slept')).then(note('two')), run(stuck()).catch(note('three')),
      ])
      console.log(log.join('\\n'))`,
    )
    // Which of two runs that have nothing to do with each other is told first is not promised.
    const lines = stdout.trimEnd().split('\n')
    expect({ first: lines[0], rest: lines.slice(1).toSorted(), stderr }).toEqual({
      first: 'two slept',
      rest: ['one DeadlockError', 'three DeadlockError'],
      stderr: '',
    })
  })

  it('is reported at once when the last timer is cancelled, not when it would have fired', async () => {
    const { stdout, stderr } = await runProgram(
      `import { createTask, getRunningLoop, run, sleep } from 'spindle'
      function* main() {
        const task = createTask(sleep(3_600_000))
        yield* sleep(1)
        task.cancel()
        try { yield* task } catch {}
        yield* getRunningLoop().createFuture()
      }
      await run(main()).catch((error) => console.log(error.name))`,
    )
    expect([stdout, stderr]).toEqual(['DeadlockError\n', ''])
  })

  it("is reported despite an unref'd timer and a listener for Ctrl-C, as the process would end", async () => {
    const { stdout } = await runProgram(
      `import { getRunningLoop, run } from 'spindle'
      function* main() { yield* getRunningLoop().createFuture() }
      setTimeout(() => {}, 120_000).unref()
      process.on('SIGINT', () => {})
      await run(main()).catch((error) => console.log(error.name))`,
    )
    expect(stdout).toBe('DeadlockError\n')
  })

  it('is reported in a worker thread, too, which then ends', async () => {
    const { stdout } = await runProgram(
      `import { Worker } from 'node:worker_threads'
      const program = \`
        const { register } = await import('\${import.meta.resolve('tsx/esm/api')}')
        register()
        const { getRunningLoop, run } = await import('\${import.meta.resolve('spindle')}')
        const { parentPort } = await import('node:worker_threads')
        function* main() { yield* getRunningLoop().createFuture() }
        await run(main()).catch((error) => parentPort.postMessage(error.name))
      \`
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(program)))
      worker.on('message', (message) => console.log(message))
      worker.on('error', (error) => console.log(String(error)))
      worker.on('exit', (code) => console.log('exit ' + code))`,
    )
    expect(stdout).toBe('DeadlockError\nexit 0\n')
  })

  it('is reported in virtual time, too, for a promise that is never settled', async () => {
    const { stdout } = await runProgram(
      `import { DeadlockError, ensureFuture, newEventLoop, run, VirtualClock } from 'spindle'
      function* main() { yield* ensureFuture(new Promise(() => {})) }
      const loopFactory = () => newEventLoop({ clock: new VirtualClock() })
      await run(main(), { loopFactory }).catch((error) => console.log(error instanceof DeadlockError))`,
    )
    expect(stdout).toBe('true\n')
  })

  it('leaves no listener behind', async () => {
    const { stdout } = await runProgram(
      `import { getRunningLoop, run } from 'spindle'
      function* main() { yield* getRunningLoop().createFuture() }
      const before = process.listenerCount('beforeExit') + process.listenerCount('SIGINT')
      await Promise.allSettled([run(main()), run(main())])
      console.log(process.listenerCount('beforeExit') + process.listenerCount('SIGINT') - before)`,
    )
    expect(stdout).toBe('0\n')
  })
})

describe('No deadlock is reported while the loop may be woken by', () => {
  const wakers = [
    'a timer of the host',
    'a listening server',
    'a worker thread',
    'a listener of beforeExit that came after',
    'an interval',
    'a file that is read',
    'an open socket',
    'a fetch',
    'a child process',
    'a listener of beforeExit that came later, and starts work in a promise',
    'a listener of beforeExit that was there before',
  ]
  it.concurrent.each(longForm ? wakers : wakers.slice(0, 4))('%s', async (waker) => {
    const { stdout, stderr, code } = await runExample('test/loop/wakers.fixture.ts', { args: [waker] })
    expect([stdout, stderr, code]).toEqual(['woken woken\n', '', 0])
  })

  it('the standard input', async () => {
    const child = spawn(process.execPath, [...LOAD_TYPESCRIPT, 'test/loop/wakers.fixture.ts', 'the standard input'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
      if (output === 'listening\n') setTimeout(() => child.stdin.write('woken\n'), 150)
    })
    const [code] = await once(child, 'close')
    expect([output, code]).toEqual(['listening\nwoken woken\n', 0])
  })

  it('a timer that never fires: the run just waits, as asyncio does', async () => {
    const child = spawn(
      process.execPath,
      [
        ...LOAD_TYPESCRIPT,
        '--input-type=module',
        '--eval',
        `import { run, sleep } from 'spindle'
        setTimeout(() => console.log('waits'), 50)
        console.log(await run(sleep(Infinity)))`,
      ],
      { cwd, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
      setTimeout(() => child.kill('SIGKILL'), 300)
    })
    const [code, signal] = await once(child, 'close')
    expect([output, code, signal]).toEqual(['waits\n', null, 'SIGKILL'])
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import {
  commandOf,
  type ExampleResult,
  fits,
  linesEnvironment,
  root,
  runExample,
  runLines,
} from '../tooling/run-example.ts'

describe('A deadlock', () => {
  it('is reported in each way of waiting, with each waiting Task, its line and its awaitable; twice; and the loop can continue', async () => {
    const { stdout, stderr, code } = await runExample('test/loop/deadlock.fixture.ts')
    const fixture = 'test/loop/deadlock.fixture.ts'
    const told = (time: string): string[] => [
      `${time} time: true false`,
      'DeadlockError: 2 tasks wait, and nothing is left that could wake them:',
      `  main: main() at ${fixture}:13 waits for consumer`,
      `  consumer: consume() at ${fixture}:7 waits for future`,
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
      runLines(
        `import { getRunningLoop, run } from 'spindle'
        function* main() { yield* getRunningLoop().createFuture() }
        process.on('exit', (code) => console.log('exit', code))
        ${start}`,
      ),
    )
    const outcomes = (await Promise.all(programs)).map(({ stdout, stderr, code }) => [
      stdout,
      /^DeadlockError: one task waits, and nothing is left that could wake it:\n {2}Task-1: main\(\) at /.test(stderr),
      code,
    ])
    expect(outcomes).toEqual([
      ['exit 1\n', true, 1],
      ['exit 1\n', true, 1],
    ])
  })

  describe('in a program with several', () => {
    let ended: ExampleResult
    let outcomes: Record<string, unknown>
    beforeAll(async () => {
      ended = await runExample('test/loop/deadlocks.fixture.ts')
      const lines = ended.stdout.split('\n').filter((line) => line !== '')
      outcomes = Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, unknown]))
    })

    it('lets the program continue, and end well', () => {
      expect([ended.stderr, ended.code]).toEqual(['', 0])
    })

    it('is reported to the innermost run alone, when runs wait for each other', () => {
      expect(outcomes['the innermost']).toBe('the innermost is stuck')
    })

    it('is reported to each run that is stuck, and to no other', () => {
      const [first, ...rest] = outcomes['each that is stuck'] as string[]
      // Independent runs get the error in any order.
      expect([first, ...rest.toSorted()]).toEqual(['two slept', 'one DeadlockError', 'three DeadlockError'])
    })

    it('is reported at once when the last timer is cancelled, not when it would have fired', () => {
      expect(outcomes['after a cancelled timer']).toBe('DeadlockError')
    })

    it("is reported despite an unref'd timer and a listener for Ctrl-C, because the process would end", () => {
      expect(outcomes["an unref'd timer and a listener for Ctrl-C"]).toBe('DeadlockError')
    })

    it('is reported in a worker thread, too, which then ends', () => {
      expect(outcomes['in a worker thread']).toEqual(['DeadlockError', 'exit 0'])
    })

    it('is reported in virtual time, too, for a promise that is never settled', () => {
      expect(outcomes['in virtual time']).toBe(true)
    })

    it('leaves no listener behind', () => {
      expect(outcomes['listeners left']).toBe(0)
    })
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
    const child = spawn(process.execPath, [...commandOf('test/loop/wakers.fixture.ts'), 'the standard input'], {
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
    const { loader, cwd } = linesEnvironment()
    const child = spawn(
      process.execPath,
      [
        ...loader,
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

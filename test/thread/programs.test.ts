// What only a process of its own can show: output, exit codes, whether it ends.

import { spawn } from 'node:child_process'
import { describe, expect, it, vi } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { commandOf, type ExampleResult, runExample } from '../tooling/run-example.ts'

const program = (name: string): string => `test/thread/programs/${name}.fixture.ts`

function run(name: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<ExampleResult> {
  return runExample(program(name), { args, env, timeout: 100_000 })
}

describe('the output of a thread', () => {
  it('appears in order while the main thread blocks, and is complete', async () => {
    const { stdout, stderr, code } = await run('output')
    expect({ stdout, stderr, code }).toEqual({
      stdout: 'zero\none\ntwo three\nfour\ncalled back\nend of the block\n',
      stderr: '(error)\n',
      code: 0,
    })
  })

  it('is dropped if it is ignored', async () => {
    const { stdout, stderr, code } = await run('ignored')
    expect({ stdout, stderr, code }).toEqual({ stdout: 'done\n', stderr: '', code: 0 })
  })

  it.runIf(longForm)('is complete and in order when the pipe is full and its reader slow', async () => {
    const child = spawn(process.execPath, commandOf(program('flood')))
    let text = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (chunk: string) => {
      text += chunk
      child.stdout.pause()
      setTimeout(() => child.stdout.resume(), 2)
    })
    await new Promise((resolve) => child.on('close', resolve))
    const lines = text.trimEnd().split('\n')
    const of = (name: string): string[] => lines.filter((line) => line.startsWith(`${name} `))
    const expected = (name: string): string[] =>
      Array.from({ length: 3000 }, (_, line) => `${name} ${line} ${'x'.repeat(100)}`)
    expect([lines[0], lines.at(-1), lines.length]).toEqual(['start', 'end', 6002])
    expect(of('a')).toEqual(expected('a'))
    expect(of('b')).toEqual(expected('b'))
  })
})

describe('an exception in a thread', () => {
  it('is printed as threading prints it, and ends that thread alone', async () => {
    const { stdout, stderr, code } = await run('exception')
    expect(stdout.split('\n')).toEqual([
      'before',
      '<Thread(Thread-1 (throwsError), stopped N)>',
      '<Thread(Thread-2 (throwsUndefined), stopped N)>',
      '<Thread(Thread-3 (rejects), stopped N)>',
      '<Thread(Thread-4 (throwsInCallback), stopped N)>',
      'caught mine',
      '<Thread(Thread-5 (looksAfterItself), stopped N)>',
      '',
    ])
    expect(stderr).toMatch(
      /^Exception in thread Thread-1 \(throwsError\):\nError: boom\n {4}at throwsError \(.*exception\.fixture\.ts:6:9\)/,
    )
    expect(stderr).toContain('[cause]: TypeError: deep')
    expect(stderr).toContain('Exception in thread Thread-2 (throwsUndefined):\nUncaught undefined\n')
    expect(stderr).toContain('Exception in thread Thread-3 (rejects):\nRangeError: rejected\n')
    expect(stderr).toContain('Exception in thread Thread-4 (throwsInCallback):\nError: in a callback\n')
    expect(stderr).not.toContain('mine')
    expect(code).toBe(0)
  })
})

describe('a worker that ends without a word', () => {
  it('leaves nothing waiting in join', async () => {
    expect(await run('dies')).toMatchObject({ stdout: 'alive: false\n', stderr: '', code: 0 })
  })
})

describe('the end of the program', () => {
  it('waits for threads', async () => {
    expect((await run('end')).stdout).toBe('main is done\nlast word\n')
  })

  it('does not wait for daemons', async () => {
    expect((await run('end', ['daemon'])).stdout).toBe('main is done\n')
  })
})

describe('a loop that the host drives', () => {
  it('is not deadlocked while a daemon could call, loads requested modules, and does not outlive its run', async () => {
    const { stdout, stderr, code } = await run('loop')
    expect({ stdout, stderr, code }).toEqual({
      stdout: 'module loaded for the call\nin order\nmain is done\n',
      stderr: '',
      code: 0,
    })
  })
})

describe('a program that starts threads while a thread imports it', () => {
  it('gets an error that says what to write', async () => {
    const { stdout, stderr, code } = await run('unguarded')
    expect([stdout, code]).toEqual(['main\nmain\n', 1])
    expect(stderr).toMatch(
      /RuntimeError: .*unguarded\.fixture\.[jt]s fails there: .*if \(isMain\(import\.meta\)\) main\(\)/,
    )
  })

  it('receives it in the thread, if it starts them after a wait; there is no endless chain', async () => {
    const { stdout, stderr } = await run('unguarded', [], { LATER: '1' })
    expect(stdout.match(/main/g)).toHaveLength(2)
    expect(stdout).toContain('works')
    expect(stderr).toMatch(
      /^Exception in thread Thread-1 \(work\):\nRuntimeError: .*if \(isMain\(import\.meta\)\) main\(\)/,
    )
  })
})

describe('a program that awaits its pools', () => {
  it('does not end before their calls and their workers have', async () => {
    const { stdout, code } = await run('awaited')
    expect([stdout, code]).toEqual(['[ 1, 2, 3 ]\n[ 1, 2 ]\nend\n', 0])
  })
})

describe('a program that ends in the middle of calls', () => {
  it.each(longForm ? ['exit', 'error'] : ['exit'])(
    'leaves no process behind that computes (%s)',
    async (how) => {
      const { stdout, code } = await run('orphans', [how])
      const pids = JSON.parse(stdout) as number[]
      expect([pids.length, code]).toEqual([2, how === 'exit' ? 3 : 1])
      for (const pid of pids) await vi.waitUntil(() => !isAlive(pid), 10_000)
    },
    30_000,
  )

  it.runIf(longForm)(
    'does not disturb a process that finishes its computation after its parent has ended',
    async () => {
      const { stdout, stderr, signal } = await run('orphans', ['killed'])
      expect({ stderr, signal }).toEqual({ stderr: '', signal: 'SIGKILL' })
      for (const pid of JSON.parse(stdout) as number[]) await vi.waitUntil(() => !isAlive(pid), 10_000)
    },
    120_000,
  )

  it('asks its processes to stop if it is killed', async () => {
    const { stdout, signal } = await run('orphans', ['asked'])
    expect(signal).toBe('SIGKILL')
    for (const pid of JSON.parse(stdout) as number[]) await vi.waitUntil(() => !isAlive(pid), 30_000)
  }, 60_000)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a promise that a call leaves behind', () => {
  it('goes to the exception handler of its pool, if it has one', async () => {
    const { stdout, stderr, code } = await run('left-behind', ['handled'])
    const told = (worker: string): string =>
      `leaves in ${worker}: Error: left behind; Exception in a promise that leaves() left behind, or a call before it, in ${worker}\n`
    const lines = stdout.replaceAll('left waited\n', '').replaceAll(/process \d+/g, 'process N')
    expect([lines, stderr, code]).toEqual([told('ThreadPoolExecutor-0_0') + told('process N'), '', 0])
  })

  it('is reported with the name of the call when it is rejected, and does not affect the next call', async () => {
    const { stdout, stderr, code } = await run('left-behind')
    expect([stdout, code]).toEqual(['left waited\nleft waited\n', 0])
    const report = (where: string): string =>
      `Exception in a promise that leaves\\(\\) left behind, or a call before it, in ${where}:\nError: left behind`
    expect(stderr).toMatch(new RegExp(`${report('ThreadPoolExecutor-0_0')}[^]*${report('process \\d+')}`))
  })
})

describe('a worker that runs out of memory', () => {
  it('fails the one call, and ends nothing else', async () => {
    const { stdout, code } = await run('out-of-memory')
    const ended = (kind: string): string =>
      `Broken${kind === 'thread' ? 'Thread' : 'Process'}Pool: the ${kind} that ran hoard() ended before the call did: `
    expect(stdout.split('\n')).toEqual([
      `${ended('thread')}it was out of memory, most likely; ERR_WORKER_OUT_OF_MEMORY, { maxOldGenerationSizeMb: 64 }`,
      '9',
      `${ended('process')}SIGABRT, as when it is out of memory`,
      '9',
      'alive: false',
      `${ended('thread')}it was out of memory; ERR_WORKER_OUT_OF_MEMORY`,
      '',
    ])
    expect(code).toBe(0)
  }, 120_000)
})

// What only a process of its own can show: output, exit codes, whether it ends.

import { spawn } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { gone } from '../tooling/processes.ts'
import { commandOf, type ExampleResult, runExample } from '../tooling/run-example.ts'

const program = (name: string): string => `test/thread/programs/${name}.fixture.ts`

function run(name: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<ExampleResult> {
  return runExample(program(name), { args, env, timeout: 100_000 })
}

describe('a program with threads', () => {
  let code: number | null
  let printed: (name: string) => { stdout: string; stderr: string }
  beforeAll(async () => {
    const ended = await run('threads')
    code = ended.code
    printed = (name) => ({ stdout: partOf(ended.stdout, name), stderr: partOf(ended.stderr, name) })
  })

  /** What stands in a text after a line that names the part. */
  function partOf(text: string, name: string): string {
    return (
      text
        .split(/^--- /m)
        .find((part) => part.startsWith(`${name}\n`))
        ?.slice(name.length + 1) ?? `no ${name} in ${text}`
    )
  }

  it('has their output in order while the main thread blocks, and complete', () => {
    expect(printed('output')).toEqual({
      stdout: 'zero\none\ntwo three\nfour\ncalled back\nend of the block\n',
      stderr: '(error)\n',
    })
  })

  it('does not have the output that is ignored', () => {
    expect(printed('ignored')).toEqual({ stdout: 'done\n', stderr: '' })
  })

  it('has an exception printed as threading prints it, which ends that thread alone', () => {
    const { stdout, stderr } = printed('exception')
    expect(stdout.replaceAll(/Thread-\d+/g, 'Thread-N').split('\n')).toEqual([
      'before',
      '<Thread(Thread-N (throwsError), stopped N)>',
      '<Thread(Thread-N (throwsUndefined), stopped N)>',
      '<Thread(Thread-N (rejects), stopped N)>',
      '<Thread(Thread-N (throwsInCallback), stopped N)>',
      'caught mine',
      '<Thread(Thread-N (looksAfterItself), stopped N)>',
      '',
    ])
    expect(stderr).toMatch(
      /^Exception in thread Thread-\d \(throwsError\):\nError: boom\n {4}at throwsError \(.*exception\.fixture\.ts:6:9\)/,
    )
    expect(stderr).toContain('[cause]: TypeError: deep')
    expect(stderr).toMatch(/^Exception in thread Thread-\d \(throwsUndefined\):\nUncaught undefined$/m)
    expect(stderr).toMatch(/^Exception in thread Thread-\d \(rejects\):\nRangeError: rejected$/m)
    expect(stderr).toMatch(/^Exception in thread Thread-\d \(throwsInCallback\):\nError: in a callback$/m)
    expect(stderr).not.toContain('mine')
  })

  it('does not wait in join for a worker that has ended without a word', () => {
    expect(printed('dies')).toEqual({ stdout: 'alive: false\n', stderr: '' })
  })

  it('ends when its threads have, without waiting for daemons', () => {
    expect([printed('end').stdout, code]).toEqual(['main is done\nlast word\n', 0])
  })
})

describe('the output of threads', () => {
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
  it('finds a function that Jest has compiled, in the file that it has not', async () => {
    const jest = { JEST_WORKER_ID: '1', NODE_OPTIONS: '--experimental-vm-modules' }
    const [compiled, otherwise] = await Promise.all([
      run('compiled', [], jest),
      run('compiled', [], { ...jest, JEST_WORKER_ID: undefined }),
    ])
    expect([compiled.stdout, compiled.code]).toEqual(['6\n', 0])
    expect(otherwise.stdout).toContain('is not exported, so that another thread')
  })

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
      for (const pid of pids) await gone(pid)
    },
    30_000,
  )

  it.runIf(longForm)(
    'does not disturb a process that finishes its computation after its parent has ended',
    async () => {
      const { stdout, stderr, signal } = await run('orphans', ['killed'])
      expect({ stderr, signal }).toEqual({ stderr: '', signal: 'SIGKILL' })
      for (const pid of JSON.parse(stdout) as number[]) await gone(pid)
    },
    120_000,
  )

  it('asks its processes to stop if it is killed', async () => {
    const { stdout, signal } = await run('orphans', ['asked'])
    expect(signal).toBe('SIGKILL')
    for (const pid of JSON.parse(stdout) as number[]) await gone(pid)
  }, 60_000)
})

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

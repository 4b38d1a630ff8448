import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { runMain } from 'spindle/node'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { commandOf, root } from '../tooling/run-example.ts'

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program, sends it one signal after another, and tells how it ended. */
function runProgram(how: string, ...signals: NodeJS.Signals[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...commandOf('test/node/programs/main.fixture.ts'), how], { cwd: root })
    let stdout = ''
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      const signal = /ready\n$|cleaning up\n$/.test(stdout) ? signals.shift() : undefined
      if (signal !== undefined) child.kill(signal)
    })
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

describe('runMain', { timeout: 20_000 }, () => {
  it('ends the process with the exit code that the program returns', async () => {
    const ends = await Promise.all([runProgram('return'), runProgram('nothing')])
    expect(ends.map(({ code, stdout }) => [code, stdout])).toEqual([
      [5, 'after\n'],
      [0, 'after\n'],
    ])
  })

  it.each(['lines', 'writer'])(
    'ends with 141, without a word, when nothing reads its output any more: %s',
    async (how) => {
      const program = [process.execPath, ...commandOf('test/node/programs/main.fixture.ts'), how]
      const child = spawn(program[0] as string, program.slice(1), { cwd: root })
      let stderr = ''
      child.stderr.on('data', (chunk) => {
        stderr += chunk
      })
      child.stdout.once('data', () => child.stdout.destroy())
      const code = await new Promise((resolve) => child.on('close', resolve))
      expect({ code, stderr }).toEqual({ code: 141, stderr: 'cleaned up\n' })
    },
  )

  it('prints an exception, and ends the process with 1', async () => {
    const { code, stderr } = await runProgram('throw')
    expect([code, stderr.split('\n')[0]]).toEqual([1, 'Error: broken'])
  })

  it.each<NodeJS.Signals>(longForm ? ['SIGTERM', 'SIGINT', 'SIGHUP'] : ['SIGTERM', 'SIGINT'])(
    'lets the program clean up at a %s, and ends by it',
    async (signal) => {
      const ended = await runProgram('wait', signal)
      expect([ended.signal, ended.stdout, ended.stderr]).toEqual([signal, 'ready\ncleaning up\ncleaned up\n', ''])
    },
  )

  it.each<NodeJS.Signals>(longForm ? ['SIGTERM', 'SIGINT'] : ['SIGTERM'])(
    "calls the listeners of 'exit' before it ends by a %s",
    async (signal) => {
      const ended = await runProgram('exit', signal)
      expect([ended.signal, ended.stdout, ended.stderr]).toEqual([signal, 'ready\ncleaning up\ncleaned up\nexit\n', ''])
    },
  )

  it('ends with 1 at a signal if the clean-up fails, whatever would keep the process alive', async () => {
    const { code, stdout, stderr } = await runProgram('fail', 'SIGTERM')
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([1, 'ready\ncleaning up\n', 'Error: broken'])
  })

  it('ends with 143 where a SIGTERM to itself does not end it: in a container, as process 1', async () => {
    const { code, signal } = await runProgram('first', 'SIGTERM')
    expect({ code, signal }).toEqual({ code: 143, signal: null })
  })

  it('lets the program clean up at Ctrl-C while a handler runs, without disturbing the handler', async () => {
    const ended = await runProgram('serve', 'SIGINT')
    expect([ended.signal, ended.stdout, ended.stderr]).toEqual(['SIGINT', 'ready\ncleaning up\ncleaned up\n', ''])
  })

  const pairs: [first: NodeJS.Signals, second: NodeJS.Signals][] = [
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
    ['SIGHUP', 'SIGINT'],
  ]
  it.each(longForm ? pairs : pairs.slice(0, 2))(
    'abandons the clean-up by the second signal, and ends at once by the third: %s, then twice %s',
    async (first, second) => {
      const { signal, stdout } = await runProgram('slow', first, second, second)
      const printed = 'ready\ncleaning up\nabandoned, cleaning up\nexit\n'
      expect({ signal, stdout }).toEqual({ signal: second, stdout: printed })
    },
  )

  it.each(['owned', 'owned and read'])('cleans up and ends with 0 when the pipe of its owner ends: %s', async (how) => {
    const child = spawn(process.execPath, [...commandOf('test/node/programs/main.fixture.ts'), how], { cwd: root })
    let stdout = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      if (/ready\n$/.test(stdout)) child.stdin.end('a last line')
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    const read = how === 'owned' ? '' : 'read: a last line\n'
    expect({ code, stdout }).toEqual({ code: 0, stdout: `ready\n${read}cleaning up\ncleaned up\nafter\n` })
  })

  it.each<[name: string, stdin: 'ignore' | number]>([
    ['nothing', 'ignore'],
    ['a file', openSync(new URL(import.meta.url), 'r')],
  ])('is not ended by an input that nobody holds: %s', async (_name, stdin) => {
    const args = [...commandOf('test/node/programs/main.fixture.ts'), 'owned for a while']
    const child = spawn(process.execPath, args, { cwd: root, stdio: [stdin, 'pipe', 'inherit'] })
    let stdout = ''
    child.stdout?.on('data', (chunk) => {
      stdout += chunk
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'after\n' })
  })

  it('refuses what is no stream', async () => {
    const notReadable = { endsWith: 'stdin' as never }
    await expect(runMain(function* () {}, notReadable)).rejects.toThrow(
      "endsWith must be a readable stream, such as process.stdin, got 'stdin'",
    )
  })

  it('ignores a signal that has its own handler', async () => {
    const { code, stdout, stderr } = await runProgram('drain', 'SIGTERM')
    expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: 'ready\ndraining\ndrained\nafter\n', stderr: '' })
  })
})

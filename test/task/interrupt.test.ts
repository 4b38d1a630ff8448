import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { commandOf, root } from '../tooling/run-example.ts'

interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: string | null
}

/** Runs a program of the fixture, sends it SIGINT each time the next of `moments` is printed, and waits for its end. */
function interrupted(program: string, ...moments: string[]): Promise<Ended> {
  const fixture = program === 'abandoned' ? program : 'interrupt'
  const args = [...commandOf(`test/task/${fixture}.fixture.ts`), program]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const awaited = [...moments]
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => {
    stdout += data
    while (awaited[0] !== undefined && stdout.includes(awaited[0])) {
      awaited.shift()
      child.kill('SIGINT')
    }
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${program} did not end. It printed:\n${stdout}${stderr}`))
    }, 100_000)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ stdout, stderr, code, signal })
    })
  })
}

const lines = (...text: string[]): string => `${text.join('\n')}\n`

describe('Ctrl-C while run() is pending', { timeout: 120_000 }, () => {
  it('cancels the main Task, waits for its clean-up, and ends the process with 130', async () => {
    const { stdout, stderr, code, signal } = await interrupted('left alone', 'ready')
    expect([stdout, code, signal]).toEqual([lines('ready', 'main cleans up', 'main cleaned up'), 130, null])
    expect(stderr).toBe('') // Spindle prints nothing
  })

  it('rejects run() with a KeyboardInterrupt that can be caught: the process continues, and ends with 0', async () => {
    const { stdout, stderr, code } = await interrupted('caught', 'ready')
    const expected = lines(
      ...['ready', 'main cleans up', 'main cleaned up'],
      ...['caught true: KeyboardInterrupt', 'listeners: 0'],
    )
    expect([stdout, stderr, code]).toEqual([expected, '', 0])
  })

  it('lets the Tasks that are left over clean up, too', async () => {
    const { stdout, code } = await interrupted('left-over Tasks', 'ready')
    expect([stdout, code]).toEqual([lines('ready', 'left over cleans up', 'left over cleaned up'), 130])
  })

  it('can be refused by the main Task, whose result counts then', async () => {
    const { stdout, code } = await interrupted('refused', 'ready')
    expect([stdout, code]).toEqual([lines('ready', 'main cleans up', 'main cleaned up', 'refused CancelledError'), 0])
  })

  it('is left to other listeners of SIGINT', async () => {
    const { stdout, code } = await interrupted('somebody else listens', 'ready')
    expect([stdout, code]).toEqual([lines('ready', 'their listener', 'went on'), 0])
  })

  it('is left to listeners that are added later, as long as they listen', async () => {
    const { stdout, code } = await interrupted('somebody begins to listen', 'ready', 'again\nready')
    const expected = lines(
      'ready',
      'their listener, who sees 0 others',
      'again',
      'ready',
      'main cleans up',
      'main cleaned up',
    )
    expect([stdout, code]).toEqual([expected, 130])
  })

  it("abandons the stop the second time, and ends the process the third, with the listeners of 'exit'", async () => {
    const { stdout, signal } = await interrupted('three times', 'ready', 'main cleaned up', 'abandoned')
    const expected = lines('ready', 'main cleans up', 'main cleaned up', 'abandoned', 'exit')
    expect([stdout, signal]).toEqual([expected, 'SIGINT'])
  })

  it('prints the remaining waits after a second, and abandons them the second time', async () => {
    const { stdout } = await interrupted('abandoned', 'ready', 'A second signal')
    const place = / at \S*abandoned\.fixture\.ts:\d+/
    const printed = stdout
      .split('\n')
      .map((line) => line.replace(place, ' at PLACE').replace(/since [\d.]+ s/, 'since N s'))
      .map((line) => line.replace(/: TimeoutError.*/, ': timed out'))
    const end = printed.indexOf('A second signal (Ctrl-C) abandons this, a third ends the process')
    const waits = ['call(deaf)', 'call(deaf)', 'next()', 'Process.wait()', 'sleep(60000)', 'spin()']
    expect(printed.slice(0, end)).toEqual([
      ...['ready', 'The program was asked to stop, and waits:'],
      ...waits.map((wait) => `  ${wait} at PLACE has not settled since N s`),
    ])
    expect(printed.slice(end + 1, -2).sort()).toEqual([
      'a call without a signal: cancelled',
      'call: cancelled',
      'forEach: cancelled',
      'pool: cancelled',
      'process: cancelled',
      'release: timed out',
    ])
  })

  it('ends the process at once when the main Task is done and others are cleaning up', async () => {
    const { stdout, signal } = await interrupted('while it closes', 'ready')
    expect([stdout, signal]).toEqual([lines('ready'), 'SIGINT'])
  })

  it('cancels all runs that are pending', async () => {
    const { stdout, code } = await interrupted('two runs', 'ready\nready')
    const expected = ['a cleaned up', 'a cleans up', 'b cleaned up', 'b cleans up', 'ready', 'ready']
    // In which order the host drives the two is its own affair.
    expect([stdout.split('\n').slice(0, -2).sort(), code]).toEqual([expected, 0])
    expect(stdout.split('\n').at(-2)).toBe('KeyboardInterrupt,KeyboardInterrupt')
  })

  it('reaches a loop that is never idle', async () => {
    const { stdout, code } = await interrupted('a busy loop', 'ready')
    expect([stdout, code]).toEqual([lines('ready', 'main cleans up'), 130])
  })

  it('leaves nothing behind for the next run', async () => {
    const { stdout, code } = await interrupted('a run after it', 'ready')
    const expected = lines('ready', 'main cleans up', 'main cleaned up', 'again', 'ran again', 'exit code so far: 0')
    expect([stdout, code]).toEqual([expected, 0])
  })
})

describe('Ctrl-C while runSync() blocks the thread', { timeout: 120_000 }, () => {
  it('ends the process at once, without clean-up', async () => {
    const { stdout, signal } = await interrupted('blocking', 'ready')
    expect([stdout, signal]).toEqual([lines('ready'), 'SIGINT'])
  })
})

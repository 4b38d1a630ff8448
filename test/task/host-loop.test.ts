import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runExample } from '../tooling/run-example.ts'

/** What a program prints, and the lines of its standard error output that say what went wrong. */
async function outcome(program: string): Promise<{ stdout: string[]; stderr: string; code: number | null }> {
  const { stdout, stderr, code } = await runExample('test/task/host-loop.fixture.ts', { args: [program] })
  return { stdout: stdout.trimEnd().split('\n'), stderr, code }
}

/** Each is a process of its own: the short form has the first few. */
const some = <P>(programs: P[], count: number): P[] => (longForm ? programs : programs.slice(0, count))

describe('A process with a host loop', { timeout: 120_000 }, () => {
  const ending: [program: string, stdout: string[]][] = [
    ['only a timer is set', ['slept', 'exit 0']],
    [
      'a server is shut down in order',
      ['200', 'server closed', 'left over: cancelled true', 'host loop closed', 'exit 0'],
    ],
    ['a Task runs', ['slept', 'and so did its child', 'exit 0']],
    ['a Task comes after a timer', ['called', 'slept', 'exit 0']],
    ['idle', ['done', 'exit 0']],
    ['an exception goes to a handler', ['Task exception was never retrieved', 'exit 0']],
    ['closing can never end', ['close: DeadlockError', 'exit 0']],
  ]
  it.concurrent.each(some(ending, 2))('ends by itself when it is done: %s', async (program, stdout) => {
    const ended = await outcome(program)
    expect({ stdout: ended.stdout, code: ended.code }).toEqual({ stdout, code: 0 })
  })

  const failing: [program: string, stdout: string[], code: number, says: RegExp][] = [
    ['an exception is lost', ['exit 1'], 1, /Task exception was never retrieved[\s\S]*Error: lost/],
    [
      'an exception is lost that a Task waited for',
      ['exit 0'], // it is reported when the program ends
      1,
      /Task exception was never retrieved[\s\S]*Error: lost/,
    ],
    [
      'a run waits for a Task that can never go on',
      ['run: DeadlockError', 'exit 1'],
      1,
      /The process ends while Tasks of the host loop wait/,
    ],
    ['a callback fails', ['exit 1'], 1, /Exception in callback[\s\S]*Error: in a callback/],
    [
      'a Task can never go on',
      ['exit 1'],
      1,
      /The process ends while Tasks of the host loop wait[\s\S]*DeadlockError: one task waits[\s\S]*name='stuck'/,
    ],
    ['a KeyboardInterrupt is lost', ['exit 130'], 130, /Task exception was never retrieved[\s\S]*KeyboardInterrupt/],
  ]
  it.concurrent.each(some(failing, 2))(
    'fails, and reports the reason once: %s',
    async (program, stdout, code, says) => {
      const ended = await outcome(program)
      expect({ stdout: ended.stdout, code: ended.code }).toEqual({ stdout, code })
      expect(ended.stderr).toMatch(says)
      expect(ended.stderr.match(/never retrieved|in callback|The process ends/g)).toHaveLength(1)
    },
  )
})

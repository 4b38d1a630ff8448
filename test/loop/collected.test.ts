import { describe, expect, it } from 'vitest'
import { commandOf, runNode } from '../tooling/run-example.ts'

describe('An exception that is never retrieved', () => {
  it('is reported once: when its Future is collected, or when the loop closes', async () => {
    const { stdout, stderr, code } = await runNode(['--expose-gc', ...commandOf('test/loop/collected.fixture.ts')])
    const report = (error: string, shown: string): string =>
      `Future exception was never retrieved: ${error}, <Future finished exception=${shown}>`
    expect([stdout.split('\n'), stderr, code]).toEqual([
      [
        `collected: ${JSON.stringify([report('Error: dropped', "Error('dropped')")])}`,
        'collected again: []',
        `closed: ${JSON.stringify([report('Error: kept', "Error('kept')"), report('a text', "'a text'")])}`,
        'collected after that: []',
        'true true',
        `a Task, at the end of run(): ${JSON.stringify([
          "Task exception was never retrieved: Error: of a Task, <Task finished name='broken' coro=<broken() done, defined> exception=Error('of a Task')>",
        ])}`,
        'loops collected: true',
        '',
      ],
      '',
      0,
    ])
  })
})

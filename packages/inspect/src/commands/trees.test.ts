import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Coroutine, createTask, sleep } from 'spindle'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskSnapshot } from '../node/snapshot.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording, Row } from '../recording.ts'
import { formatRecording } from '../recording-file/format.ts'
import { runCommand, UsageError } from './run-command.ts'
import { formatTop } from './top.ts'
import { findTasks, formatTree, formatWhy } from './trees.ts'

function task(id: number, name: string, waitsFor: string, on: number[] = [], cancelling = 0): TaskSnapshot {
  return { id, name, state: waitsFor === '' ? 'ready' : 'waiting', waitsFor, on, cancelling, at: [] }
}

const shared = [
  task(1, 'main', 'gather', [2, 3]),
  task(2, 'a', 'x', [4]),
  task(3, 'b', 'x', [4]),
  task(4, 'x', 'sleep(1)'),
]

describe('formatTree', () => {
  it('shows what two wait for once', () => {
    expect(formatTree({ tasks: shared }).split('\n')).toEqual([
      'main #1  waits for gather',
      '├ a #2  waits for x',
      '│ └ x #4  waits for sleep(1)',
      '└ b #3  waits for x',
      '  └ x #4  (shown above)',
      '',
    ])
  })

  it('names circles once, and the Tasks that lead into them', () => {
    const text = formatTree({
      tasks: [task(1, 'a', 'b', [2]), task(2, 'b', 'c', [3]), task(3, 'c', 'b', [2]), task(4, 'd', 'd', [4])],
    })
    expect(text.match(/circle, .*: .*/g)?.map((line) => line.replace(/.*itself: /, ''))).toEqual([
      'b #2 → c #3 → b #2',
      'd #4 → d #4',
    ])
  })

  it('has one line for 5,000 equal Tasks, and for 5,000 pairs of Tasks', () => {
    const workers = Array.from({ length: 5000 }, (_, n) => task(n + 2, `worker-${n}`, 'sleep(100)'))
    const ids = workers.map(({ id }) => id)
    const main = task(1, 'main', 'gather of 5001', [...ids, 5002])
    const other = task(5002, 'worker-x', 'Lock.acquire()')
    expect(formatTree({ tasks: [main, ...workers, other] })).toBe(`main #1  waits for gather of 5001
├ worker × 5,000 (#2 to #5001)  waits for sleep(100)
└ worker-x #5002  waits for Lock.acquire()
`)
    const waiters = workers.map(({ id, name }) => task(id + 10_000, `Task-${id}`, name, [id]))
    expect(formatTree({ tasks: [...workers, ...waiters] })).toBe(`Task × 5,000 (#10002 to #15001)  waits for worker-0
└ worker-0 #2  waits for sleep(100)
`)
    const why = formatWhy({ tasks: [other, ...workers.map((one) => ({ ...one, on: [5002] }))] }, other)
    expect(why).toContain('\nworker × 5,000 (#2 to #5001) wait for it.\n')
  })

  it('handles chains of 100,000 Tasks, Tasks that no longer exist, and names that would move the cursor', () => {
    const chain = Array.from({ length: 100_000 }, (_, n) => task(n, `t${n}`, 'next', n < 99_999 ? [n + 1] : [100_001]))
    // Each line is indented by its depth: a shorter one is enough to look at.
    expect(formatTree({ tasks: chain.slice(99_000) }).split('\n')).toHaveLength(1001)
    expect(formatTree({ tasks: [task(1, '\u001b[2J', 'a\nb')] })).toBe('�[2J #1  waits for a�b\n')
    expect(formatTree({ tasks: [] })).toBe('No Task is there.\n')
  })
})

describe('formatWhy', () => {
  it('names the awaitable of a Task, its waiters, and its cancellation', () => {
    const tasks = [...shared.slice(0, 3), task(4, 'x', 'sleep(1)', [], 1)]
    const [found] = findTasks({ tasks }, '#4')
    expect(formatWhy({ tasks }, found!).split('\n')).toEqual([
      'x #4 waits.',
      '',
      'x #4  waits for sleep(1), cancelled',
      '',
      'a #2, b #3 wait for it.',
      '',
      'It was cancelled 1 time, and has not ended.',
      '',
    ])
  })
})

it('findTasks finds a Task by its name, its number, and else by its function', () => {
  const tasks = [
    { ...task(1, 'load', 'sleep(1)'), at: ['main() main.ts:1'] },
    { ...task(2, 'Task-2', 'sleep(1)'), at: ['load() main.ts:5', 'sleep() node_modules/x/y.js:1'] },
    { ...task(3, 'Task-3', 'sleep(1)'), at: [] },
  ]
  const find = (wanted: string): number[] => findTasks({ tasks }, wanted).map(({ id }) => id)
  expect([find('load'), find('#2'), find('main'), find('nobody')]).toEqual([[1], [2], [1], []])
  expect(findTasks({ tasks: tasks.slice(1) }, 'load').map(({ id }) => id)).toEqual([2])
  expect(formatTree({ tasks })).toContain('Task-2 #2  waits for sleep(1)  load() main.ts:5\n')
})

describe('formatTop', () => {
  it('groups Tasks by their awaitables', () => {
    const tasks = [
      task(1, 'a', 'sleep(1)'),
      task(2, 'b', 'sleep(20)'),
      task(3, 'c', ''),
      task(4, 'd', 'Lock.acquire()'),
      task(5, 'e', 'Task-17'),
    ]
    const sample = { switches: 12_345.6, lag: 3, longest: [{ task: 'a', ms: 12.4 }] }
    expect(formatTop({ pid: 7, program: 'main.ts', uptime: 1, tasks, ...sample })).toBe(`main.ts, process 7
5 Tasks   12,346 switches a second   lag 3.00 ms

longest steps
       12 ms  a

Tasks by what they wait for
           2  sleep()
           1  ready
           1  Lock.acquire()
           1  a Task
`)
  })
})

describe('runCommand', () => {
  const output = { write: (): void => {}, isTerminal: false }
  it.each([
    [['destroy'], 'there is no command "destroy"'],
    [['draw'], 'draw: which file?'],
    [['ps', '7'], 'ps: unexpected argument "7"'],
    [['pstree', 'worker'], 'pstree: expected the number of a process, got "worker"'],
    [['cancel', 'one', 'two'], 'cancel: unexpected argument "two"'],
    [['draw', '--loud'], "Unknown option '--loud'"],
    [['diff', 'one.jsonl'], 'diff: which two files?'],
    [['rerun', 'one.jsonl'], 'rerun: which recording, and which module?'],
  ])('refuses %j', async (args, message) => {
    const error = await runCommand(args, output).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(UsageError)
    expect((error as Error).message).toContain(message)
  })

  describe('on recordings', () => {
    let directory = ''
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'spindle-files-'))
    })
    afterAll(() => rmSync(directory, { recursive: true, force: true }))

    async function printed(...args: string[]): Promise<string> {
      let text = ''
      await runCommand(args, {
        isTerminal: false,
        write: (more) => {
          text += more
        },
      })
      return text
    }

    /** Records a program whose second Task waits for `delay` ms, on a clock that begins at `start`. */
    function written(name: string, delay: number, start: number): string {
      const recording: Recording = {
        version: 1,
        rows: recordedRows(delay).map((row) => ({ ...row, time: row.time + start })),
      }
      const file = join(directory, name)
      writeFileSync(file, formatRecording(recording))
      return file
    }

    it('compares two, whenever they began', async () => {
      const [one, later, other] = [written('one', 5, 0), written('later', 5, 7000), written('other', 6, 9000)]
      expect(await printed('diff', one, later)).toBe('The two runs are the same, event for event.\n')
      const text = await printed('diff', one, other)
      expect(text).toMatch(
        /^The two runs differ first at event \d+:\n {2}\S+one: 0 ms: main\/child waits for sleep\(5\)\n {2}\S+other: 0 ms: main\/child waits for sleep\(6\)\n/,
      )
    })

    it('runs a program again', async () => {
      const file = written('again', 5, 0)
      const module = join(directory, 'program.mjs')
      const task = new URL('../../../task/src/index.ts', import.meta.url).href
      const source = (delay: number): string =>
        `import { createTask, sleep } from ${JSON.stringify(task)}
         export function* main() { yield* createTask(function* child() { yield* sleep(${delay}) }()) }`
      writeFileSync(module, source(5))
      expect(await printed('rerun', file, module)).toBe('The run is the same again, event for event.\n')
      const changed = join(directory, 'changed.mjs')
      writeFileSync(changed, source(6))
      expect(await printed('rerun', file, changed)).toMatch(
        /^The run differs at event \d+:\n {2}before: .*sleep\(5\)\n {2}now: .*sleep\(6\)\nThe likely cause: the program has changed/,
      )
    })
  })
})

function recordedRows(delay: number): readonly Row[] {
  function* child(): Coroutine<void> {
    yield* sleep(delay)
  }
  return recordingOf(function* main() {
    yield* createTask(child())
  }).rows
}

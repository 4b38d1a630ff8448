import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Coroutine, createTask, Lock, sleep } from 'spindle'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording, Row } from '../recording.ts'
import { formatRecording } from '../recording-file/format.ts'
import { type Diagnosis, diagnose } from '../replay/diagnose.ts'
import type { ReplayState } from '../replay/replay.ts'
import { runCommand, UsageError } from './run-command.ts'
import { formatTop } from './top.ts'
import { findTasks, formatState, formatTree, formatWhy, stateOf } from './trees.ts'

interface Waiting {
  readonly id: number
  readonly name: string
  /** '' if it is ready. */
  readonly label: string
  /** The Tasks that it waits for; one of them, without a label: itself. */
  readonly on: readonly number[]
  readonly cancelled: number
  readonly place: string
}

function task(id: number, name: string, label: string, on: number[] = [], cancelled = 0, place = ''): Waiting {
  return { id, name, label, on, cancelled, place }
}

function rowsOf(tasks: readonly Waiting[]): Row[] {
  const created = tasks.map(({ id, name }): Row => ({ time: 0, kind: 'created', task: id, parent: 0, name, line: 0 }))
  return tasks.reduce<Row[]>((rows, { id, label, on: members, cancelled: count, place }) => {
    const positions = place === '' ? [] : [{ function: 'load', line: 5, place }]
    const on = label === 'Task' ? members[0]! : 0
    const by = { by: 0, source: 'callback', via: 0, message: '', line: 0, canceller: '', deadline: 0 } as const
    if (count > 0) rows.push({ time: 0, kind: 'cancelling', task: id, count, ...by })
    if (label !== '') rows.push({ time: 0, kind: 'suspended', task: id, label, on, positions, members })
    return rows
  }, created)
}

/** The state of Tasks, and what is wrong with them after a time. */
function look(tasks: readonly Waiting[], now = 0): [ReplayState, Diagnosis[]] {
  const recording: Recording = { version: 1, rows: rowsOf(tasks) }
  return [stateOf({ recording }), diagnose(recording, now)]
}

function treeOf(...tasks: readonly Waiting[]): string {
  return formatTree(...look(tasks))
}

function whyOf(tasks: readonly Waiting[], wanted: string): string {
  const [state, found] = look(tasks)
  return formatWhy(state, findTasks(state, wanted)[0]!, found)
}

const shared = [
  task(1, 'main', 'gather of 2', [2, 3]),
  task(2, 'a', 'Task', [4]),
  task(3, 'b', 'Task', [4]),
  task(4, 'x', 'sleep(1)'),
]

describe('formatTree', () => {
  it('shows what two wait for once', () => {
    expect(treeOf(...shared).split('\n')).toEqual([
      'main #1  waits for gather of 2',
      '├ a #2  waits for x',
      '│ └ x #4  waits for sleep(1)',
      '└ b #3  waits for x',
      '  └ x #4  (shown above)',
      '',
    ])
  })

  it('draws closed loops first, also through a gather, and says below a Task what is wrong with it', () => {
    const tasks = [
      task(1, 'a', 'Task', [2]),
      task(2, 'b', 'gather of 2', [3, 5]),
      task(3, 'c', 'Task', [2]),
      task(4, 'd', 'Task', [4]),
      task(5, 'e', 'sleep(1)', [], 1),
    ]
    expect(formatTree(...look(tasks, 6000)).split('\n')).toEqual([
      'DEADLOCK: b waits for c; c waits for b: none of them can continue, for 6.0 s.',
      '┌▶ b #2  waits for gather of 2',
      '└─ c #3  waits for b',
      '',
      'DEADLOCK: d waits for d: none of them can continue, for 6.0 s.',
      '┌▶ d #4  waits for d',
      '└──┘',
      '',
      'a #1  waits for b',
      '└ b #2  (shown above)',
      'e #5  waits for sleep(1), cancelled',
      '  CANCELLED, NOT ENDED: e was cancelled 6.0 s ago, and has not ended: it waits for sleep(1).',
      '',
    ])
    // One of several is enough.
    expect(treeOf(task(1, 'a', 'wait(2)', [2, 3]), task(2, 'b', 'Task', [1]), task(3, 'c', 'sleep(1)'))).not.toContain(
      'none of them',
    )
  })

  it('has one line for 5,000 equal Tasks, and for 5,000 pairs of Tasks', () => {
    const workers = Array.from({ length: 5000 }, (_, n) => task(n + 2, `worker-${n}`, 'sleep(100)'))
    const ids = workers.map(({ id }) => id)
    const main = task(1, 'main', 'gather of 5001', [...ids, 5002])
    const other = task(5002, 'worker-x', 'Lock.acquire()')
    expect(treeOf(main, ...workers, other)).toBe(`main #1  waits for gather of 5001
├ worker × 5,000 (#2 to #5001)  waits for sleep(100)
└ worker-x #5002  waits for Lock.acquire()
`)
    const waiters = workers.map(({ id }) => task(id + 10_000, `Task-${id}`, 'Task', [id]))
    expect(treeOf(...workers, ...waiters)).toBe(`Task × 5,000 (#10002 to #15001)  waits for worker-0
└ worker-0 #2  waits for sleep(100)
`)
    const why = whyOf([other, ...workers.map((one) => ({ ...one, label: 'Task', on: [5002] }))], 'worker-x')
    expect(why).toContain('\nworker × 5,000 (#2 to #5001) wait for it.\n')
  })

  it('handles chains of 100,000 Tasks, Tasks that no longer exist, and names that would move the cursor', () => {
    const chain = Array.from({ length: 100_000 }, (_, n) =>
      task(n + 1, `t${n}`, 'gather', n < 99_999 ? [n + 2] : [100_001]),
    )
    // Each line is indented by its depth: a shorter one is enough to look at.
    expect(treeOf(...chain.slice(99_000)).split('\n')).toHaveLength(1001)
    expect(treeOf(task(1, '\u001b[2J', 'a\u001bb'))).toBe('�[2J #1  waits for a�b\n')
    expect(treeOf()).toBe('No Task is there.\n')
  })
})

describe('formatState', () => {
  it('says first what is wrong', () => {
    const tasks = [task(1, 'a', 'Task', [2]), task(2, 'b', 'Task', [1]), task(3, 'c', 'sleep(1)', [], 1)]
    const text = formatState('x.mjs', ...look(tasks, 5500))
    expect(text.split('\n').slice(0, 9)).toEqual([
      'x.mjs',
      '',
      'DEADLOCK: a waits for b; b waits for a: none of them can continue, for 5.5 s.',
      '┌▶ a #1  waits for b',
      '└─ b #2  waits for a',
      '',
      'CANCELLED, NOT ENDED: c was cancelled 5.5 s ago, and has not ended: it waits for sleep(1).',
      '  c #3',
      '',
    ])
    // A clean-up takes its time, too.
    expect(formatState('x.mjs', ...look(tasks, 4900))).not.toContain('CANCELLED, NOT ENDED')
    expect(formatState('x.mjs', ...look(shared, 5500))).toMatch(
      /\n\nNothing is wrong that Spindle can see\.\n\nmain #1/,
    )
  })
})

describe('formatWhy', () => {
  it('names the awaitable of a Task, its waiters, its cancellation, and its innermost line of the program', () => {
    const tasks = [...shared.slice(0, 3), task(4, 'x', 'sleep(1)', [], 1, 'main.ts:5')]
    expect(whyOf(tasks, '#4').split('\n')).toEqual([
      'x #4  waits for sleep(1), cancelled  load() main.ts:5',
      '',
      'a #2, b #3 wait for it.',
      '',
      'It was cancelled 1 time, and has not ended.',
      '',
      'It stands in',
      '  load() main.ts:5',
      '',
    ])
  })
})

describe('formatTop', () => {
  it('groups Tasks by their awaitables, and measures the steps', () => {
    const rows = rowsOf([
      task(1, 'a', 'sleep(1)'),
      task(2, 'b', 'sleep(20)'),
      task(3, 'c', ''),
      task(4, 'd', 'Lock.acquire()'),
      task(5, 'e', 'Task', [1]),
    ])
    rows.push(
      { time: 4, kind: 'ready', task: 1 }, // 3 ms late
      { time: 4, kind: 'step', task: 1, by: 'value', from: 0 },
      { time: 16.4, kind: 'suspended', task: 1, label: 'sleep(1)', on: 0, positions: [] },
    )
    const found = { pid: 7, program: 'main.ts', uptime: 1, recording: { version: 1, rows: [] }, now: 0 } as const
    expect(formatTop(found, rows, 20)).toBe(`main.ts, process 7
5 Tasks   50 switches a second   lag 3.00 ms

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
    [['pstree', 'run.jsonl'], 'pstree: expected the number of a process, got "run.jsonl", which is not a file either'],
    [['why', 'run.jsonl'], 'why: there is no file "run.jsonl"'],
    [['why', 'runs/first', 'worker'], 'why: there is no file "runs/first"'],
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

    it('shows the Tasks at the end of one, and what woke them', async () => {
      const file = join(directory, 'hangs')
      const recording = recordingOf(
        function* main() {
          const lock = new Lock()
          yield* lock.acquire()
          createTask(lock.acquire(), { name: 'worker' })
          yield* sleep(5)
          yield* lock.acquire()
        },
        { fails: true },
      )
      writeFileSync(file, formatRecording(recording))
      const circle = 'DEADLOCK: main waits for Lock 1, which it holds itself: it never can continue.\n'
      const main = 'main #1  waits for Lock 1.acquire(), held by main #1\n'
      const worker = '\nworker #2  waits for Lock 1.acquire(), held by main #1\n'
      expect(await printed('pstree', file)).toBe(`${circle}┌▶ ${main}└──┘\n${worker}`)
      expect(await printed('why', file)).toMatch(/ The run stops: DeadlockError.*\n\nDEADLOCK: [\s\S]*\n\nworker #2/)
      expect(await printed('why', file, 'main')).toBe(`${main}\n${circle}\nmain ran because sleep(5) was over.\n`)
      expect(await printed('draw', '--text', file)).toContain('main continues because sleep(5) was over\n')
    })

    it('draws a recording in the width, the time and with the Task that one asks for', async () => {
      const file = written('drawn', 5, 0)
      const widthOf = (svg: string): string | undefined => /viewBox="0 0 (\d+)/.exec(svg)?.[1]
      expect(widthOf(await printed('draw', file, '--width', '500'))).toBe('500')
      expect(widthOf(await printed('draw', file, '--span', '10'))).toBe('960')
      expect(await printed('draw', file, '--focus', 'main')).not.toBe(await printed('draw', file))
      await expect(printed('draw', file, '--width', 'wide')).rejects.toThrow(/^draw: --width: expected a finite number/)
      await expect(printed('draw', file, '--focus', 'nobody')).rejects.toThrow('there is no Task nobody')
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

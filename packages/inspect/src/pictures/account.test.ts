import {
  type Coroutine,
  createTask,
  currentTask,
  gather,
  newEventLoop,
  runSync,
  shield,
  sleep,
  taskGroup,
  timeout,
} from 'spindle'
import { VirtualClock } from 'spindle/more'
import { describe, expect, it } from 'vitest'
import { record } from '../recorder/record.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording, Row } from '../recording.ts'
import { replay } from '../replay/replay.ts'
import { summary, toAccount } from './account.ts'
import { toSVG } from './draw.ts'
import { toText } from './text.ts'

function* worker(): Coroutine<void> {
  yield* sleep(100)
}

describe('the sentences above a run', () => {
  it('name each Task that a request reaches through a gather', () => {
    const recording = recordingOf(function* main() {
      function* both(): Coroutine<void> {
        yield* gather([worker(), worker()])
      }
      const task = createTask(both())
      yield* sleep(10)
      task.cancel()
      try {
        yield* task
      } catch {}
    })
    expect(summary(recording)).toContain('The request goes down: both → worker 1 and worker 2.')
  })

  it('say that a Task is cancelled again', () => {
    const recording = recordingOf(function* main() {
      function* server(): Coroutine<void> {
        try {
          yield* sleep(100)
        } finally {
          yield* sleep(100)
        }
      }
      const serving = createTask(server())
      yield* sleep(1)
      serving.cancel()
      yield* sleep(1)
      serving.cancel()
      yield* sleep(1)
    })
    expect(summary(recording)).toBe(
      'main cancels server. server receives the CancelledError. server ends cancelled. Later, main cancels server for the second time.',
    )
  })

  it('say how the Tasks of a group that fails end, and which later request there is', () => {
    const recording = recordingOf(function* main() {
      try {
        yield* taskGroup(function* (group) {
          group.createTask(worker())
          group.createTask(worker())
          group.createTask(
            (function* failing(): Coroutine<void> {
              throw new Error('no')
            })(),
          )
        })
      } catch {}
      yield* gather([timeout(5, worker)], { returnExceptions: true })
    })
    expect(summary(recording)).toMatch(
      /^failing fails with Error\('no'\)\. The TaskGroup cancels worker 1, worker 2 and main\. worker 1 ends cancelled\. worker 2 ends cancelled\. A request to cancel main is taken back, because main receives the failure instead\. .*Later, the deadline at 5 ms cancels timeout/,
    )
  })

  it('say that a Task that cancels itself in its last step passes the error on', () => {
    const recording = recordingOf(function* main() {
      const task = createTask(
        (function* quick(): Coroutine<void> {
          currentTask()?.cancel()
        })(),
      )
      try {
        yield* task
      } catch {}
    })
    expect(summary(recording)).toBe(
      'quick cancels quick. quick ends cancelled. main receives the CancelledError, which comes from quick.',
    )
    // A job of an executor.
    const rows = recording.rows.map((row): Row => (row.kind === 'done' ? { ...row, outcome: 'returned' } : row))
    expect(summary({ version: 1, rows })).toMatch(/^quick cancels quick\. quick returns\./)
  })

  it('count the time from the first row, because the clock of a real loop does not begin at 0', () => {
    const rows: Row[] = [
      { time: 5000, kind: 'created', task: 1, parent: 0, name: 'main', line: 0 },
      { time: 5040, kind: 'done', task: 1, outcome: 'returned', error: '', from: 0 },
    ]
    expect(summary({ version: 1, rows })).toBe('The run has one Task and takes 40 ms. Nothing is cancelled.')
    rows.splice(1, 0, { time: 5010, kind: 'in-time', task: 1, deadline: 5500 })
    expect(toText({ version: 1, rows })).toContain(`
 0 ms  the Task main is created
10 ms  main leaves a block before its deadline at 500 ms
40 ms  main returns
`)
    const times = [...toSVG({ version: 1, rows }).matchAll(/>([^<>]* ms)</g)].map(([, text]) => text)
    expect(times).toEqual(['0 ms', '10 ms', '40 ms', 'in time for 500 ms'])
  })

  it.each([
    ['signal', 'An AbortSignal cancels main.'],
    ['interrupt', 'Ctrl-C cancels main.'],
    ['callback', 'A callback cancels main.'],
    ['you', 'You cancel main.'],
    ['run', 'The run has one Task and takes 1 ms.'],
  ] as const)('name what cancels: %s', (source, sentence) => {
    const rows: Row[] = [
      { time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 0 },
      {
        time: 1,
        kind: 'cancelling',
        task: 1,
        by: 0,
        source,
        via: 0,
        message: '',
        count: 1,
        line: 0,
        canceller: '',
        deadline: 0,
      },
    ]
    expect(summary({ version: 1, rows })).toBe(sentence)
  })
})

describe('the account', () => {
  it('says that a Task that is cancelled before it starts runs none of its lines', () => {
    const recording = recordingOf(function* main() {
      createTask(worker()).cancel()
      yield* sleep(1)
    })
    expect(toAccount(recording).map(({ text }) => text)).toEqual([
      'the Task main is created',
      'main starts',
      'main creates the Task worker',
      'main cancels worker, which so far is only a request',
      'main waits for sleep(1)',
      'worker receives the CancelledError before it has started: none of its lines runs',
      'worker ends cancelled',
      'main continues because sleep(1) was over',
      'main returns',
    ])
    expect(summary(recording)).toBe(
      'main cancels worker. worker receives the CancelledError before it has started: none of its lines runs. worker ends cancelled.',
    )
  })

  it('does not say so of a Task whose beginning is not in the recording', () => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    let active: ReturnType<typeof record> | undefined
    function* main(): Coroutine<void> {
      const tasks = [createTask(worker()), createTask(worker())] as const
      yield* sleep(1)
      active = record(loop)
      for (const task of tasks) task.cancel()
      yield* sleep(1)
    }
    runSync(main(), { loopFactory: () => loop })
    expect(toAccount(active!.stop()).filter(({ text }) => text.includes('started'))).toEqual([])
  })

  it('has the message of an exception, and nothing else of the Task that it ended', () => {
    const recording = recordingOf(function* main() {
      function* careless(): Coroutine<void> {
        try {
          yield* sleep(100)
        } catch {
          throw new Error('no disk')
        }
      }
      const task = createTask(careless())
      yield* sleep(1)
      task.cancel('too late')
      yield* gather([task], { returnExceptions: true })
    })
    expect(toAccount(recording).map(({ text }) => text)).toContain("careless fails with Error('no disk')")
  })
})

describe('a cancel that a catch throws again', () => {
  const caught = (name: string, line: number): Row => ({ time: 1, kind: 'caught', task: 1, function: name, line })
  const afterRequest = (...after: Row[]): Recording => ({
    version: 1,
    rows: [
      { time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 9 },
      { time: 0, kind: 'step', task: 1, by: 'start', from: 0 },
      { time: 0, kind: 'suspended', task: 1, label: 'sleep(9)', on: 0, positions: [{ function: 'ask', line: 5 }] },
      {
        time: 1,
        kind: 'cancelling',
        task: 1,
        by: 0,
        source: 'timeout',
        via: 0,
        message: '',
        count: 1,
        line: 0,
        canceller: '',
        deadline: 1,
      },
      { time: 1, kind: 'step', task: 1, by: 'cancel', from: 0 },
      ...after,
    ],
  })

  it('is stopped by the block with the deadline, and the block inside it is not called in time', () => {
    const recording = afterRequest(
      { time: 1, kind: 'in-time', task: 1, deadline: 50 },
      caught('ask', 6),
      { time: 1, kind: 'taken-back', task: 1 },
      caught('main', 17),
      { time: 1, kind: 'done', task: 1, outcome: 'returned', error: '', from: 0 },
    )
    expect(summary(recording)).toMatch(/at line 5\..* taken back: the block with the deadline stops it\./)
    expect(toSVG(recording)).not.toContain('in time')
    const [, inAsk] = replay(recording).recording.rows.flatMap((row, n) => (row.kind === 'step' ? [n + 2] : []))
    expect(replay(recording).at(inAsk!).tasks.get(1)).toMatchObject({ error: 'inside', activity: 'erring' })
  })

  it('is caught where it does not leave the function any more', () => {
    const error = "Error('wrapped')"
    const end: Row = { time: 1, kind: 'done', task: 1, outcome: 'threw', error, from: 0 }
    const recording = afterRequest(caught('ask', 6), caught('main', 8), end)
    expect(summary(recording)).toMatch(
      / main\(\) catches the exception at line 8\. main fails with Error\('wrapped'\)\.$/,
    )
  })
})

it('a wait for a shield does not have the number of a Task, which counts all Tasks of the process', () => {
  const recording = recordingOf(function* main() {
    const task = createTask(worker())
    yield* shield(task)
  })
  expect(toAccount(recording).map(({ text }) => text)).toContain('main waits for shield()')
})

it('the account has the line at which an error arrives', () => {
  const wait = (time: number, line: number): Row => ({
    time,
    kind: 'suspended',
    task: 1,
    label: 'sleep(10)',
    on: 0,
    positions: [{ function: 'main', line }],
  })
  const rows: Row[] = [
    { time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 9 },
    { time: 0, kind: 'step', task: 1, by: 'start', from: 0 },
    wait(0, 4),
    { time: 1, kind: 'step', task: 1, by: 'cancel', from: 0 },
    wait(1, 6),
    { time: 2, kind: 'step', task: 1, by: 'error', from: 0 },
  ]
  expect(toAccount({ version: 1, rows }).map(({ text, line }) => `${text} ${line}`)).toEqual([
    'the Task main is created 9',
    'main starts 0',
    'main waits for sleep(10) 4',
    'main receives the CancelledError 4',
    'main waits for sleep(10) 6',
    'main receives an exception 6',
  ])
})

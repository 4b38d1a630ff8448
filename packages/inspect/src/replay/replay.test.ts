import fc from 'fast-check'
import { type Coroutine, ensureFuture, gather, Lock, sleep, timeout, wait } from 'spindle'
import { describe, expect, it } from 'vitest'
import { longForm, randomCases } from '../../../../test/tooling/long-form.ts'
import { toText } from '../pictures/text.ts'
import { toTrace } from '../pictures/trace.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording, Row, RowOf } from '../recording.ts'
import { formatRecording } from '../recording-file/format.ts'
import { parseRecording } from '../recording-file/parse.ts'
import { type Story, toStory, toStoryPart } from '../story/story.ts'
import { actions, recorded } from './random-programs.fixture.ts'
import { Replay, type ReplayUnit, replay } from './replay.ts'

const RUNS = longForm ? 1000 : 50

/** Each Task that runs was made ready before: by a row after it last ran, or by an earlier cancellation request. */
function expectWakers(recording: Recording): void {
  const run = replay(recording)
  const { rows } = recording
  for (const [n, row] of rows.entries()) {
    if (row.kind !== 'step') continue
    run.seek(n)
    const waker = rows[run.backToWaker().at]!
    expect(run.cursor).toBeLessThan(n)
    if (row.from > 0) expect(waker).toMatchObject({ kind: 'done', task: row.from })
    else if (row.by === 'start') expect(waker).toMatchObject({ kind: 'created', task: row.task })
    else if (waker.kind === 'done') expect(rows[run.cursor - 1]).toMatchObject({ kind: 'told', to: row.task })
    else expect(waker).toMatchObject({ kind: /ready|suspended|cancelling/.exec(waker.kind)?.[0], task: row.task })
  }
}

/** A Task runs at most once in an iteration, and not in that in which another Task made it ready. */
function expectTurns({ rows }: Recording): void {
  const run = replay({ version: 1, rows })
  for (let from = -1; from < rows.length - 1; from = run.cursor) {
    const to = run.forward('turn').at
    const steps = rows.flatMap((row, n) => (n > from && n <= to && row.kind === 'step' ? [{ n, row }] : []))
    expect(new Set(steps.map(({ row }) => row.task)).size).toBe(steps.length)
    for (const { n, row } of steps) {
      run.seek(n)
      // A Task that is ready already may be cancelled.
      if (row.by !== 'cancel') expect(run.backToWaker().at).toBeLessThan(steps[0]!.n)
      run.seek(n)
      expect(run.forward('turn', row.task).at).toBe(to)
    }
    run.seek(to)
  }
}

describe('replay()', () => {
  it('is equal to folding from the start, in random programs', () => {
    let frames = 0
    let programs = 0
    fc.assert(
      fc.property(actions, fc.infiniteStream(fc.nat()), (program, places) => {
        const { recording, ends } = recorded(program)
        const { length } = recording.rows
        const folded = new Replay(recording, Number.POSITIVE_INFINITY)
        const run = new Replay(recording, 2)
        if (length > 6) frames++
        for (const place of [...places.take(8)].map((place) => place % length)) {
          expect(run.seek(place)).toEqual(folded.at(place))
          expect(run.forward()).toEqual(folded.at(Math.min(place + 1, length - 1)))
          run.seek(place)
          expect(run.back()).toEqual(folded.at(place - 1))
          run.seek(place)
          const woken = run.backToWaker()
          expect(woken).toEqual(folded.at(woken.at))
          expect(woken.at).toBeLessThanOrEqual(place)
        }
        if (programs++ % (RUNS / 50) === 0) {
          expectWakers(recording)
          expectTurns(recording)
        }
        // The Tasks themselves say how they ended.
        const last = run.at(length - 1)
        for (const [task, outcome] of ends) expect(last.tasks.get(task)?.status).toBe(outcome)
        expect(last.ready).toEqual([])
        expect(last.output).toHaveLength(recording.rows.filter(({ kind }) => kind === 'print').length)
      }),
      { numRuns: RUNS },
    )
    expect(frames).toBeGreaterThan(RUNS / 2)
  })

  const { recording } = recorded([
    ['spawn', 0],
    ['sleep', 5],
    ['print', 0],
    ['cancel', 0],
    ['sleep', 3],
  ])

  it('shows the awaitable of each Task', () => {
    const run = replay(recording)
    const row = recording.rows.findIndex(({ kind, time }) => kind === 'cancelling' && time === 5)
    const [main, child] = [...run.seek(row - 1).tasks.values()]
    expect(main).toMatchObject({ name: 'act 1', status: 'running', waitsFor: undefined })
    expect(child).toMatchObject({ parent: 1, isRequested: false })
    expect([...run.forward().tasks.values()][1]?.isRequested).toBe(true)
    expect(run.at(-1)).toEqual({
      at: -1,
      time: 0,
      tasks: new Map(),
      ready: [],
      timers: [],
      resources: new Map(),
      output: [],
    })
  })

  it.each<[ReplayUnit, (row: Recording['rows'][number], n: number) => boolean]>([
    ['event', () => true],
    ['step', ({ kind }) => kind === 'step'],
    ['cancel', ({ kind }) => kind === 'cancelling'],
    ['turn', ({ kind }) => kind === 'turn'],
    ['time', ({ time }, n) => recording.rows[n + 1]?.time !== time],
  ])('goes forward and back by %s', (unit, stops) => {
    const places = recording.rows.flatMap((row, n) => (stops(row, n) ? [n] : []))
    const run = replay(recording)
    expect(places.map(() => run.forward(unit).at)).toEqual(places)
    expect(run.forward(unit).at).toBe(recording.rows.length - 1)
    run.seek(recording.rows.length)
    const end = run.cursor
    expect(places.filter((n) => n < end).map(() => run.back(unit).at)).toEqual(places.filter((n) => n < end).reverse())
    expect(run.back(unit).at).toBe(-1)
  })

  it('can be limited to one Task', () => {
    const run = replay(recording)
    const row = recording.rows.findIndex((row) => row.kind === 'step' && row.task === 2)
    expect(run.forward('step', 2).at).toBe(row)
  })

  it('goes by iterations only if the recording has them, and only by units that exist', () => {
    const rows = recording.rows.filter(({ kind }) => kind !== 'turn')
    expect(() => replay({ version: 1, rows }).forward('turn')).toThrow('record it with the option turns: true')
    expect(() => replay(recording).back('line' as never)).toThrow("'turn', 'time', 'cancel', got line")
  })

  it('stays within the recording, and refuses a number that is not a row', () => {
    expect(replay(recording).at(1e9).at).toBe(recording.rows.length - 1)
    expect(replay({ version: 1, rows: [] }).forward().at).toBe(-1)
    expect(() => replay(recording).at(1.5)).toThrow(new RangeError('replay: expected the number of a row, got 1.5'))
  })
})

describe('backToWaker()', () => {
  function wakes(main: () => Coroutine<unknown>): string[] {
    const recording = recordingOf(main)
    const run = replay(recording)
    // From the last step of the first Task back to the beginning.
    run.seek(recording.rows.findLastIndex((row) => row.kind === 'step' && row.task === 1))
    const said: string[] = []
    for (let at = -1; at !== run.cursor; ) {
      at = run.cursor
      const row = recording.rows[at]!
      said.push(`${row.time} ${row.kind} ${'task' in row ? row.task : ''}`)
      run.backToWaker()
    }
    return said
  }

  it('finds the Task that one waited for, and its timer', () => {
    function* main(): Coroutine<void> {
      yield* ensureFuture(sleep(5))
    }
    expect(wakes(main)).toEqual(['5 step 1', '5 done 2', '5 ready 2', '0 created 2', '0 created 1'])
  })

  it('finds the last Task of a gather()', () => {
    function* main(): Coroutine<void> {
      yield* gather([sleep(7), sleep(3)])
    }
    expect(wakes(main).slice(0, 3)).toEqual(['7 step 1', '7 done 2', '7 ready 2'])
  })

  it('finds the Task that released a lock', () => {
    function* main(): Coroutine<void> {
      const lock = new Lock()
      function* hold(): Coroutine<void> {
        yield* lock.acquire()
        yield* sleep(4)
        lock.release()
      }
      ensureFuture(hold())
      yield* sleep(0)
      yield* lock.acquire()
    }
    // The timer that woke the holder.
    expect(wakes(main).slice(0, 3)).toEqual(['4 step 1', '4 ready 1', '4 ready 2'])
  })

  it('finds the cancellation request, and the time limit of wait()', () => {
    function* main(): Coroutine<void> {
      try {
        yield* timeout(6, () => sleep(50))
      } catch {}
      const done = [sleep(1), sleep(90)].map((one) => ensureFuture(one))
      yield* wait(done, { timeout: 8 })
    }
    expect(wakes(main).slice(0, 3)).toEqual(['14 step 1', '14 ready 1', '6 cancelling 1'])
  })

  it('leaves the cursor where there is no Task', () => {
    const run = replay({ version: 1, rows: [{ time: 0, kind: 'print', task: 0, text: '', stream: 'out' }] })
    expect([run.backToWaker().at, run.forward().at, run.backToWaker().at]).toEqual([-1, 0, 0])
  })
})

describe('timers', () => {
  it('are listed by their due times, until they fire or are cancelled', () => {
    function* main(): Coroutine<void> {
      const task = ensureFuture(sleep(9))
      ensureFuture(sleep(2.5))
      yield* sleep(0)
      yield* sleep(4)
      task.cancel()
      yield* sleep(1)
    }
    const run = replay(recordingOf(main))
    const seen: string[] = []
    for (let at = -2; at !== run.cursor; run.forward()) {
      at = run.cursor
      const said = run.at(at).timers.map(({ task, time }) => `${task} at ${time}`)
      if (seen.at(-1) !== said.join()) seen.push(said.join())
    }
    expect(seen).toEqual([
      '',
      '2 at 9',
      '3 at 2.5,2 at 9',
      '3 at 2.5,1 at 4,2 at 9',
      '1 at 4,2 at 9',
      '2 at 9',
      '',
      '1 at 5',
      '',
    ])
  })

  it('are also the limits of blocks, until they expire, are changed, or their blocks end', () => {
    function* main(): Coroutine<void> {
      try {
        yield* timeout(50, function* (outer) {
          yield* timeout(50, () => sleep(1))
          yield* sleep(4)
          outer.reschedule(9)
          yield* timeout(100, () => sleep(20))
        })
      } catch {}
      yield* timeout(7, () => sleep(1))
    }
    const recording = parseRecording(formatRecording(recordingOf(main)))
    const run = replay(recording)
    const seen: string[] = []
    for (const [n] of recording.rows.entries()) {
      const said = run.at(n).timers.map(({ kind, time }) => `${kind} ${time}`)
      if (seen.at(-1) !== said.join()) seen.push(said.join())
    }
    expect(seen).toEqual([
      '',
      'deadline 50',
      'deadline 50,deadline 50',
      'sleep 1,deadline 50,deadline 50',
      'deadline 50,deadline 50',
      'deadline 50',
      'sleep 5,deadline 50',
      'deadline 50',
      '',
      'deadline 9',
      'deadline 9,deadline 105',
      'deadline 9,sleep 25,deadline 105',
      'sleep 25,deadline 105',
      'deadline 105',
      '',
      'deadline 16',
      'sleep 10,deadline 16',
      'deadline 16',
      '',
    ])
  })

  it('are due when their Tasks become ready, in random programs', () => {
    let fired = 0
    fc.assert(
      fc.property(actions, (program) => {
        const { recording } = recorded(program)
        const run = replay(recording)
        for (const [n, row] of recording.rows.entries()) {
          const { timers: all, tasks } = run.at(n - 1)
          const timers = all.filter(({ kind }) => kind === 'sleep')
          const due = timers.find(({ task }) => 'task' in row && task === row.task)
          const sleeping = [...tasks.values()].filter(({ waitsFor }) => waitsFor?.label.startsWith('sleep('))
          expect(new Set(timers.map(({ task }) => task))).toEqual(new Set(sleeping.map(({ id }) => id)))
          expect(timers.every(({ time }) => time >= row.time)).toBe(true)
          if (row.kind !== 'ready' || due === undefined || tasks.get(row.task)!.isRequested) continue
          expect(due.time).toBe(row.time)
          fired++
        }
      }),
      { numRuns: 50 },
    )
    expect(fired).toBeGreaterThan(20)
  })

  it('may never be due, and are not what merely looks like one', () => {
    const sleeps = (label: string, on = 0): Row => ({ time: 1, kind: 'suspended', task: 1, label, on, positions: [] })
    const timers = (label: string): unknown => {
      const rows: Row[] = [{ time: 0, kind: 'created', task: 1, parent: 0, name: 'a', line: 0 }, sleeps(label)]
      return replay({ version: 1, rows })
        .at(1)
        .timers.map(({ time }) => time)
    }
    expect(timers('sleep(1e+21)')).toEqual([1e21 + 1])
    expect(timers('sleep(Infinity)')).toEqual([Number.POSITIVE_INFINITY])
    for (const label of ['sleep()', 'sleep(x)', 'sleep(NaN)', 'asleep(1)', 'sleep(0)'])
      expect(timers(label)).toEqual([])
  })
})

it('says who holds a lock, and how long a queue is', () => {
  const use = (task: number, resource: string, action: RowOf<'resource'>['action'], to: number, value: number): Row => {
    return { time: 0, kind: 'resource', task, resource, action, to, value }
  }
  const rows = [
    use(1, 'Lock', 'acquired', 0, 0),
    use(1, 'Queue', 'put', 0, 1),
    use(1, 'Lock', 'handed-on', 2, 0),
    use(2, 'Lock', 'acquired', 0, 0),
    use(2, 'Lock', 'released', 0, 1),
  ]
  const run = replay({ version: 1, rows })
  const locks = rows.map(() => run.forward().resources.get('Lock')?.holders)
  expect(locks).toEqual([[1], [1], [], [2], []])
  expect(run.cursor).toBe(4)
  expect([run.seek(0).resources.size, run.forward().resources.get('Queue')]).toEqual([
    1,
    { holders: [], since: [], value: 1 },
  ])
})

describe('toStoryPart()', () => {
  it('says the same about a part as the whole story does, in random programs', () => {
    let cut = 0
    fc.assert(
      fc.property(actions, fc.nat(), fc.nat(), (program, from, length) => {
        const { recording } = recorded(program)
        const first = from % recording.rows.length
        const last = Math.min(first + (length % 20), recording.rows.length - 1)
        const inPart = ({ lanes, arrows }: Pick<Story, 'lanes' | 'arrows'>): unknown => [
          arrows.filter(({ toRow }) => toRow >= first && toRow <= last),
          lanes.map(({ segments, marks, held, end, ...lane }) => [
            { ...lane, end: end !== undefined && end.row <= last ? end : undefined },
            segments
              .filter((one) => one.to >= first && one.from <= last)
              .map((one) => ({ ...one, to: Math.min(one.to, last + 1) })),
            marks.filter(({ row }) => row >= first && row <= last),
            held.filter((one) => one.to >= first && one.from <= last),
          ]),
        ]
        const whole = toStory(recording)
        const part = toStoryPart(recording, first, last)
        if (first > 0) cut++
        const begun = new Set(part.lanes.map(({ task }) => task))
        expect(inPart(part)).toEqual(inPart({ ...whole, lanes: whole.lanes.filter(({ task }) => begun.has(task)) }))
        expect(part.taskCount).toBe(whole.lanes.length)
      }),
      { numRuns: randomCases(200) },
    )
    expect(cut).toBeGreaterThan(randomCases(200) / 4)
  })
})

describe('toTrace()', () => {
  it('has no slices that overlap, and arrows with two ends, in random programs', () => {
    fc.assert(
      fc.property(actions, (program) => {
        const { traceEvents } = toTrace(recorded(program).recording)
        const free = new Map<number, number>()
        const arrows = new Map<number, string>()
        for (const { ph, tid, ts = 0, dur = 0, id = 0 } of traceEvents) {
          if (ph === 's' || ph === 'f') arrows.set(id, (arrows.get(id) ?? '') + ph)
          if (ph !== 'X') continue
          expect(ts).toBeGreaterThanOrEqual(free.get(tid) ?? 0)
          expect(dur).toBeGreaterThanOrEqual(0)
          free.set(tid, ts + dur)
        }
        expect([...arrows.values()].every((ends) => ends === 'sf')).toBe(true)
      }),
    )
  })

  it('counts µs, and names each Task', () => {
    const { recording } = recorded([['sleep', 5]])
    const { traceEvents } = toTrace(recording)
    expect(traceEvents).toContainEqual({ name: 'thread_name', ph: 'M', pid: 1, tid: 1, args: { name: 'act' } })
    const waits = {
      name: 'waits: sleep(5)',
      ph: 'X',
      pid: 1,
      tid: 1,
      ts: 0,
      dur: 5000,
      args: { state: 'waiting', line: 0 },
    }
    expect(traceEvents).toContainEqual(waits)
  })
})

describe('toText()', () => {
  const { recording } = recorded([
    ['sleep', 5],
    ['print', 0],
  ])

  it('writes the sentence, then what happened with its time', () => {
    expect(toText(recording).split('\n')).toEqual([
      'The run has one Task and takes 5 ms. Nothing is cancelled.',
      '',
      '0 ms  the Task act is created',
      '      act starts',
      '      act waits for sleep(5)',
      '5 ms  act continues because sleep(5) was over',
      '      prints “1”',
      '      act returns',
      '',
    ])
    expect(toText(recording, { cursor: 1 })).toMatch(/act starts\n$/)
  })

  it('says how many lines it leaves out', () => {
    const lines = toText(recording, { maxLines: 3 }).split('\n')
    expect(lines.slice(2)).toEqual(['0 ms  the Task act is created', '… 4 lines left out …', '      act returns', ''])
  })

  it('lets no text of the program reach the terminal as control characters', () => {
    const rows: Recording['rows'] = [
      { time: 0, kind: 'created', task: 1, parent: 0, name: '\u001b[2J\n\u202emain', line: 0 },
    ]
    expect(toText({ version: 1, rows })).toContain('the Task �[2J��main is created')
  })
})

import fc from 'fast-check'
import {
  type Coroutine,
  ensureFuture,
  gather,
  Lock,
  newEventLoop,
  Queue,
  runSync,
  sleep,
  taskGroup,
  timeout,
} from 'spindle'
import { VirtualClock } from 'spindle/more'
import { describe, expect, it } from 'vitest'
import { longForm, randomCases } from '../../../../test/tooling/long-form.ts'
import { Recorder, record, replay, summary, toAccount, toStory, toSVG, toText, toTrace } from '../index.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording } from '../recording.ts'
import { formatRecording } from './format.ts'
import { parseRecording, validate } from './parse.ts'

function* worker(): Coroutine<void> {
  yield* sleep(100)
}

function* cancelled(): Coroutine<void> {
  const task = ensureFuture(worker())
  yield* sleep(10)
  task.cancel('enough')
  yield* gather([task], { returnExceptions: true })
  try {
    yield* timeout(5, worker)
  } catch {}
}

describe('record()', () => {
  it('says which Task cancelled which, and when', () => {
    const recording = recordingOf(cancelled)
    expect(recording.rows).toContainEqual(
      expect.objectContaining({ time: 10, kind: 'cancelling', task: 2, by: 1, message: 'enough' }),
    )
    expect(recording.rows).toContainEqual(
      expect.objectContaining({ time: 15, kind: 'cancelling', task: 1, by: 0, source: 'timeout' }),
    )
    expect(summary(recording)).toMatch(/^cancelled cancels worker\./)
    expect(toAccount(recording).map(({ text }) => text)).toContain('worker ends cancelled')
    expect(toSVG(recording)).toMatch(/^<svg .*✕ cancelled.*<\/svg>$/s)
  })

  it('stops listening', () => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    const recording = record(loop)
    let rows: Recording['rows'] = []
    function* stopping(): Coroutine<void> {
      yield* worker()
      rows = recording.stop().rows
      yield* worker()
    }
    runSync(stopping(), { loopFactory: () => loop })
    expect(loop.events.eventNames()).toEqual([])
    expect(rows.length).toBeGreaterThan(3)
    expect(recording.recording().rows).toEqual(rows)
  })

  it('drops the oldest rows, counts them, and keeps the names of unfinished Tasks', () => {
    function* main(): Coroutine<void> {
      for (let n = 0; n < 100; n++) yield* sleep(1)
    }
    const long = recordingOf(main, { maxRows: 50 })
    const whole = recordingOf(main)
    expect(long.rows.length).toBeLessThanOrEqual(50)
    expect(long.rows.length + (long.dropped ?? 0)).toBe(whole.rows.length)
    expect(long.rows[0]).toMatchObject({ kind: 'created', task: 1 })
    expect(long.rows.slice(1)).toEqual(whole.rows.slice(-(long.rows.length - 1)))
  })

  it('names the canceller, the deadline, retracted requests, and the Tasks notified of an end', () => {
    const { rows } = recordingOf(cancelled)
    expect(rows).toContainEqual(
      expect.objectContaining({ kind: 'cancelling', source: 'timeout', canceller: 'timeout()', deadline: 15 }),
    )
    expect(rows.filter(({ kind }) => kind === 'taken-back' || kind === 'told')).toEqual([
      { time: 10, kind: 'told', task: 2, to: 1 },
      { time: 15, kind: 'taken-back', task: 1 },
    ])
  })

  it('says which locks are held and how long queues are', () => {
    const recording = recordingOf(function* main() {
      const [lock, other, queue] = [new Lock(), new Lock(), new Queue<number>()]
      function* user(): Coroutine<void> {
        using _ = yield* lock.acquire()
        using __ = yield* other.acquire()
        yield* queue.put(1)
        yield* sleep(1)
      }
      yield* gather([user(), user()])
    })
    const texts = toAccount(recording).map(({ text }) => text)
    expect(texts.filter((text) => /Lock|Queue/.test(text) && !/waits/.test(text))).toEqual([
      'user 1 acquires Lock 1',
      'user 1 acquires Lock 2',
      'user 1 puts an item into Queue 1, which now holds 1',
      'user 1 releases Lock 2',
      'user 1 releases Lock 1, which passes to user 2',
      'user 2 continues because user 1 completed Lock 1.acquire()',
      'user 2 acquires Lock 1',
      'user 2 acquires Lock 2',
      'user 2 puts an item into Queue 1, which now holds 2',
      'user 2 releases Lock 2',
      'user 2 releases Lock 1',
    ])
    expect(toStory(recording).lanes.map(({ held }) => held.map(({ resource }) => resource))).toEqual([
      [],
      ['Lock 1', 'Lock 2'],
      ['Lock 1', 'Lock 2'],
    ])
    expect(toSVG(recording)).toContain('holds Lock 2')
  })

  it('takes 40 bytes an event at most', () => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    const recorder = new Recorder()
    recorder.watch(loop)
    function* worker(): Coroutine<void> {
      for (let n = 0; n < 100; n++) yield* sleep(n % 3)
    }
    runSync(
      taskGroup((group) => void Array.from({ length: 100 }, () => group.createTask(worker()))),
      {
        loopFactory: () => loop,
      },
    )
    expect(recorder.length).toBeGreaterThan(20_000)
    expect(recorder.bytes / recorder.length).toBeLessThan(40)
  })

  it('may be empty', () => {
    const empty: Recording = { version: 1, rows: [] }
    expect(toSVG(empty)).toMatch(/^<svg [^>]*viewBox="0 0 \d+ \d+"/)
    expect(toSVG(empty, { cursor: 0 })).not.toContain('NaN')
    expect(parseRecording(formatRecording(empty)).rows).toEqual([])
  })

  it('refuses a limit that is not a number of rows', () => {
    expect(() => record(newEventLoop(), { maxRows: Number.NaN })).toThrow(
      new RangeError('maxRows: expected a number of rows, 2 or more, got NaN'),
    )
  })
})

describe('the file of a recording', () => {
  const recording = recordingOf(cancelled)
  const text = formatRecording(recording)

  it('holds all of it', () => {
    expect(validate(text)).toEqual([])
    expect(parseRecording(text)).toEqual(recording)
    expect(parseRecording(formatRecording({ ...recording, dropped: 7 })).dropped).toBe(7)
  })

  it('keeps any text and any position', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.nat(), (name, text, line) => {
        const rows: Recording['rows'] = [
          { time: 0, kind: 'created', task: 1, parent: 0, name, line },
          { time: 0.1, kind: 'suspended', task: 1, label: text, on: 0, positions: [{ function: name, line }] },
          { time: 0.1, kind: 'print', task: 1, text, stream: 'out' },
        ]
        expect(parseRecording(formatRecording({ version: 1, rows })).rows).toEqual(rows)
      }),
      { numRuns: randomCases(100) },
    )
  })

  it('can be cut off anywhere', () => {
    for (let end = 1; end <= text.length; end++) {
      const { rows } = parseRecording(text.slice(0, end))
      expect(rows).toEqual(recording.rows.slice(0, rows.length))
      const wholeLines = text.slice(0, end).split('\n').length - 2
      expect(rows.length).toBeGreaterThanOrEqual(Math.min(wholeLines, recording.rows.length))
    }
  })

  it('may have kinds and fields of a later version', () => {
    const later =
      '{"spindle":1,"kinds":["lock","created"],"clock":"virtual"}\n[0,1,1,0,"main",0,"more",["text"]]\n[5,0,1,"Lock"]\n[5,1,2,1,3]\n{"outcome":"returned"}\n'
    expect(validate(later)).toEqual([])
    expect(parseRecording(later).rows).toEqual([
      { time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 0 },
      { time: 0.01, kind: 'created', task: 2, parent: 1, name: 'Lock', line: 0 },
    ])
  })

  it('takes 16 bytes an event at most on a real clock', () => {
    const loop = newEventLoop()
    using active = record(loop)
    function* turns(): Coroutine<void> {
      for (let n = 0; n < 20; n++) yield* sleep(0)
    }
    function* main(): Coroutine<void> {
      yield* gather(Array.from({ length: 100 }, turns))
    }
    runSync(main(), { loopFactory: () => loop })
    const recording = active.stop()
    expect(formatRecording(recording).length / recording.rows.length).toBeLessThan(16)
    expect(parseRecording(formatRecording(recording))).toEqual(recording)
  })

  it('takes 16 bytes an event at most', () => {
    const long = recordingOf(function* main() {
      function* loop(): Coroutine<void> {
        for (let n = 0; n < 50; n++) yield* sleep((n * 7) % 5)
      }
      yield* gather(Array.from({ length: 100 }, loop))
    })
    const inRealTime = {
      ...long,
      rows: long.rows.map((row, n) => ({ ...row, time: Math.round(n * 12_345.678) / 1000 })),
    }
    expect(long.rows.length).toBeGreaterThan(10_000)
    expect(formatRecording(long).length / long.rows.length).toBeLessThan(14)
    expect(formatRecording(inRealTime).length / long.rows.length).toBeLessThan(16.5)
  })

  it('numbers at most 4,096 texts', () => {
    const rows: Recording['rows'] = Array.from({ length: 10_000 }, (_, n) => {
      return { time: n / 3, kind: 'print', task: 0, text: `${n % 5000}`, stream: 'out' }
    })
    expect(parseRecording(formatRecording({ version: 1, rows })).rows).toEqual(rows)
  })

  const head = '{"spindle":1,"kinds":["created","step","ready","suspended"]}\n'
  const made = '[0,0,1,0,"main"]\n'
  it.each([
    ['', 1, 'the text is empty; a recording begins with {"spindle":1,…}'],
    ['\n', 1, 'expected JSON, got an empty line'],
    ['hello', 1, 'expected JSON, got hello'],
    ['null\n', 1, 'expected the header {"spindle":1,"kinds":[…]}, got null'],
    ['{"spindle":1}\n', 1, 'expected the header {"spindle":1,"kinds":[…]}, got {"spindle":1}'],
    ['{"spindle":2}\n[', 1, 'its format has version 2, and this reader knows version 1: update @spindle/inspect'],
    [`${head}[1,0,"rea\n`, 2, 'expected JSON, got [1,0,"rea'],
    [`${head}[]\n`, 2, 'expected µs since the row before, or [ms], got nothing'],
    [`${head}[null,2,1]\n`, 2, 'expected µs since the row before, or [ms], got null'],
    [`${head}[0,"ready",1]\n`, 2, 'expected the number of a kind, got "ready"'],
    [`${head}[0,4,1]\n`, 2, 'expected the number of a kind, got 4'],
    [`${head}[0,2,-1]\n`, 2, 'ready: expected the number of a Task as task, got -1'],
    [`${head}[0,1,1,"magic"]\n`, 2, "step: expected 'start' or 'value' or 'error' or 'cancel' as by, got \"magic\""],
    [`${head}[0,1,1]\n`, 2, "step: expected 'start' or 'value' or 'error' or 'cancel' as by, got nothing"],
    [`${head}[0,3,1,7]\n`, 2, 'suspended: expected a text, or the number of one as label, got 7'],
    [`${head}[0,3,1,"x",0,[["f"]]]\n`, 2, 'suspended: expected [function, line] pairs as positions, got [["f"]]'],
    [`${head}${made}[0,0,1,0,"main"]\n`, 3, 'created: there is a Task 1 already'],
    [`${head}[0,0,1,2,"a"]\n[0,0,2,1,"b"]\n`, 2, 'created: Task 1 cannot be made by a later one, Task 2'],
    [`${head}{"dropped":-1}\n`, 2, 'expected the number of dropped rows, got -1'],
  ])('%j is refused with its line', (text, line, message) => {
    expect(validate(text)[0]).toEqual({ line, message })
    expect(() => parseRecording(text)).toThrow(new SyntaxError(`line ${line} of the recording: ${message}`))
  })

  it('may hold Tasks that wait for each other in a circle', () => {
    const rows: Recording['rows'] = [1, 2, 3].flatMap((task) => [
      { time: 0, kind: 'created', task, parent: task - 1, name: `t${task}`, line: 0 },
      { time: 0, kind: 'step', task, by: 'start', from: 0 },
      { time: 0, kind: 'suspended', task, label: '', on: task === 3 ? 2 : task + 1, positions: [] },
    ])
    const recording = parseRecording(formatRecording({ version: 1, rows }))
    expect(summary(recording)).toBe(
      'The run has 3 Tasks and takes 0 ms. Nothing is cancelled. t2 waits for t3; t3 waits for t2: none of them can continue.',
    )
    expect(toSVG(recording)).toContain('t2')
    expect(toText(recording)).toContain('t3 waits for t2')
    expect(toTrace(recording).traceEvents.length).toBeGreaterThan(6)
    expect(replay(recording).seek(8).tasks.get(3)?.waitsFor).toMatchObject({ task: 2, label: '' })
  })

  it('is drawn in any case, also when it was put together by hand', () => {
    const created = { time: 0, kind: 'created', name: '</title><script>', line: 0 } as const
    const rows: Recording['rows'] = [
      { ...created, task: 1, parent: 2 },
      { ...created, task: 2, parent: 1 },
      { ...created, task: 2, parent: 2 },
      { time: -5, kind: 'done', task: 2, outcome: 'threw', error: '\u0000', from: 0 },
      { time: Number.NaN, kind: 'step', task: 2, by: 'cancel', from: 2 },
      { time: 1e308, kind: 'suspended', task: 1, label: '', on: 1, positions: [] },
    ]
    const recording: Recording = { version: 1, rows }
    expect(toSVG(recording, { cursor: 3 })).not.toContain('<script>')
    expect(toText(recording)).not.toContain('\u0000')
    expect(JSON.stringify(toTrace(recording)).length).toBeGreaterThan(100)
    expect(replay(recording).forward('cancel').tasks.size).toBe(2)
  })

  it.runIf(longForm)('may have 100 MB, in few rows and in very many', { timeout: 120_000 }, () => {
    const header = formatRecording({ version: 1, rows: [] }).split('\n', 1)[0]
    const kinds = JSON.parse(header ?? '').kinds as string[]
    const long = 'x'.repeat(1000)
    const made = `[0,${kinds.indexOf('created')},1,0,"main"]`
    const prints = Array.from({ length: 100_000 }, (_, n) => `[10,${kinds.indexOf('print')},1,"${n}${long}","out"]`)
    const steps = Array.from({ length: 200_000 }, (_, n) =>
      n % 2 ? `[10,${kinds.indexOf('step')},1,"value"]` : `[10,${kinds.indexOf('suspended')},1,"sleep(1)"]`,
    )
    for (const lines of [prints, steps]) {
      const recording = parseRecording(`${[header, made, ...lines].join('\n')}\n`)
      expect(recording.rows.length).toBe(lines.length + 1)
      expect(toSVG(recording, { cursor: 90_000 }).length).toBeLessThan(300_000)
      expect(toText(recording).length).toBeLessThan(300_000)
      expect(replay(recording).seek(90_000).tasks.size).toBe(1)
    }
  })

  it('may begin after its Tasks, and may contain 100,000 of them', () => {
    const late = parseRecording(
      formatRecording({
        version: 1,
        rows: [
          { time: 5, kind: 'step', task: 3, by: 'value', from: 0 },
          { time: 5, kind: 'created', task: 4, parent: 3, name: 'child', line: 0 },
          { time: 6, kind: 'done', task: 4, outcome: 'threw', error: 'Error', from: 0 },
        ],
      }),
    )
    expect(toSVG(late)).toContain('child')
    const tasks = Array.from({ length: 100_000 }, (_, n) => `[0,0,${n + 1},${n === 0 ? 0 : 1},"t"]\n`)
    const many = parseRecording(head + tasks.join(''))
    expect(many.rows).toHaveLength(100_000)
    expect(toSVG(many).includes('t() × 100,000')).toBe(true)
  })
})

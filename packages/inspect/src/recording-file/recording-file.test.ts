import { type Coroutine, VirtualClock } from '@spindle/loop'
import { ensureFuture, gather, newEventLoop, runSync, sleep, timeout } from '@spindle/task'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { record, summary, toAccount, toSVG } from '../index.ts'
import type { Recording } from '../recording.ts'
import { formatRecording } from './format.ts'
import { parseRecording, validate } from './parse.ts'

function recorded(program: () => Coroutine<unknown>, limit = 100_000): Recording {
  const loop = newEventLoop({ clock: new VirtualClock() })
  using recording = record(loop, { limit })
  runSync(program(), { loopFactory: () => loop })
  return recording.stop()
}

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
  it('says who cancelled whom, and when', () => {
    const recording = recorded(cancelled)
    expect(recording.rows).toContainEqual(
      expect.objectContaining({ time: 10, kind: 'cancelling', task: 2, by: 1, message: 'enough' }),
    )
    expect(recording.rows).toContainEqual(
      expect.objectContaining({ time: 15, kind: 'cancelling', task: 1, by: 0, source: 'timeout' }),
    )
    expect(summary(recording)).toMatch(/^Task-1 cancels Task-2\./)
    expect(toAccount(recording).map(({ text }) => text)).toContain('Task-2 ends cancelled')
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

  it('drops the oldest rows, counts them, and keeps the names of Tasks that go on', () => {
    const long = recorded(function* main() {
      for (let n = 0; n < 100; n++) yield* sleep(1)
    }, 50)
    const whole = recorded(function* main() {
      for (let n = 0; n < 100; n++) yield* sleep(1)
    })
    expect(long.rows.length).toBeLessThanOrEqual(50)
    expect(long.rows.length + (long.dropped ?? 0)).toBe(whole.rows.length)
    expect(long.rows[0]).toMatchObject({ kind: 'created', task: 1 })
    expect(long.rows.slice(1)).toEqual(whole.rows.slice(-(long.rows.length - 1)))
  })

  it('refuses a limit that is no number of rows', () => {
    expect(() => record(newEventLoop(), { limit: Number.NaN })).toThrow(
      new RangeError('limit: expected a number of rows, 2 or more, got NaN'),
    )
  })
})

describe('the file of a recording', () => {
  const recording = recorded(cancelled)
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
      '{"spindle":1,"clock":"virtual"}\n[1,0,"created",1,0,"main",0,"more"]\n[2,0,"resource",1,"Lock"]\n{"outcome":"returned"}\n'
    expect(validate(later)).toEqual([])
    expect(parseRecording(later).rows).toEqual([
      { time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 0 },
    ])
  })

  const head = '{"spindle":1}\n'
  const made = '[1,0,"created",1,0,"main",0]\n'
  it.each([
    ['', 1, 'the text is empty; a recording begins with {"spindle":1}'],
    ['\n', 1, 'expected JSON, got an empty line'],
    ['hello', 1, 'expected JSON, got hello'],
    ['null\n', 1, 'expected the header {"spindle":1}, got null'],
    ['{"spindle":2}\n[', 1, 'its format has version 2, and this reader knows version 1: update @spindle/inspect'],
    [`${head}[1,0,"rea\n`, 2, 'expected JSON, got [1,0,"rea'],
    [`${head}[]\n`, 2, 'expected a number greater than 0 in front, got nothing'],
    [`${head}[1,null,"ready",1]\n`, 2, 'expected the time in ms, got null'],
    [`${head}[1,0,7,1]\n`, 2, 'expected the kind of the row, got 7'],
    [`${head}[1,0,"ready",-1]\n`, 2, 'ready: expected the number of a Task as task, got -1'],
    [
      `${head}[1,0,"step",1,"magic",0]\n`,
      2,
      "step: expected 'start' or 'value' or 'error' or 'cancel' as by, got \"magic\"",
    ],
    [
      `${head}[1,0,"suspended",1,"x",0,[["f"]]]\n`,
      2,
      'suspended: expected [function, line] pairs as positions, got [["f"]]',
    ],
    [`${head}${made}[1,0,"ready",1]\n`, 3, 'expected a number greater than 1 in front, got 1'],
    [`${head}${made}[2,0,"created",1,0,"main",0]\n`, 3, 'created: there is a Task 1 already'],
    [
      `${head}[1,0,"created",1,2,"a",0]\n[2,0,"created",2,1,"b",0]\n`,
      2,
      'created: Task 1 cannot be made by a later one, Task 2',
    ],
    [`${head}{"dropped":-1}\n`, 2, 'expected the number of dropped rows, got -1'],
  ])('%j is refused with its line', (text, line, message) => {
    expect(validate(text)[0]).toEqual({ line, message })
    expect(() => parseRecording(text)).toThrow(new SyntaxError(`line ${line} of the recording: ${message}`))
  })

  it('may begin after its Tasks did, and may hold 100,000 of them', () => {
    const late = parseRecording(
      `${head}[9,5,"step",3,"value",0]\n[10,5,"created",4,3,"child",0]\n[11,6,"done",4,"threw","Error"]\n`,
    )
    expect(toSVG(late)).toContain('child')
    const tasks = Array.from(
      { length: 100_000 },
      (_, n) => `[${n + 1},0,"created",${n + 1},${n === 0 ? 0 : 1},"t",0]\n`,
    )
    const many = parseRecording(head + tasks.join(''))
    expect(many.rows).toHaveLength(100_000)
    expect(toSVG(many)).toContain('99,579 of 100,000 events are not drawn')
  })
})

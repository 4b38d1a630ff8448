import {
  type Coroutine,
  createTask,
  ensureFuture,
  type Future,
  gather,
  getRunningLoop,
  Lock,
  moveOnAfter,
  Queue,
  sleep,
  timeout,
} from 'spindle'
import { describe, expect, it } from 'vitest'
import type { Recorder } from '../recorder/recorder.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording, Row } from '../recording.ts'
import { formatRecording } from '../recording-file/format.ts'
import { parseRecording } from '../recording-file/parse.ts'
import { replay } from '../replay/replay.ts'
import { toStory } from '../story/story.ts'
import { summary, toAccount } from './account.ts'
import { draw, toSVG } from './draw.ts'
import { foldsOf } from './folds.ts'
import { countsOf } from './groups.ts'
import { legend } from './legend.ts'

function recorded(steps: number): Recording {
  function* aWorkerWithAVeryLongNameThatNoLaneHasRoomFor(): Coroutine<void> {
    for (let n = 0; n < steps; n++) yield* sleep(n % 3)
    throw new Error('an explanation that is far too long for a picture on a phone')
  }
  function* main(recorder: Recorder): Coroutine<void> {
    const failing = ensureFuture(aWorkerWithAVeryLongNameThatNoLaneHasRoomFor())
    const cancelled = ensureFuture(sleep(1e6))
    recorder.add({ kind: 'caught', task: 1, function: 'a'.repeat(80), line: 7 })
    yield* sleep(steps * 2)
    recorder.add({
      kind: 'print',
      task: 1,
      text: 'a line of output as long as it may be, and then some more',
      stream: 'out',
    })
    recorder.add({ kind: 'warning', task: 1, text: 'a'.repeat(80), line: 7 })
    cancelled.cancel()
    yield* failing
  }
  return recordingOf(main, { fails: true })
}

/** How far each text reaches, as far as one can tell without a browser. */
function edges(svg: string): [left: number, right: number][] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)/g)].map(([, attributes = '', text = '']) => {
    const number = (name: string): number => Number(new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1])
    const wide = text.length * number('font-size') * 0.54
    const before = attributes.includes('"middle"') ? wide / 2 : attributes.includes('"end"') ? wide : 0
    return [number('x') - before, number('x') - before + wide]
  })
}

describe('An error that nothing received', () => {
  const run = (receive: boolean): Recording => {
    function* worker(): Coroutine<void> {
      yield* sleep(1)
      throw new Error('no\nconnection')
    }
    function* main(): Coroutine<void> {
      const tasks = [ensureFuture(worker()), ensureFuture(worker())] as const
      yield* sleep(5)
      tasks[0].exception()
      if (receive) tasks[1].exception()
    }
    return recordingOf(main)
  }

  it('is called lost in the picture, the account and the summary, and keeps this in a file', () => {
    const recording = run(false)
    expect(recording.rows.filter(({ kind }) => kind === 'lost')).toEqual([{ time: 5, kind: 'lost', task: 3 }])
    expect(parseRecording(formatRecording(recording)).rows).toEqual(recording.rows)
    expect(toAccount(recording).at(-1)?.text).toBe('nothing has received the exception of worker 2: it is lost')
    expect(summary(recording)).toMatch(/worker 1 and worker 2 fail\. Nothing received the exception of worker 2\.$/)
    expect(toSVG(recording).split('lost: nothing received it')).toHaveLength(2)
  })

  it('is not called so if it was retrieved', () => {
    const recording = run(true)
    expect(recording.rows.some(({ kind }) => kind === 'lost')).toBe(false)
    expect(toSVG(recording) + summary(recording)).not.toMatch(/lost|othing received/)
  })
})

it('shows a deadline at the end of its block, unless it fired', () => {
  const recording = recordingOf(function* main() {
    yield* timeout(500, () => sleep(20))
    yield* moveOnAfter(30, () => sleep(500))
    yield* moveOnAfter(Number.POSITIVE_INFINITY, () => sleep(1))
  })
  const deadlines = recording.rows.filter(({ kind }) => kind === 'in-time')
  expect(deadlines).toEqual([{ time: 20, kind: 'in-time', task: 1, deadline: 500 }])
  expect(parseRecording(formatRecording(recording)).rows).toEqual(recording.rows)
  const svg = toSVG(recording)
  const [x] = [...svg.matchAll(/<path d="M([\d.]+) [^"]*l8 3.5-8 3.5"/g)].map(([, x]) => Number(x))
  expect(x).toBe(draw(recording).xs[recording.rows.indexOf(deadlines[0]!)])
  expect(svg.match(/in time for [^<]*/g)).toEqual(['in time for 500 ms'])
  const explained = legend().filter((item) => item.svg.includes('l8 3.5-8 3.5'))
  expect(explained.map(({ text }) => text)).toEqual(['a block ended before its deadline'])
  expect(legend('dark')).not.toEqual(legend())
  expect(
    toAccount(recording)
      .filter(({ text }) => text.includes('deadline'))
      .map(({ text }) => text),
  ).toEqual([
    'main leaves a block before its deadline at 500 ms',
    'the deadline at 50 ms cancels main, which so far is only a request',
    'a request to cancel main is taken back: the block with the deadline stops it',
  ])
})

describe('Repetition', () => {
  const foldsIn = (recording: Recording): string[] =>
    [...toSVG(recording).matchAll(/>([^<>]* × \d+)</g)].map(([, text]) => text!)
  function* repeat(times: number, ms: number): Coroutine<void> {
    for (let n = 0; n < times; n++) yield* sleep(ms)
  }

  it('is drawn once, with how often, in less room, and every row keeps a place', () => {
    const recording = recordingOf(() => repeat(40, 10))
    expect(foldsIn(recording)).toEqual(['sleep(10) × 40'])
    expect(toSVG(recording)).toContain('× N: the Task waits N times for the same, which is drawn once')
    const [folded, whole] = [draw(recording, { fold: true }), draw(recording)]
    expect(folded.width).toBeLessThan(whole.width / 4)
    expect(folded.xs).toHaveLength(whole.xs.length)
    expect([...folded.xs].sort((a, b) => a - b)).toEqual(folded.xs)
    expect(whole.svg).not.toContain('×')
    expect(toSVG(recording, { fold: false })).toBe(whole.svg)
  })

  it('begins at four times, and ends where the Task waits for something else', () => {
    expect(foldsIn(recordingOf(() => repeat(3, 10)))).toEqual([])
    expect(foldsIn(recordingOf(() => repeat(4, 10)))).toEqual(['sleep(10) × 4'])
    const two = recordingOf(function* () {
      yield* repeat(5, 10)
      yield* repeat(6, 20)
      yield* repeat(7, 10)
    })
    expect(foldsIn(two)).toEqual(['sleep(10) × 5', 'sleep(20) × 6', 'sleep(10) × 7'])
  })

  it('may be of two or three waits in turn', () => {
    const pairs = recordingOf(function* () {
      for (let n = 0; n < 5; n++) {
        yield* sleep(10)
        yield* sleep(20)
      }
      for (let n = 0; n < 4; n++) {
        yield* sleep(5)
        yield* sleep(5)
        yield* sleep(7)
      }
    })
    expect(foldsIn(pairs)).toEqual(['sleep(10), sleep(20) × 5', 'sleep(5), sleep(5), sleep(7) × 4'])
    const thrice = recordingOf(function* () {
      for (let n = 0; n < 3; n++) {
        yield* sleep(10)
        yield* sleep(20)
      }
    })
    expect(foldsIn(thrice)).toEqual([])
  })

  it('does not include the begun round at its end', () => {
    const recording = recordingOf(function* () {
      for (let n = 0; n < 6; n++) {
        yield* sleep(10)
        if (n < 5) yield* sleep(20)
      }
    })
    expect(foldsIn(recording)).toEqual(['sleep(10), sleep(20) × 5'])
    const [fold] = toStory(recording).lanes.flatMap((lane) => foldsOf(lane, recording.rows))
    expect(recording.rows.findLastIndex(({ kind }) => kind === 'suspended')).toBeGreaterThanOrEqual(fold!.to)
  })

  it('ends at another line', () => {
    const at = (time: number, line: number): Row[] => [
      { time, kind: 'suspended', task: 1, label: 'sleep(1)', on: 0, positions: [{ function: 'main', line }] },
      { time: time + 1, kind: 'step', task: 1, by: 'value', from: 0 },
    ]
    const rows: Row[] = [
      { time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 0 },
      { time: 0, kind: 'step', task: 1, by: 'start', from: 0 },
      ...[5, 5, 5, 5, 5, 9, 9, 9, 9].flatMap((line, n) => at(n, line)),
    ]
    expect(foldsIn({ version: 1, rows })).toEqual(['sleep(1) :5 × 5', 'sleep(1) :9 × 4'])
  })

  it('ends at a cancel request and at an error, to this Task or by it, and both are drawn', () => {
    const recording = recordingOf(function* () {
      function* stubborn(): Coroutine<void> {
        for (let n = 0; n < 12; n++) {
          try {
            yield* sleep(10)
          } catch {} // it goes on
        }
      }
      const task = ensureFuture(stubborn())
      yield* repeat(6, 10)
      task.cancel()
      yield* repeat(6, 10)
    })
    expect(foldsIn(recording)).toEqual(['sleep(10) × 6', 'sleep(10) × 6', 'sleep(10) × 5', 'sleep(10) × 6'])
    const { svg } = draw(recording, { fold: true })
    expect(svg.match(/stroke-dasharray="5 3"/g)).toHaveLength(1)
    for (const lane of toStory(recording).lanes) {
      const { task } = lane
      for (const { from, to } of foldsOf(lane, recording.rows)) {
        const inside = recording.rows.slice(from, to)
        const breaks = inside.filter(
          (row) =>
            (row.kind === 'cancelling' && (row.task === task || row.by === task)) ||
            (row.kind === 'step' && row.task === task && row.by !== 'value'),
        )
        expect(breaks).toEqual([])
      }
    }
  })

  it('leaves each printed line in its place', () => {
    const recording = recordingOf(function* main(recorder) {
      for (let n = 0; n < 20; n++) {
        recorder.add({ kind: 'print', task: 1, text: `round ${n}`, stream: 'out' })
        yield* sleep(10)
      }
    })
    expect(foldsIn(recording)).toEqual(['sleep(10) × 20'])
    expect(toSVG(recording).match(/round \d+/g)).toHaveLength(20)
  })

  it('says how often a lock is held', () => {
    const recording = recordingOf(function* () {
      const lock = new Lock()
      for (let n = 0; n < 20; n++) {
        yield* lock.acquire()
        yield* sleep(10)
        lock.release()
      }
    })
    expect(foldsIn(recording)).toEqual(['sleep(10) × 20', 'holds Lock 1 × 20'])
  })

  it('fits a narrow picture', () => {
    const { svg } = draw(
      recordingOf(() => repeat(40, 10)),
      { width: 320, fold: true },
    )
    for (const [left, right] of edges(svg)) {
      expect(left).toBeGreaterThanOrEqual(0)
      expect(right).toBeLessThanOrEqual(320)
    }
  })
})

it('has no separate line for each event of a real clock', () => {
  const rows: Row[] = [{ time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 0 }]
  for (let n = 1; n <= 60; n++) rows.push({ time: n / 100, kind: 'step', task: 1, by: 'value', from: 0 })
  const lines = toSVG({ version: 1, rows }).match(/<path d="M[\d.]+ 36V\d+" stroke="#e2dccf"\/>/g)!
  expect(lines.length).toBeGreaterThan(5)
  expect(lines.length).toBeLessThan(40)
})

describe('Of many Tasks', () => {
  function many(count: number, failing: readonly number[]): Recording {
    function* worker(n: number): Coroutine<void> {
      yield* sleep(10 + (n % 7))
      if (failing.includes(n)) throw new Error('no disk')
    }
    function* main(): Coroutine<void> {
      const workers = Array.from({ length: count }, (_, n) => ensureFuture(worker(n)))
      yield* sleep(5)
      for (const one of workers.slice(0, 5)) one.cancel()
      yield* sleep(20)
    }
    return recordingOf(main)
  }
  const lanesOf = (svg: string): (string | undefined)[] =>
    [...svg.matchAll(/>(?:└ )?(worker(?:\(\) × [\d,]+| \d+)|main)</g)].map(([, name]) => name)

  it('Tasks of one function share a lane, below the failed ones', () => {
    const recording = many(1000, [3, 700]) // the fourth is cancelled before it can fail
    const svg = toSVG(recording)
    expect(lanesOf(svg)).toEqual(['main', 'worker 701', 'worker() × 999'])
    expect(svg.includes('5 cancelled, 994 returned')).toBe(true)
    expect(svg.includes('are not drawn')).toBe(false)
    expect(svg.length).toBeLessThan(100_000)
  })

  it('a request to many is one arrow with their number', () => {
    const recording = many(60, [])
    expect([...toSVG(recording).matchAll(/>(cancel\(\) × \d+)</g)].map(([, label]) => label)).toEqual(['cancel() × 5'])
  })

  it('the lane has the number of Tasks in each state, at each row', () => {
    const recording = many(60, [])
    const { lanes } = toStory(recording)
    const workers = lanes.filter(({ name }) => name.startsWith('worker'))
    const states = replay(recording)
    for (const { row, counts } of countsOf(workers)) {
      const { tasks } = states.at(row)
      const waiting = [...tasks.values()].filter(
        ({ name, activity }) => name.startsWith('worker') && activity === 'waiting',
      )
      if (row < recording.rows.length) expect([row, counts.waiting]).toEqual([row, waiting.length])
    }
  })

  it('10,000 fit on a screen of 1,400 px, the failed one among the first ten lanes', () => {
    const { svg, height } = draw(many(10_000, [7000]), { width: 1400 })
    expect(height).toBeLessThan(800)
    expect(lanesOf(svg).slice(0, 10)).toContain('worker 7001')
  })
})

it('shows each label whole, or as the title of its bar', () => {
  const { svg } = draw(recorded(30))
  const bars = svg.replace(/<text[^>]*>(?:! |└|[^<]*prin)[^<]*/g, '')
  expect(bars).not.toContain('…')
  expect(svg).toContain('<g><title>sleep(1)</title><rect data-row=')
})

it('prints no label over another, over a bar beside it, or over the line of a request', () => {
  function* download(): Coroutine<void> {
    yield* sleep(1000)
  }
  function* main(): Coroutine<void> {
    const downloads = ensureFuture(gather([1, 2, 3, 4].map(() => download())))
    yield* sleep(10)
    downloads.cancel()
    yield* moveOnAfter(5, () => downloads)
  }
  const svg = toSVG(recordingOf(main, { fails: true }))
  const lines = [...svg.matchAll(/<path d="M([\d.]+) ([\d.]+)V([\d.]+)" [^>]*stroke-dasharray="5 3"/g)].map(
    ([, x, from, to]) => ({
      x: Number(x),
      top: Math.min(Number(from), Number(to)),
      bottom: Math.max(Number(from), Number(to)),
    }),
  )
  expect(lines).toHaveLength(4)
  const texts = [...svg.matchAll(/<text data-row="\d+" x="([\d.]+)" y="([\d.]+)" font-size="(11|12)"[^>]*>([^<]*)/g)]
  const boxes = texts.map(([, x, y, size, text]) => ({
    text: text!,
    left: Number(x),
    right: Number(x) + text!.length * Number(size) * 0.54,
    top: Number(y) - Number(size) * 0.7,
    bottom: Number(y),
  }))
  expect(boxes.filter(({ text }) => text === 'passed on' || text === 'cancel()').length).toBeGreaterThan(3)
  for (const box of boxes) {
    const crossed = lines.filter(
      ({ x, top, bottom }) => x > box.left && x < box.right && top < box.bottom && bottom > box.top,
    )
    expect([box.text, crossed]).toEqual([box.text, []])
    const covered = boxes.filter(
      (other) =>
        other !== box &&
        other.left < box.right &&
        box.left < other.right &&
        other.top < box.bottom &&
        box.top < other.bottom,
    )
    expect([box.text, covered]).toEqual([box.text, []])
  }
})

describe('The option width', () => {
  it.each([
    [3, 320],
    [3, 2000],
    [60, 320],
    [60, 800],
    [2000, 320],
    [2000, 1200],
  ])('fits a picture of %i steps into %i px, with all its texts', (steps, width) => {
    const recording = recorded(steps)
    const drawing = draw(recording, { width })
    expect(drawing.width).toBe(width)
    expect(drawing.svg).toContain(`viewBox="0 0 ${width} ${drawing.height}" width="${width}"`)
    expect(Math.max(...drawing.xs)).toBeLessThan(width)
    expect([...drawing.xs].sort((a, b) => a - b)).toEqual(drawing.xs)
    for (const [left, right] of edges(drawing.svg)) {
      expect(left).toBeGreaterThanOrEqual(0)
      expect(right).toBeLessThanOrEqual(width)
    }
  })

  it('draws fewer events in a narrow picture, around the cursor, and says so', () => {
    const recording = recorded(60)
    expect(toSVG(recording)).not.toContain('not drawn')
    const svg = toSVG(recording, { width: 320, cursor: recording.rows.length - 1 })
    expect(svg).toMatch(/\d+ of \d+ events are not drawn/)
    expect(svg).toContain('! Error')
  })

  it.each([319, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (width) => {
    const message = `width: expected a finite number of px, 320 or more, got ${width}`
    expect(() => toSVG(recorded(1), { width })).toThrow(new RangeError(message))
  })
})

describe('with true time', () => {
  function* slow(): Coroutine<void> {
    yield* sleep(90)
  }
  function* maker(): Coroutine<void> {
    createTask(slow())
    yield* sleep(30)
  }
  function* main(): Coroutine<void> {
    yield* createTask(maker())
    yield* sleep(70)
  }

  it('draws each time at its place, and pictures of one width on one axis', () => {
    const { rows } = recordingOf(main)
    const { xs } = draw({ version: 1, rows }, { span: 200, width: 800 })
    const scale = (xs[rows.length - 1]! - xs[0]!) / 100
    for (const [n, { time }] of rows.entries()) expect(xs[n]).toBeCloseTo(xs[0]! + time * scale, 0)
    const other = draw(recordingOf(slow), { span: 200, width: 800 })
    expect(other.xs[0]).toBe(xs[0])
    expect((other.xs.at(-1)! - other.xs[0]!) / 90).toBeCloseTo(scale, 1)
  })

  it('has the length of a queue as a curve', () => {
    const recording = recordingOf(function* () {
      const queue = new Queue<number>()
      for (const item of [1, 2, 3]) yield* queue.put(item)
      yield* queue.get()
    })
    const [, path = ''] = /<title>the length of Queue 1, 3 at most<\/title><path d="(.*?)"/.exec(toSVG(recording)) ?? []
    const heights = [...path.matchAll(/V([\d.]+)/g)].map(([, y]) => Number(y))
    expect(heights.map((y) => (heights.at(-1)! - y) / 10)).toEqual([1, 2, 3, 2, 0])
  })

  it('marks a Task that outlives its creator', () => {
    const [, x, width] = /<rect class="orphan" x="([\d.]+)".*? width="([\d.]+)"/.exec(
      toSVG(recordingOf(main), { span: 100 }),
    )!
    const { xs } = draw(recordingOf(main), { span: 100 })
    const scale = (xs.at(-1)! - xs[0]!) / 100
    expect(Number(x)).toBeCloseTo(xs[0]! + 30 * scale, 0)
    expect(Number(width)).toBeCloseTo(60 * scale, 0)
    expect(toSVG(recordingOf(slow))).not.toContain('orphan')
  })

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY])('refuses a span of %d', (span) => {
    const message = `span: expected a finite number of ms, more than 0, got ${span}`
    expect(() => toSVG(recordingOf(slow), { span })).toThrow(new RangeError(message))
  })
})

it('shows one Task and its causes alone', () => {
  const recording = recordingOf(
    function* main() {
      function* worker(): Coroutine<void> {
        yield* sleep(10)
      }
      function* failing(): Coroutine<void> {
        yield* sleep(10)
        throw new Error('no cause of the others')
      }
      yield* gather([worker(), worker(), worker(), failing()])
    },
    { fails: true },
  )
  const { svg, lanes } = draw(recording, { focus: 3 })
  const faint = [...svg.matchAll(/<rect y="(\d+)" width="\d+" height="58"\/>/g)].map(([, y]) => Number(y) + 29)
  expect(faint).toEqual(lanes.filter(({ task }) => ![1, 3].includes(task)).map(({ y }) => y))
  expect(draw(recording).svg).not.toContain('dimmed')
})

describe('what is wrong with a run', () => {
  const textsOf = (recording: Recording): string[] =>
    [...draw(recording).svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text!)
  const created = (task: number, parent: number, name: string): Row => ({
    time: 0,
    kind: 'created',
    task,
    parent,
    name,
    line: 1,
  })
  const wait = (time: number, task: number, on = 0, label = 'sleep(9)'): Row => ({
    time,
    kind: 'suspended',
    task,
    label,
    on,
    positions: [{ function: 'acquire', line: 9 }],
  })
  const step = (time: number, task: number): Row => ({ time, kind: 'step', task, by: 'value', from: 0 })
  const done = (time: number, task: number): Row => ({
    time,
    kind: 'done',
    task,
    outcome: 'returned',
    error: '',
    from: 0,
  })
  const left: Row = { time: 5, kind: 'left', task: 1, function: 'save', made: 2 }
  const before = [created(1, 0, 'main'), created(2, 1, 'send'), wait(0, 1), step(0, 2), wait(0, 2), step(5, 1)]

  it('is where a function ends before a Task that it made, unless a Task waits for it later', () => {
    const after = [step(9, 2), done(9, 2), step(9, 1), done(9, 1)]
    const isWrong = (...rows: Row[]): boolean => textsOf({ version: 1, rows }).includes('save() has ended')
    expect(isWrong(...before, left, wait(5, 1), ...after)).toBe(true)
    expect(isWrong(...before, left, wait(5, 1, 2), ...after)).toBe(false)
    expect(isWrong(...before, wait(5, 1), ...after)).toBe(false)
  })

  it('is a wake-up that a cancelled Task did not pass on, with whoever gave it', () => {
    const recording = recordingOf(
      function* main() {
        const waiters: Future<void>[] = []
        function* worker(): Coroutine<void> {
          const turn = getRunningLoop().createFuture<void>()
          waiters.push(turn)
          yield* turn
        }
        const [b, c] = [createTask(worker(), { name: 'b' }), createTask(worker(), { name: 'c' })]
        yield* sleep(1)
        waiters[0]!.setResult()
        b.cancel()
        yield* c
      },
      { fails: true },
    )
    expect(textsOf(recording)).toEqual(expect.arrayContaining(['wakes b', 'not passed on']))
  })

  it('is a closed loop of Tasks, with what each of them wants, in the words of the reader', () => {
    const recording = recordingOf(
      function* main() {
        const [one, other] = [new Lock(), new Lock()]
        function* transfer(from: Lock, to: Lock): Coroutine<void> {
          yield* from.acquire()
          yield* sleep(1)
          yield* to.acquire()
        }
        yield* gather([transfer(one, other), transfer(other, one)])
      },
      { fails: true },
    )
    expect(textsOf(recording)).toEqual(expect.arrayContaining(['wants Lock 1', 'wants Lock 2']))
    const words = (english: string): string => english.replace('wants', 'will')
    const { svg, focus, xs } = draw(recording, { words })
    expect(svg).toContain('>will Lock 2<')
    expect(xs[0]! < focus! && focus! < xs.at(-1)!).toBe(true)
  })
})

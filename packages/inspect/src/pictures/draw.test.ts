import { type Coroutine, VirtualClock } from '@spindle/loop'
import { ensureFuture, moveOnAfter, newEventLoop, runSync, sleep, timeout } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { record } from '../recorder/record.ts'
import { Recorder } from '../recorder/recorder.ts'
import type { Recording } from '../recording.ts'
import { formatRecording } from '../recording-file/format.ts'
import { parseRecording } from '../recording-file/parse.ts'
import { summary, toAccount } from './account.ts'
import { draw, toSVG } from './draw.ts'

function recorded(steps: number): Recording {
  const loop = newEventLoop({ clock: new VirtualClock() })
  loop.setExceptionHandler(() => {})
  const recorder = new Recorder()
  recorder.watch(loop)
  function* aWorkerWithAVeryLongNameThatNoLaneHasRoomFor(): Coroutine<void> {
    for (let n = 0; n < steps; n++) yield* sleep(n % 3)
    throw new Error('an explanation that is far too long for a picture on a phone')
  }
  function* main(): Coroutine<void> {
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
  try {
    runSync(main(), { loopFactory: () => loop })
  } catch {} // it fails
  return recorder.recording()
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
    const loop = newEventLoop({ clock: new VirtualClock() })
    loop.setExceptionHandler(() => {})
    const active = record(loop)
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
    runSync(main(), { loopFactory: () => loop })
    return active.stop()
  }

  it('is called lost in the picture, the account and the summary, and keeps this in a file', () => {
    const recording = run(false)
    expect(recording.rows.filter(({ kind }) => kind === 'lost')).toEqual([{ time: 5, kind: 'lost', task: 3 }])
    expect(parseRecording(formatRecording(recording)).rows).toEqual(recording.rows)
    expect(toAccount(recording).at(-1)?.text).toBe('nothing has received the error of worker 2: it is lost')
    expect(summary(recording)).toMatch(/worker 1 and worker 2 fail\. Nothing received the error of worker 2\.$/)
    expect(toSVG(recording).split('lost: nothing received it')).toHaveLength(2)
  })

  it('is not called so if it was retrieved', () => {
    const recording = run(true)
    expect(recording.rows.some(({ kind }) => kind === 'lost')).toBe(false)
    expect(toSVG(recording) + summary(recording)).not.toMatch(/lost|othing received/)
  })
})

it('shows a deadline that did not fire where its block ends, and not one that fired', () => {
  const loop = newEventLoop({ clock: new VirtualClock() })
  using active = record(loop)
  function* main(): Coroutine<void> {
    yield* timeout(500, () => sleep(20))
    yield* moveOnAfter(30, () => sleep(500))
    yield* moveOnAfter(Number.POSITIVE_INFINITY, () => sleep(1))
  }
  runSync(main(), { loopFactory: () => loop })
  const recording = active.stop()
  const deadlines = recording.rows.filter(({ kind }) => kind === 'in-time')
  expect(deadlines).toEqual([{ time: 20, kind: 'in-time', task: 1, deadline: 500 }])
  expect(parseRecording(formatRecording(recording)).rows).toEqual(recording.rows)
  const svg = toSVG(recording)
  const [x] = [...svg.matchAll(/<path d="M([\d.]+) [^"]*l8 3.5-8 3.5"/g)].map(([, x]) => Number(x))
  expect(x).toBe(draw(recording).xs[recording.rows.indexOf(deadlines[0]!)])
  expect(svg.match(/in time for [^<]*/g)).toEqual(['in time for 500 ms'])
  expect(
    toAccount(recording)
      .filter(({ text }) => text.includes('deadline'))
      .map(({ text }) => text),
  ).toEqual([
    'the deadline of main at 500 ms does not fire: its block has ended',
    'the deadline at 50 ms cancels main. Nothing has happened to it yet',
  ])
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

  it('draws fewer events in a narrow picture, says so, and shows those at the cursor', () => {
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

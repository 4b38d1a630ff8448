import { type Coroutine, VirtualClock } from '@spindle/loop'
import { ensureFuture, newEventLoop, runSync, sleep } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { Recorder } from '../recorder/recorder.ts'
import type { Recording } from '../recording.ts'
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

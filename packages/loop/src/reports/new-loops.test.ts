import { afterEach, describe, expect, it, vi } from 'vitest'
import type { EventLoop } from '../face/event-loop.ts'
import { newLoop } from '../new-loop.fixture.ts'
import { onNewLoop } from './new-loops.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('onNewLoop', () => {
  it('is called with each new loop until it is removed', () => {
    const heard: EventLoop[] = []
    const stop = onNewLoop((loop) => heard.push(loop))
    const loops = [newLoop(), newLoop()]
    stop()
    newLoop()
    expect(heard).toEqual(loops)
  })

  it('shares its listeners with other copies of the package, by a well-known symbol', () => {
    const stop = onNewLoop(() => {})
    const place = (globalThis as { [key: symbol]: unknown })[Symbol.for('spindle.new-loops')] as Set<unknown>
    const heard: unknown[] = []
    const listener = (loop: unknown): unknown => heard.push(loop)
    place.add(listener)
    const loop = newLoop()
    place.delete(listener)
    stop()
    expect([heard, place.size]).toEqual([[loop], 0])
  })

  it('reports a listener that throws, and calls the next one', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const heard: EventLoop[] = []
    const stops = [
      onNewLoop(() => {
        throw new Error('a bug in the listener')
      }),
      onNewLoop((loop) => heard.push(loop)),
    ]
    const loop = newLoop()
    for (const stop of stops) stop()
    expect(heard).toEqual([loop])
    expect(String(error.mock.calls[0]?.[0])).toMatch(/^Exception in a listener of new loops\nError: a bug/)
  })

  it('takes functions only', () => {
    expect(() => onNewLoop(5 as never)).toThrow(new TypeError('onNewLoop() expected a function, got 5'))
  })
})

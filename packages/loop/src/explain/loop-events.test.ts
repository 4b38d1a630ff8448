import { afterEach, describe, expect, it, vi } from 'vitest'
import type { EventLoop } from '../face/event-loop.ts'
import { newLoop } from '../new-loop.fixture.ts'
import { VirtualClock } from '../scheduling/virtual-clock.ts'
import type { LoopEventMap } from './loop-events.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

function virtualLoop(): EventLoop {
  return newLoop({ clock: new VirtualClock(100) })
}

/** Runs exactly one iteration, with at least one callback. */
function turn(loop: EventLoop): void {
  loop.callSoon(() => {})
  loop.stop()
  loop.runForeverSync()
}

describe('LoopEvents', () => {
  it('are numbered, and have the time of the loop', () => {
    const loop = virtualLoop()
    const log: unknown[] = []
    loop.setExceptionHandler(() => {})
    for (const name of ['turn', 'future:done', 'handle:slow', 'exception'] as const) {
      loop.events.on(name, (event: unknown) => log.push([name, event]))
    }
    const future = loop.createFuture<number>()
    const error = new Error('no')
    const slow = loop.callLater(50, () => loop.advanceTo(loop.time() + 250))
    loop.callLater(60, () => future.setResult(1))
    const failing = loop.callLater(1000, () => {
      throw error
    })
    loop.callLater(1000, () => loop.stop())
    loop.runForeverSync()
    const context = { message: expect.stringMatching('^Exception in callback '), exception: error, handle: failing }
    expect(log).toEqual([
      ['handle:slow', { sequence: 1, time: 400, handle: slow, duration: 250 }],
      ['turn', { sequence: 2, time: 400, handles: 1, idle: 50, lag: 0 }],
      ['future:done', { sequence: 3, time: 400, future, wakes: [], callbacksFor: [] }],
      ['turn', { sequence: 4, time: 400, handles: 1, idle: 0, lag: 240 }],
      ['exception', { sequence: 5, time: 1100, context }],
      ['turn', { sequence: 6, time: 1100, handles: 2, idle: 700, lag: 0 }],
    ])
  })

  it('contain how long the loop has slept when it was woken from outside', () => {
    const loop = newLoop()
    const log: LoopEventMap['turn'][] = []
    loop.events.on('turn', (event) => log.push(event))
    // What is outside rings while the loop is about to sleep, and leaves something before it looks again.
    let looks = 0
    loop.wakeSources.external++
    loop.wakeSources.receive = () => {
      looks++
      Atomics.add(loop.wakeSources.wakeCell as Int32Array, 0, 1)
      if (looks === 3) loop.callSoon(() => loop.stop())
    }
    const begun = performance.now()
    loop.runForeverSync()
    expect({ looks, turns: log.length }).toEqual({ looks: 3, turns: 1 })
    expect(log[0]?.idle).toBeGreaterThanOrEqual(0)
    expect(log[0]?.idle).toBeLessThanOrEqual(performance.now() - begun + 1)
  })

  it('are emitted while there is a listener, and cost nothing otherwise', () => {
    const loop = virtualLoop()
    const emit = vi.spyOn(loop.events, 'emitEvent')
    const log: string[] = [loop.probe === undefined ? 'unobserved' : 'observed']
    const listener = (): void => {}
    const { events } = loop
    for (const change of [
      () => events.on('turn', listener),
      () => events.once('task:done', listener),
      () => events.off('turn', listener),
      () => events.removeAllListeners('task:done'),
      () => events.addListener('turn', listener),
      () => events.removeListener('turn', listener),
      () => events.on('turn', listener).on('exception', listener).removeAllListeners(),
    ]) {
      change()
      log.push(loop.probe === undefined ? 'unobserved' : 'observed')
    }
    loop.callSoon(() => {})
    loop.createFuture<void>().setResult()
    turn(loop)
    expect(log.join(' ')).toBe('unobserved observed observed observed unobserved observed unobserved unobserved')
    expect(emit.mock.calls).toEqual([])
  })

  it('do not read the clock without a listener', () => {
    let asked = 0
    const loop = newLoop({ clock: { time: () => ++asked } })
    const before = asked
    for (let n = 0; n < 1000; n++) {
      loop.callSoon(() => {})
      const future = loop.createFuture<number>()
      future.addDoneCallback(() => {})
      future.setResult(n)
    }
    loop.runReady()
    expect(asked - before).toBe(0)
  })

  it('are emitted to functions only', () => {
    const { events } = newLoop()
    expect(() => events.on('turn', 5 as never)).toThrow(new TypeError('a listener must be a function, got 5'))
    expect(() => events.once('turn', undefined as never)).toThrow('a listener must be a function, got undefined')
  })

  it('call a listener of once() a single time', () => {
    const loop = virtualLoop()
    const log: string[] = []
    loop.events.once('turn', () => log.push('once'))
    turn(loop)
    const observed = loop.probe !== undefined
    turn(loop)
    expect({ log, observed }).toEqual({ log: ['once'], observed: false })
  })

  it('call the other listeners as often as ever when one of them was of once()', () => {
    const loop = virtualLoop()
    const log: string[] = []
    const both = (): void => void log.push('both')
    loop.events.on('turn', () => log.push('a'))
    loop.events.on('turn', both)
    loop.events.once('turn', both)
    loop.events.once('turn', () => log.push('b'))
    turn(loop)
    log.push('-')
    turn(loop)
    expect(log).toEqual(['a', 'both', 'both', 'b', '-', 'a', 'both'])
    expect(loop.probe).toBeDefined()
  })

  it('call listeners in the order they were added, with their context', () => {
    const loop = virtualLoop()
    const log: unknown[] = []
    const context = { name: 'context' }
    function listener(this: unknown): void {
      log.push(this)
    }
    loop.events.on('turn', listener, context).on('turn', () => log.push('second'))
    turn(loop)
    loop.events.off('turn', listener, {})
    turn(loop)
    loop.events.off('turn', listener, context)
    turn(loop)
    expect(log).toEqual([context, 'second', context, 'second', 'second'])
  })

  it('let a listener remove itself and others', () => {
    const loop = virtualLoop()
    const log: string[] = []
    const first = (): void => {
      log.push('first')
      loop.events.off('turn', first)
    }
    loop.events.on('turn', first).on('turn', () => log.push('second'))
    turn(loop)
    turn(loop)
    expect(log).toEqual(['first', 'second', 'second'])
  })

  it('continue after a listener that throws, report it, and change nothing', () => {
    const loop = virtualLoop()
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const handled: unknown[] = []
    loop.setExceptionHandler((_loop, context) => handled.push(context))
    const log: string[] = []
    loop.events.on('future:done', () => {
      throw new Error('a bug in the listener')
    })
    loop.events.on('future:done', () => log.push('next listener'))
    loop.events.on('exception', () => {
      throw new Error('another bug') // must not call itself forever
    })
    const future = loop.createFuture<number>()
    future.addDoneCallback(() => log.push('callback'))
    future.setResult(1)
    loop.callSoon(() => {
      throw new Error('of a callback')
    })
    turn(loop)
    const reports = error.mock.calls.map(([text]) => String(text).split('\n').slice(0, 2))
    const message = 'Exception in a listener of loop.events'
    expect([log, handled.length]).toEqual([['next listener', 'callback'], 1])
    expect(reports).toEqual([
      [message, 'Error: a bug in the listener'],
      [message, 'Error: another bug'],
    ])
  })

  it('are emitted for a Future before its waiters are called', () => {
    const loop = virtualLoop()
    const log: string[] = []
    loop.events.on('future:done', ({ future }) => log.push(`done ${future.done()}`))
    loop.events.on('turn', () => log.push('turn'))
    const future = loop.createFuture<number>()
    future.addDoneCallback(() => log.push('callback'))
    loop.callSoon(() => {
      log.push('sets')
      future.setResult(1)
      log.push('goes on')
    })
    turn(loop)
    turn(loop)
    expect(log).toEqual(['sets', 'done true', 'goes on', 'turn', 'callback', 'turn'])
  })
})

import { describe, expect, it, vi } from 'vitest'
import { newLoop } from '../new-loop.fixture.ts'
import { monotonicClock } from './clock.ts'
import { VirtualClock } from './virtual-clock.ts'

describe('VirtualClock', () => {
  it('stands still until it is set, and never goes back', () => {
    const clock = new VirtualClock(10)
    const log: unknown[] = [clock.time(), clock.time()]
    clock.advanceTo(10)
    clock.advanceTo(12.5)
    log.push(clock.time())
    for (const wrong of [12, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(() => clock.advanceTo(wrong)).toThrow(
        new RangeError(`a clock goes forward only: it shows 12.5, got ${wrong}`),
      )
    }
    expect([...log, clock.time(), new VirtualClock().time()]).toEqual([10, 10, 12.5, 12.5, 0])
  })

  it('can be shared by loops, which then agree about the time', () => {
    const clock = new VirtualClock()
    const [one, other] = [newLoop({ clock }), newLoop({ clock })]
    const log: number[] = []
    one.callLater(100, () => {
      log.push(one.time(), other.time())
      one.stop()
    })
    one.runForeverSync()
    other.callLater(50, () => {
      log.push(other.time())
      other.stop()
    })
    other.runForeverSync()
    expect(log).toEqual([100, 100, 150])
  })

  it('has to be created, not only named', () => {
    for (const wrong of [VirtualClock, 3]) {
      expect(() => newLoop({ clock: wrong as never })).toThrow(TypeError)
      expect(() => newLoop({ clock: wrong as never })).toThrow('clock must be a Clock, got ')
    }
  })
})

describe('The clock of the machine', () => {
  it('never goes back', () => {
    const times = Array.from({ length: 1000 }, () => monotonicClock.time())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  it('counts milliseconds, with or without hrtime', () => {
    const elapsed = (): { ms: number; most: number } => {
      const begun = performance.now()
      const [before, start] = [monotonicClock.time(), performance.now()]
      while (performance.now() - start < 2);
      return { ms: monotonicClock.time() - before, most: performance.now() - begun }
    }
    const withHrtime = elapsed()
    vi.stubGlobal('process', {})
    const without = elapsed()
    vi.unstubAllGlobals()
    for (const { ms, most } of [withHrtime, without]) {
      expect(ms).toBeGreaterThanOrEqual(2)
      expect(ms).toBeLessThanOrEqual(most + 1) // of two clocks
    }
  })

  it('leaves `performance` alone where there is hrtime: the first look at it costs', () => {
    vi.stubGlobal('performance', undefined)
    vi.stubGlobal('process', { hrtime: () => [2, 500_000] })
    const time = monotonicClock.time()
    vi.unstubAllGlobals()
    expect(time).toBe(2000.5)
  })
})

describe('A clock of one’s own', () => {
  it('is the clock that a loop uses', () => {
    let now = 0
    const loop = newLoop({ clock: { time: () => now } })
    const log: string[] = []
    loop.callAt(5, () => log.push('at 5'))
    for (now of [1, 4.9, 5, 6]) {
      loop.stop()
      loop.runForeverSync()
      log.push(`${now}`)
    }
    expect(log).toEqual(['1', '4.9', 'at 5', '5', '6'])
  })

  it('needs no shared memory in a blocking run: a browser’s page has none', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined)
    try {
      const loop = newLoop({ clock: new VirtualClock() })
      const log: string[] = []
      loop.callLater(5, () => log.push(String(loop.time())))
      loop.callLater(6, () => loop.stop())
      loop.runForeverSync()
      loop.close()
      expect(log).toEqual(['5'])
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

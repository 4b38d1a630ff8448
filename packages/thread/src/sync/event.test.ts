import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { Event, Thread } from '../index.ts'
import { setAfter, waitFor } from '../targets.fixture.ts'

const elapsed = (run: () => void): number => {
  const before = performance.now()
  run()
  return performance.now() - before
}

describe('Event', () => {
  it('is set, queried and cleared', () => {
    const event = new Event()
    expect(event.isSet()).toBe(false)
    event.set()
    event.set()
    expect({ isSet: event.isSet(), wait: event.wait() }).toEqual({ isSet: true, wait: true })
    event.clear()
    expect(event.isSet()).toBe(false)
  })

  it('ends a wait after its timeout, and not before', () => {
    const event = new Event()
    for (const timeout of [0, -5, 20, 33.3]) {
      let isSet: boolean | undefined
      const time = elapsed(() => {
        isSet = event.wait({ timeout })
      })
      expect(isSet).toBe(false)
      expect(time).toBeGreaterThanOrEqual(timeout)
    }
  })

  it('ends no wait by a wake-up that comes late, from a set() whose clear() has followed', () => {
    const event = new Event()
    const set = (): 'ok' => {
      event.set()
      return 'ok'
    }
    const sleep = vi.spyOn(Atomics, 'wait').mockReturnValueOnce('ok').mockImplementationOnce(set)
    expect({ isSet: event.wait(), sleeps: sleep.mock.calls.length }).toEqual({ isSet: true, sleeps: 2 })
    sleep.mockRestore()
  })

  it('refuses an invalid timeout', () => {
    const event = new Event()
    expect(() => event.wait({ timeout: Number.NaN })).toThrow(new RangeError('Invalid value NaN (not a number)'))
    expect(() => event.wait({ timeout: '10' as never })).toThrow(
      new TypeError("timeout must be a number of milliseconds, got '10'"),
    )
  })

  it('wakes this thread when another sets it', () => {
    const event = new Event()
    new Thread({ target: setAfter, args: [30, event] }).start()
    expect(event.wait({ timeout: 10_000 })).toBe(true)
  })

  it('wakes every thread that waits', () => {
    const event = new Event()
    const seen = [new Event(), new Event(), new Event()]
    const threads = seen.map((one) => new Thread({ target: waitFor, args: [event, one] }))
    for (const thread of threads) thread.start()
    expect(seen.some((one) => one.wait({ timeout: 20 }))).toBe(false)
    event.set()
    for (const thread of threads) thread.join()
    expect(seen.filter((one) => !one.isSet())).toEqual([])
  })

  it('is printed as threading prints it', () => {
    const event = new Event()
    const unset = `${event}`
    event.set()
    expect(unset).toMatch(/^<Event at 0x7f[0-9a-f]{10}: unset>$/)
    expect(inspect(event)).toBe(unset.replace('unset', 'set'))
    expect(`${new Event()}`).not.toBe(unset)
  })
})

import { describe, expect, it } from 'vitest'
import { activeCount, currentThread, Event, enumerate, getIdent, mainThread, Timer } from '../index.ts'
import { set } from '../sync/contention.fixture.ts'

describe('Timer', () => {
  it('calls the function after its time, on a separate thread', () => {
    const event = new Event()
    const timer = new Timer(50, set, [event])
    expect(`${timer}`).toMatch(/^<Timer\(Timer-\d+ \(set\), initial\)>$/)
    timer.start()
    expect({ hasRun: event.isSet(), isListed: enumerate().includes(timer), count: activeCount() }).toEqual({
      hasRun: false,
      isListed: true,
      count: enumerate().length,
    })
    timer.join()
    expect({ hasRun: event.isSet(), isListed: enumerate().includes(timer) }).toEqual({ hasRun: true, isListed: false })
  })

  it('calls nothing when it is cancelled before', () => {
    const event = new Event()
    const timer = new Timer(60_000, set, [event])
    timer.start()
    timer.cancel()
    timer.join()
    expect(event.isSet()).toBe(false)
  })

  it('refuses a function that a thread could not find', () => {
    expect(() => new Timer(1, 3 as never)).toThrow('fn must be a function, got 3')
    expect(() => new Timer(Number.NaN, set, [new Event()])).toThrow(RangeError)
    expect(() => new Timer(1, set, new Event() as never)).toThrow(/^args must be an array, got <Event/)
  })
})

describe('enumerate', () => {
  it('lists the main thread and the current one', () => {
    expect(enumerate()).toEqual(expect.arrayContaining([mainThread(), currentThread()]))
    expect(getIdent()).toBe(currentThread().ident)
  })
})

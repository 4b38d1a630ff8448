import { inspect } from 'node:util'
import type { Coroutine } from '@spindle/loop'
import { getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { Barrier, BrokenBarrierError, createTask, gather, sleep, type Task, wait } from '../index.ts'

const PARTIES = 5

describe('Barrier', () => {
  it('prints its state, and how many of how many wait', function* () {
    const barrier = new Barrier(PARTIES)
    const waiting: Task<number>[] = []
    function* come(count: number): Coroutine<void> {
      for (let i = 0; i < count; i++) waiting.push(createTask(barrier.wait()))
      yield* sleep(0)
    }
    yield* come(2)
    expect(String(barrier)).toBe('<Barrier [filling, waiters:2/5]>')
    yield* come(barrier.parties - barrier.nWaiting)
    expect(inspect(barrier)).toBe('<Barrier [draining, waiters:0/5]>')
    yield* come(2)
    yield* barrier.reset()
    expect(String(barrier)).toBe('<Barrier [resetting, waiters:0/5]>')
    yield* come(2)
    yield* barrier.abort()
    expect([String(barrier), barrier.broken]).toEqual(['<Barrier [broken]>', true])
    yield* gather(waiting, { returnExceptions: true })
  })

  it('refuses an invalid number of parties', () => {
    for (const parties of [0, -4]) {
      expect(() => new Barrier(parties)).toThrow(new RangeError('parties must be >= 1'))
    }
    for (const parties of [2.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Barrier(parties)).toThrow(new RangeError(`parties must be an integer, got ${parties}`))
    }
    expect(() => new Barrier('2' as never)).toThrow(new TypeError("parties must be a number, got '2'"))
    expect(new Barrier(PARTIES).parties).toBe(PARTIES)
  })

  it('is named by a Task that waits for it', function* () {
    const barrier = new Barrier(3)
    const task = createTask(barrier.wait())
    yield* sleep(0)
    expect(String(task)).toContain('wait_for=<Future pending for=<Barrier [filling, waiters:1/3]>.wait() cb=[')
    const labels: string[] = []
    getRunningLoop().events.on('task:suspended', ({ label }) => labels.push(label))
    const other = createTask(barrier.wait())
    yield* sleep(0)
    expect(labels).toContain('Barrier.wait()')
    for (const waiting of [task, other]) waiting.cancel()
    yield* wait([task, other])
  })

  it('drains until the last has left', function* () {
    const barrier = new Barrier(PARTIES)
    const states: string[] = []
    yield* all(PARTIES, function* () {
      yield* barrier.wait()
      states.push(String(barrier))
    })
    const draining = '<Barrier [draining, waiters:0/5]>'
    expect(states).toEqual([draining, draining, draining, draining, '<Barrier [filling, waiters:0/5]>'])
  })

  it('sends away the Tasks that have not left if it is reset while it drains', function* () {
    const barrier = new Barrier(PARTIES)
    const log: string[] = []
    let gone = 0
    yield* all(PARTIES, function* () {
      try {
        yield* barrier.wait()
      } catch (error) {
        log.push((error as Error).name)
        return
      }
      if (++gone === 3) yield* barrier.reset() // two are left
    })
    expect(log).toEqual(['BrokenBarrierError', 'BrokenBarrierError'])
    expectEmpty(barrier)
  })

  it('lets Tasks that wait outside in after a reset while it drains', function* () {
    const barrier = new Barrier(PARTIES)
    const log: string[] = []
    let gone = 0
    yield* all(PARTIES, function* () {
      try {
        yield* barrier.wait()
      } catch {
        log.push('sent away')
        return yield* barrier.wait()
      }
      if (++gone > 2) yield* barrier.reset()
      return yield* barrier.wait()
    })
    expect(log).toEqual(['sent away', 'sent away'])
    expectEmpty(barrier)
  })

  it('is not disturbed by a reset of the last who leaves', function* () {
    const barrier = new Barrier(PARTIES)
    let gone = 0
    const rounds = yield* all(PARTIES, function* () {
      yield* barrier.wait()
      if (++gone === PARTIES) yield* barrier.reset()
      yield* barrier.wait()
      yield* barrier.wait()
      return 3
    })
    expect(rounds).toEqual([3, 3, 3, 3, 3])
    expectEmpty(barrier)
  })

  it('fails all waiters when it is aborted while it drains, inside and outside', function* () {
    const barrier = new Barrier(PARTIES)
    const log: string[] = []
    let gone = 0
    yield* all(PARTIES, function* () {
      try {
        yield* barrier.wait()
      } catch (error) {
        log.push(`inside: ${(error as Error).message}`)
        return
      }
      if (++gone > 2) return yield* barrier.abort()
      try {
        yield* barrier.wait()
      } catch (error) {
        log.push(`outside: ${(error as Error).message}`)
      }
    })
    expect(log.toSorted()).toEqual([
      ...times(2, () => 'inside: Abort or reset of barrier'),
      ...times(2, () => 'outside: Barrier aborted'),
    ])
    expect({ broken: barrier.broken, nWaiting: barrier.nWaiting }).toEqual({ broken: true, nWaiting: 0 })
  })

  it('serves again when it is reset after an abort', function* () {
    const barrier = new Barrier(PARTIES)
    const between = new Barrier(PARTIES)
    const outcomes = yield* all(PARTIES, function* () {
      const outcome = yield* failInTheMiddle(barrier)
      if ((yield* between.wait()) === 2) yield* barrier.reset()
      yield* between.wait()
      yield* barrier.wait()
      return outcome
    })
    expect(outcomes.toSorted()).toEqual(['aborted', ...times(4, () => 'sent away')])
    expectEmpty(barrier)
  })
})

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function* all<T>(count: number, coroutine: () => Coroutine<T>): Coroutine<T[]> {
  return yield* gather(times(count, coroutine))
}

/** It is filling again, and has no waiters. */
function expectEmpty(barrier: Barrier): void {
  expect(String(barrier)).toBe(`<Barrier [filling, waiters:0/${barrier.parties}]>`)
}

/** The one with number 2 fails between the rounds, and aborts; the others wait for it in vain. */
function* failInTheMiddle(barrier: Barrier): Coroutine<string> {
  try {
    if ((yield* barrier.wait()) === 2) throw new RangeError('in the middle')
    yield* barrier.wait()
    return 'through'
  } catch (error) {
    if (error instanceof BrokenBarrierError) return 'sent away'
    yield* barrier.abort()
    return 'aborted'
  }
}

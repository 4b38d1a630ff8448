import { inspect } from 'node:util'
import type { Coroutine } from '@spindle/loop'
import { getRunningLoop, RuntimeError } from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { Barrier, BrokenBarrierError, createTask, gather, sleep, type Task, wait } from '../index.ts'

const PARTIES = 5

describe('Barrier', () => {
  // CPython: test_locks.BarrierTests.test_barrier
  it(
    'is nothing to await itself',
    inVirtualTime(function* () {
      const barrier = new Barrier(PARTIES)
      function* wrong(): Coroutine<unknown> {
        // @ts-expect-error: `yield* barrier.wait()` is meant
        return yield* barrier
      }
      const [error] = yield* gather([wrong()], { returnExceptions: true })
      expect([error instanceof TypeError, String(barrier)]).toEqual([true, '<Barrier [filling, waiters:0/5]>'])
    }),
  )

  // CPython: test_locks.BarrierTests.test_repr
  it(
    'prints its state, and how many of how many wait',
    inVirtualTime(function* () {
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
    }),
  )

  // CPython: test_locks.BarrierTests.test_barrier_parties
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

  // CPython: test_locks.BarrierTests.test_context_manager
  it(
    'gives each a number of its own',
    inVirtualTime(function* () {
      const barrier = new Barrier(3)
      expect((yield* all(3, () => barrier.wait())).toSorted()).toEqual([0, 1, 2])
      expectEmpty(barrier)
    }),
  )

  // CPython: test_locks.BarrierTests.test_filling_one_task
  it(
    'lets one go on at once if it has one party only',
    inVirtualTime(function* () {
      const barrier = new Barrier(1)
      expect(yield* barrier.wait()).toBe(0)
      expectEmpty(barrier)
    }),
  )

  it(
    'is what a Task that waits is shown to wait for',
    inVirtualTime(function* () {
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
    }),
  )

  // CPython: test_locks.BarrierTests.test_filling_one_task_twice
  it(
    'lets one after another go on if it has one party only',
    inVirtualTime(function* () {
      const barrier = new Barrier(1)
      const first = createTask(barrier.wait())
      yield* sleep(0)
      expect(barrier.nWaiting).toBe(0)
      const second = createTask(barrier.wait())
      yield* sleep(0)
      expect([first.result(), second.result()]).toEqual([0, 0])
      expectEmpty(barrier)
    }),
  )

  // CPython: test_locks.BarrierTests.test_filling_task_by_task
  it(
    'fills one by one',
    inVirtualTime(function* () {
      const barrier = new Barrier(3)
      const tasks: Task<number>[] = []
      for (const waiting of [1, 2]) {
        tasks.push(createTask(barrier.wait()))
        yield* sleep(0)
        expect(String(barrier)).toBe(`<Barrier [filling, waiters:${waiting}/3]>`)
      }
      tasks.push(createTask(barrier.wait()))
      yield* sleep(0)
      yield* wait(tasks)
      expectEmpty(barrier)
    }),
  )

  // CPython: test_locks.BarrierTests.test_filling_tasks_wait_twice
  it(
    'serves again after all have gone on',
    withBarrier(function* (barrier) {
      const log: number[] = []
      yield* all(PARTIES, function* () {
        for (const round of [1, 2]) {
          yield* barrier.wait()
          log.push(round)
        }
      })
      expect(log.toSorted().join('')).toBe('1111122222')
    }),
  )

  // CPython: test_locks.BarrierTests.test_filling_tasks_check_return_value
  it(
    'gives each a number of its own in each round',
    withBarrier(function* (barrier) {
      const indices = yield* all(PARTIES, function* () {
        yield* barrier.wait()
        return yield* barrier.wait()
      })
      expect(indices.toSorted()).toEqual([0, 1, 2, 3, 4])
    }),
  )

  // CPython: test_locks.BarrierTests.test_draining_state
  it(
    'drains until the last has left',
    inVirtualTime(function* () {
      const barrier = new Barrier(PARTIES)
      const states: string[] = []
      yield* all(PARTIES, function* () {
        yield* barrier.wait()
        states.push(String(barrier))
      })
      const draining = '<Barrier [draining, waiters:0/5]>'
      expect(states).toEqual([draining, draining, draining, draining, '<Barrier [filling, waiters:0/5]>'])
    }),
  )

  // CPython: test_locks.BarrierTests.test_blocking_tasks_while_draining
  it(
    'keeps outside who comes again while it drains',
    inVirtualTime(function* () {
      const again = 2
      const barrier = new Barrier(PARTIES)
      const others = new Barrier(PARTIES - again)
      let left = again
      yield* all(PARTIES, function* () {
        yield* barrier.wait()
        if (left-- <= 0) yield* others.wait() // those who do not come again at once
        yield* barrier.wait()
      })
      expectEmpty(barrier)
      expectEmpty(others)
    }),
  )

  // CPython: test_locks.BarrierTests.test_filling_tasks_cancel_one
  it(
    'has a place free again when one is cancelled',
    inVirtualTime(function* () {
      const barrier = new Barrier(3)
      const first = createTask(barrier.wait())
      yield* sleep(0)
      const second = createTask(barrier.wait())
      yield* sleep(0)
      expect(barrier.nWaiting).toBe(2)
      first.cancel()
      yield* sleep(0)
      expect({ nWaiting: barrier.nWaiting, done: first.done() }).toEqual({ nWaiting: 1, done: true })
      const third = createTask(barrier.wait())
      yield* sleep(0)
      expect(barrier.nWaiting).toBe(2)
      yield* gather([second, third, barrier.wait()])
      expect(first.cancelled()).toBe(true)
      expectEmpty(barrier)
    }),
  )

  // CPython: test_locks.BarrierTests.test_reset_barrier
  it(
    'can be reset while nobody waits',
    inVirtualTime(function* () {
      const barrier = new Barrier(1)
      createTask(barrier.reset())
      yield* sleep(0)
      expectEmpty(barrier)
    }),
  )

  // CPython: test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting
  it(
    'sends those who wait away when it is reset',
    withBarrier(function* (barrier) {
      const tasks = times(PARTIES - 1, () => createTask(barrier.wait()))
      yield* sleep(0)
      createTask(barrier.reset())
      const outcomes = yield* gather(tasks, { returnExceptions: true })
      expect(outcomes.map(String)).toEqual(times(4, () => 'BrokenBarrierError: Abort or reset of barrier'))
      expect(outcomes.every((error) => error instanceof BrokenBarrierError && error instanceof RuntimeError)).toBe(true)
    }),
  )

  // CPython: test_locks.BarrierTests.test_reset_barrier_when_tasks_half_draining
  it(
    'sends those away who have not left when it is reset while it drains',
    withBarrier(function* (barrier) {
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
    }),
  )

  // CPython: test_locks.BarrierTests.test_reset_barrier_when_tasks_half_draining_half_blocking
  it(
    'lets those who wait outside in after a reset while it drains',
    withBarrier(function* (barrier) {
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
    }),
  )

  // CPython: test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting_and_waiting_again
  it(
    'lets those who were sent away by a reset wait again',
    withBarrier(function* (barrier) {
      const log: string[] = []
      function* twice(): Coroutine<void> {
        try {
          yield* barrier.wait()
        } catch {
          log.push('sent away')
        } finally {
          yield* barrier.wait()
          log.push('through')
        }
      }
      const tasks = times(PARTIES - 1, () => createTask(twice()))
      createTask(barrier.reset())
      yield* sleep(0)
      createTask(barrier.wait())
      yield* gather(tasks)
      expect(log.toSorted()).toEqual([...times(4, () => 'sent away'), ...times(4, () => 'through')])
    }),
  )

  // CPython: test_locks.BarrierTests.test_reset_barrier_while_tasks_draining
  it(
    'is not disturbed by a reset of the last who leaves',
    withBarrier(function* (barrier) {
      let gone = 0
      const rounds = yield* all(PARTIES, function* () {
        yield* barrier.wait()
        if (++gone === PARTIES) yield* barrier.reset()
        yield* barrier.wait()
        yield* barrier.wait()
        return 3
      })
      expect(rounds).toEqual([3, 3, 3, 3, 3])
    }),
  )

  // CPython: test_locks.BarrierTests.test_abort_barrier
  it(
    'is broken after an abort, until it is reset',
    inVirtualTime(function* () {
      const barrier = new Barrier(1)
      createTask(barrier.abort())
      yield* sleep(0)
      expect({ nWaiting: barrier.nWaiting, broken: barrier.broken }).toEqual({ nWaiting: 0, broken: true })
      const [error] = yield* gather([barrier.wait()], { returnExceptions: true })
      expect(String(error)).toBe('BrokenBarrierError: Barrier aborted')
      yield* barrier.reset()
      expect(yield* barrier.wait()).toBe(0)
    }),
  )

  // CPython: test_locks.BarrierTests.test_abort_barrier_when_tasks_half_draining_half_blocking
  it(
    'sends all away when it is aborted while it drains: those inside and those outside',
    inVirtualTime(function* () {
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
    }),
  )

  // CPython: test_locks.BarrierTests.test_abort_barrier_when_exception
  it(
    'can be aborted by one who fails, instead of coming again',
    inVirtualTime(function* () {
      const barrier = new Barrier(PARTIES)
      const outcomes = yield* all(PARTIES, () => failInTheMiddle(barrier))
      expect(outcomes.toSorted()).toEqual(['aborted', ...times(4, () => 'sent away')])
      expect({ broken: barrier.broken, nWaiting: barrier.nWaiting }).toEqual({ broken: true, nWaiting: 0 })
    }),
  )

  // CPython: test_locks.BarrierTests.test_abort_barrier_when_exception_then_resetting
  it(
    'serves again when it is reset after an abort',
    inVirtualTime(function* () {
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
    }),
  )

  it('removes a cancelled waiter, wherever it is cancelled, and lets the others through', async () => {
    let barrier = new Barrier(3)
    let others: Task<number>[] = []
    const points = await cancelEverywhere(
      function* program() {
        barrier = new Barrier(3)
        others = [createTask(barrier.wait()), createTask(barrier.wait())]
        yield* sleep(1)
        yield* barrier.wait()
      },
      function* check() {
        if (others.some((task) => !task.done())) yield* barrier.wait() // in the place of the one who was cancelled
        yield* gather(others)
        expect(String(barrier)).toBe('<Barrier [filling, waiters:0/3]>')
        others = []
      },
    )
    expect(points).toBeGreaterThan(3)
  })
})

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function* all<T>(count: number, coroutine: () => Coroutine<T>): Coroutine<T[]> {
  return yield* gather(times(count, coroutine))
}

/** A test of a Barrier that is filling again, with no waiters, at the end. */
function withBarrier(test: (barrier: Barrier) => Coroutine<void>): () => void {
  return inVirtualTime(function* () {
    const barrier = new Barrier(PARTIES)
    yield* test(barrier)
    expectEmpty(barrier)
  })
}

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

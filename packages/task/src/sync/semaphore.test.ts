import { inspect } from 'node:util'
import { type Coroutine, type Future, getRunningLoop } from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import {
  BoundedSemaphore,
  createTask,
  gather,
  newEventLoop,
  run,
  Semaphore,
  sleep,
  type Task,
  waitFor,
} from '../index.ts'

describe('Semaphore', () => {
  // CPython: test_locks.SemaphoreTests.test_initial_value_zero
  it('may begin without any permit', () => {
    expect(new Semaphore(0).locked()).toBe(true)
  })

  // CPython: test_locks.SemaphoreTests.test_repr
  it(
    'prints how many permits are left, and how many wait',
    inVirtualTime(function* () {
      const semaphore = new Semaphore()
      expect(String(semaphore)).toBe('<Semaphore [unlocked, value:1]>')
      yield* semaphore.acquire()
      expect(String(semaphore)).toBe('<Semaphore [locked]>')
      createTask(semaphore.acquire())
      yield* sleep(0)
      expect(String(semaphore)).toBe('<Semaphore [locked, waiters:1]>')
      createTask(semaphore.acquire())
      yield* sleep(0)
      expect(inspect(semaphore)).toBe('<Semaphore [locked, waiters:2]>')
      semaphore.release()
      semaphore.release()
      yield* sleep(0)
      expect(String(new BoundedSemaphore(3))).toBe('<BoundedSemaphore [unlocked, value:3]>')
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_semaphore
  it(
    'is nothing to await itself',
    inVirtualTime(function* () {
      const semaphore = new Semaphore()
      function* wrong(): Coroutine<unknown> {
        // @ts-expect-error: `yield* semaphore.acquire()` is meant
        return yield* semaphore
      }
      const [error] = yield* gather([wrong()], { returnExceptions: true })
      expect({ isTypeError: error instanceof TypeError, locked: semaphore.locked() }).toEqual({
        isTypeError: true,
        locked: false,
      })
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_semaphore_value
  it('refuses an invalid number of permits', () => {
    for (const Type of [Semaphore, BoundedSemaphore]) {
      expect(() => new Type(-1)).toThrow(new RangeError('Semaphore initial value must be >= 0'))
      expect(() => new Type(1.5)).toThrow(new RangeError('Semaphore initial value must be an integer, got 1.5'))
      expect(() => new Type(Number.NaN)).toThrow(new RangeError('Semaphore initial value must be an integer, got NaN'))
      expect(() => new Type('1' as never)).toThrow(new TypeError("Semaphore initial value must be a number, got '1'"))
    }
  })

  // CPython: test_locks.SemaphoreTests.test_acquire
  it(
    'lets in as many as there are permits, and then one for each that is given back',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(3)
      const log: number[] = []
      function* enter(id: number): Coroutine<void> {
        yield* semaphore.acquire()
        log.push(id)
      }
      yield* semaphore.acquire()
      yield* semaphore.acquire()
      expect(semaphore.locked()).toBe(false)
      const tasks = [1, 2, 3].map((id) => createTask(enter(id)))
      yield* sleep(0)
      expect([log, String(semaphore)]).toEqual([[1], '<Semaphore [locked, waiters:2]>'])
      tasks.push(createTask(enter(4)))
      semaphore.release()
      semaphore.release()
      yield* sleep(0)
      expect([log, String(semaphore)]).toEqual([[1, 2, 3], '<Semaphore [locked, waiters:1]>'])
      semaphore.release()
      yield* gather(tasks)
      expect(log).toEqual([1, 2, 3, 4])
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_cancel
  it(
    'forgets one who is cancelled',
    inVirtualTime(function* () {
      const semaphore = new Semaphore()
      yield* semaphore.acquire()
      const waiting = createTask(semaphore.acquire())
      getRunningLoop().callSoon(() => waiting.cancel())
      yield* gather([waiting], { returnExceptions: true })
      expect([waiting.cancelled(), String(semaphore)]).toEqual([true, '<Semaphore [locked]>'])
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_cancel_before_awoken
  it(
    'gives a permit to the first who was not cancelled',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(0)
      const tasks = [1, 2, 3, 4].map(() => createTask(semaphore.acquire()))
      yield* sleep(0)
      tasks[0]?.cancel()
      tasks[1]?.cancel()
      semaphore.release()
      yield* sleep(0)
      yield* sleep(0)
      expect(tasks.map(stateOf)).toEqual(['cancelled', 'cancelled', 'done', 'pending'])
      tasks[3]?.cancel()
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_hang
  it(
    'does not hang when the first is cancelled just before a permit comes',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(0)
      const first = createTask(semaphore.acquire())
      const second = createTask(semaphore.acquire())
      yield* sleep(0)
      first.cancel()
      semaphore.release()
      yield* sleep(0)
      yield* sleep(0)
      expect({ locked: semaphore.locked(), done: second.done() }).toEqual({ locked: true, done: true })
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_no_hang
  it(
    'takes a permit back from one who is cancelled after getting it',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(1)
      let entered = false
      function* canceller(): Coroutine<void> {
        {
          using _ = yield* semaphore.acquire()
          yield* sleep(0)
        }
        second.cancel()
      }
      function* entering(): Coroutine<void> {
        using _ = yield* semaphore.acquire()
        entered = true
      }
      const first = createTask(canceller())
      const second: Task<void> = createTask(entering())
      yield* gather([first, second], { returnExceptions: true })
      expect({ first: first.cancelled(), second: second.cancelled(), entered }).toEqual({
        first: false,
        second: true,
        entered: false,
      })
      yield* waitFor(semaphore.acquire(), 1000)
    }),
  )

  it(
    'passes a permit on when the one who got it is cancelled',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(0)
      const tasks = [1, 2, 3].map(() => createTask(semaphore.acquire()))
      yield* sleep(0)
      semaphore.release()
      tasks[0]?.cancel()
      yield* sleep(0)
      yield* sleep(0)
      expect(tasks.map(stateOf)).toEqual(['cancelled', 'done', 'pending'])
      tasks[2]?.cancel()
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_release_not_acquired
  it('refuses one release too many if it is bounded', () => {
    const semaphore = new BoundedSemaphore()
    expect(() => semaphore.release()).toThrow(new RangeError('BoundedSemaphore released too many times'))
    new Semaphore().release()
  })

  // CPython: test_locks.SemaphoreTests.test_release_no_waiters
  it(
    'is open again after a release if nobody waits',
    inVirtualTime(function* () {
      for (const semaphore of [new Semaphore(), new BoundedSemaphore()]) {
        yield* semaphore.acquire()
        expect(semaphore.locked()).toBe(true)
        semaphore.release()
        expect(semaphore.locked()).toBe(false)
      }
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_fifo_order
  it(
    'serves each in turn, also those who come again',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(1)
      const log: string[] = []
      function* user(name: string): Coroutine<void> {
        for (const round of [1, 2]) {
          yield* semaphore.acquire()
          log.push(name + round)
          yield* sleep(10)
          semaphore.release()
        }
      }
      yield* gather([user('a'), user('b'), user('c')])
      expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2'])
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_2
  it(
    'does not let one who releases and comes again overtake',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(1)
      const log: number[] = []
      function* once(id: number): Coroutine<void> {
        yield* semaphore.acquire()
        log.push(id)
      }
      function* twice(): Coroutine<void> {
        yield* once(2)
        semaphore.release()
        yield* once(4)
      }
      const tasks = [createTask(once(1)), createTask(twice()), createTask(once(3))]
      yield* sleep(0)
      semaphore.release()
      semaphore.release()
      yield* gather(tasks)
      expect(log).toEqual([1, 2, 3, 4])
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_3
  it(
    'serves those who are left in order after one was cancelled',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(0)
      const log: number[] = []
      function* enter(id: number): Coroutine<void> {
        yield* semaphore.acquire()
        log.push(id)
      }
      const tasks = [1, 2, 3].map((id) => createTask(enter(id)))
      yield* sleep(0)
      tasks[0]?.cancel()
      yield* sleep(0)
      semaphore.release()
      semaphore.release()
      yield* gather(tasks, { returnExceptions: true })
      expect(log).toEqual([2, 3])
    }),
  )

  // CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_4
  it(
    'wakes all for whom there are permits as soon as the first in the queue has gone on',
    inVirtualTime(function* () {
      const semaphore = new Semaphore(0)
      const log: number[] = []
      let late: Future<void> | undefined
      function* first(): Coroutine<void> {
        yield* semaphore.acquire()
        expect(permitsOf(semaphore)).toBe(0) // the others have theirs already
        late = createTask(fourth())
        log.push(1)
      }
      function* second(): Coroutine<void> {
        for (let i = 0; i < 3; i++) semaphore.release()
        expect({ permits: permitsOf(semaphore), locked: semaphore.locked() }).toEqual({ permits: 2, locked: true }) // first has not gone on yet
        yield* semaphore.acquire()
        log.push(2)
      }
      function* third(): Coroutine<void> {
        yield* semaphore.acquire()
        expect(semaphore.locked()).toBe(true)
        log.push(3)
      }
      function* fourth(): Coroutine<void> {
        log.push(4)
      }
      const tasks = [createTask(first()), createTask(second()), createTask(third())]
      yield* sleep(0)
      expect([permitsOf(semaphore), String(semaphore)]).toEqual([2, '<Semaphore [locked, waiters:3]>'])
      yield* sleep(0)
      yield* gather(late === undefined ? tasks : [...tasks, late])
      expect(log).toEqual([1, 2, 3, 4])
    }),
  )

  it('belongs to the loop in which a Task first had to wait', async () => {
    const semaphore = new Semaphore(0)
    const one = newEventLoop()
    const waiting = one.createTask(semaphore.acquire())
    one.runUntilCompleteSync(one.createTask(sleep(0)))
    function* taking(): Coroutine<void> {
      yield* semaphore.acquire()
    }
    await expect(run(taking())).rejects.toThrow('<Semaphore [locked, waiters:1]> is bound to a different event loop')
    semaphore.release()
    one.runUntilCompleteSync(waiting)
    one.close()
  })

  it('has all its permits again, wherever its users are cancelled', async () => {
    let semaphore = new Semaphore(2)
    const points = await cancelEverywhere(
      function* program() {
        semaphore = new Semaphore(2)
        function* user(): Coroutine<void> {
          using _ = yield* semaphore.acquire()
          yield* sleep(1)
        }
        yield* gather([user(), user(), user(), user(), user()])
      },
      () => expect(String(semaphore)).toBe('<Semaphore [unlocked, value:2]>'),
    )
    expect(points).toBeGreaterThan(10)
  })

  it('loses no permit and grants none too many, for random operations in any order', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const) }),
      fc.record({ do: fc.constant('release' as const) }),
      fc.record({ do: fc.constant('cancel' as const), which: fc.nat(9) }),
      fc.record({ do: fc.constant('turn' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.array(step, { maxLength: 40 }), (permits, steps) =>
        inVirtualTime(function* () {
          const semaphore = new Semaphore(permits)
          const tasks: Task<Disposable>[] = []
          let released = 0
          for (const step of steps) {
            if (step.do === 'acquire') tasks.push(createTask(semaphore.acquire()))
            else if (step.do === 'cancel') tasks.at(step.which)?.cancel()
            else if (step.do === 'turn') yield* sleep(0)
            else {
              semaphore.release()
              released++
            }
          }
          for (let turn = 0; turn < 4; turn++) yield* sleep(0)
          const states = tasks.map(stateOf)
          const taken = states.filter((state) => state === 'done').length
          const waiting = states.filter((state) => state === 'pending').length
          expect(taken + permitsOf(semaphore)).toBe(permits + released)
          if (waiting > 0) expect(permitsOf(semaphore)).toBe(0)
          // First come, first served: no Task behind a waiter has a permit.
          expect(states.join(' ')).not.toMatch(/pending.*done/)
          for (const task of tasks) task.cancel()
        })(),
      ),
      { numRuns: randomCases(300) },
    )
  })
})

/** How many permits are free: there is no public way to ask while others wait. */
function permitsOf(semaphore: Semaphore): number {
  return (semaphore as unknown as { readonly value: number }).value
}

function stateOf(task: Task<unknown>): string {
  if (!task.done()) return 'pending'
  return task.cancelled() ? 'cancelled' : 'done'
}

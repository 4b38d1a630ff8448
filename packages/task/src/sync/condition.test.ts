import { inspect } from 'node:util'
import { CancelledError, type Coroutine, getRunningLoop, RuntimeError, TimeoutError } from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import {
  Condition,
  createTask,
  gather,
  Lock,
  moveOnAfter,
  newEventLoop,
  run,
  sleep,
  type Task,
  waitFor,
} from '../index.ts'

describe('Condition', () => {
  // CPython: test_locks.ConditionTests.test_wait
  it(
    'lets one go on after it was notified, and when it has the lock',
    inVirtualTime(function* () {
      const condition = new Condition()
      const log: number[] = []
      function* waiter(id: number): Coroutine<void> {
        yield* condition.acquire()
        expect(yield* condition.wait()).toBe(true)
        log.push(id)
      }
      const tasks = [1, 2, 3].map((id) => createTask(waiter(id)))
      yield* sleep(0)
      expect([log, condition.locked()]).toEqual([[], false])

      yield* condition.acquire()
      condition.notify()
      yield* sleep(0)
      expect([log, condition.locked()]).toEqual([[], true])

      condition.release()
      yield* sleep(0)
      expect([log, condition.locked()]).toEqual([[1], true])

      condition.notify(2)
      yield* sleep(0)
      expect([log, condition.locked()]).toEqual([[1], true])

      condition.release()
      yield* sleep(0)
      condition.release()
      yield* sleep(0)
      expect([log, condition.locked(), tasks.every((task) => task.done())]).toEqual([[1, 2, 3], true, true])
    }),
  )

  // CPython: test_locks.ConditionTests.test_wait_cancel
  it(
    'has the lock again when a wait is cancelled',
    inVirtualTime(function* () {
      const condition = new Condition()
      yield* condition.acquire()
      const waiting = createTask(condition.wait())
      getRunningLoop().callSoon(() => waiting.cancel())
      yield* gather([waiting], { returnExceptions: true })
      expect([waiting.cancelled(), String(condition)]).toEqual([true, '<Condition [locked]>'])
    }),
  )

  // CPython: test_locks.ConditionTests.test_wait_cancel_contested
  it(
    'has the lock again when a wait is cancelled while somebody else holds the lock',
    inVirtualTime(function* () {
      const condition = new Condition()
      yield* condition.acquire()
      const waiting = createTask(condition.wait())
      yield* sleep(0)
      expect(condition.locked()).toBe(false)
      yield* condition.acquire()
      condition.notify()
      getRunningLoop().callSoon(() => waiting.cancel())
      getRunningLoop().callSoon(() => condition.release())
      yield* gather([waiting], { returnExceptions: true })
      expect(condition.locked()).toBe(true)
    }),
  )

  // CPython: test_locks.ConditionTests.test_wait_cancel_after_notify
  it(
    'lets a cancellation wait until the lock has been taken again',
    inVirtualTime(function* () {
      const condition = new Condition()
      let waited = false
      function* waiter(): Coroutine<void> {
        using _ = yield* condition.acquire()
        waited = true
        yield* condition.wait()
      }
      const waiting = createTask(waiter())
      yield* sleep(0)
      yield* condition.acquire()
      condition.notify()
      yield* sleep(0) // waiting is after the lock now
      waiting.cancel()
      yield* sleep(0)
      expect(waiting.done()).toBe(false)
      condition.release()
      yield* sleep(0)
      expect({ waited, cancelled: waiting.cancelled(), locked: condition.locked() }).toEqual({
        waited: true,
        cancelled: true,
        locked: false,
      })
    }),
  )

  // CPython: test_locks.ConditionTests.test_wait_unacquired
  it(
    'refuses to wait for one who does not hold the lock',
    inVirtualTime(function* () {
      const [error] = yield* gather([new Condition().wait()], { returnExceptions: true })
      expect(error).toEqual(new RuntimeError('cannot wait on un-acquired lock'))
    }),
  )

  // CPython: test_locks.ConditionTests.test_wait_for
  it(
    'looks again each time it is notified',
    inVirtualTime(function* () {
      const condition = new Condition()
      let ready = false
      function* waiter(): Coroutine<string> {
        using _ = yield* condition.acquire()
        return `ready: ${yield* condition.waitFor(() => ready)}`
      }
      const waiting = createTask(waiter())
      yield* sleep(0)
      for (const isReady of [false, true]) {
        ready = isReady
        yield* condition.acquire()
        condition.notify()
        condition.release()
        yield* sleep(0)
        expect(waiting.done()).toBe(isReady)
      }
      expect(waiting.result()).toBe('ready: true')
    }),
  )

  // CPython: test_locks.ConditionTests.test_wait_for_unacquired
  it(
    'needs no lock if what is waited for is there already',
    inVirtualTime(function* () {
      const condition = new Condition()
      expect(yield* condition.waitFor(() => [1, 2, 3])).toEqual([1, 2, 3])
      const [error] = yield* gather([condition.waitFor(() => false)], { returnExceptions: true })
      expect(String(error)).toBe('RuntimeError: cannot wait on un-acquired lock')
    }),
  )

  // CPython: test_locks.ConditionTests.test_notify
  it(
    'wakes as many as it is told, or as there are',
    inVirtualTime(function* () {
      const condition = new Condition()
      const log: number[] = []
      const tasks = [1, 2, 3].map((id) => createTask(waitOnce(condition, id, log)))
      yield* sleep(0)
      yield* condition.acquire()
      condition.notify(1)
      condition.release()
      yield* sleep(0)
      expect(log).toEqual([1])
      yield* condition.acquire()
      condition.notify(0)
      condition.notify(1)
      condition.notify(2048)
      condition.release()
      yield* sleep(0)
      yield* gather(tasks)
      expect(log).toEqual([1, 2, 3])
    }),
  )

  // CPython: test_locks.ConditionTests.test_notify_all
  it(
    'wakes all',
    inVirtualTime(function* () {
      const condition = new Condition()
      const log: number[] = []
      const tasks = [1, 2].map((id) => createTask(waitOnce(condition, id, log)))
      yield* sleep(0)
      yield* condition.acquire()
      condition.notifyAll()
      condition.release()
      yield* sleep(0)
      expect([log, tasks.every((task) => task.done())]).toEqual([[1, 2], true])
    }),
  )

  // CPython: test_locks.ConditionTests.test_notify_unacquired
  it('refuses to notify if the caller does not hold the lock', () => {
    expect(() => new Condition().notify()).toThrow(new RuntimeError('cannot notify on un-acquired lock'))
  })

  // CPython: test_locks.ConditionTests.test_notify_all_unacquired
  it('refuses to notify all if the caller does not hold the lock', () => {
    expect(() => new Condition().notifyAll()).toThrow(new RuntimeError('cannot notify on un-acquired lock'))
  })

  it('refuses a release if the lock is not held, and an invalid lock', () => {
    expect(() => new Condition().release()).toThrow(new RuntimeError('Lock is not acquired.'))
    expect(() => new Condition({} as never)).toThrow(new TypeError('a Lock was expected, got {}'))
  })

  // CPython: test_locks.ConditionTests.test_repr
  it(
    'prints whether the lock is held, and how many wait to be notified',
    inVirtualTime(function* () {
      const condition = new Condition()
      expect(String(condition)).toBe('<Condition [unlocked]>')
      const tasks = [1, 2].map((id) => createTask(waitOnce(condition, id, [])))
      yield* sleep(0)
      expect(String(condition)).toBe('<Condition [unlocked, waiters:2]>')
      yield* condition.acquire()
      expect(inspect(condition)).toBe('<Condition [locked, waiters:2]>')
      expect(String(tasks[0])).toContain('for=<Condition [locked, waiters:2]>.wait()')
      condition.notifyAll()
      condition.release()
      yield* gather(tasks)
    }),
  )

  // CPython: test_locks.ConditionTests.test_context_manager
  it(
    'is released at the end of a block by `using`',
    inVirtualTime(function* () {
      const condition = new Condition()
      {
        using _ = yield* condition.acquire()
        expect(condition.locked()).toBe(true)
      }
      expect(condition.locked()).toBe(false)
    }),
  )

  // CPython: test_locks.ConditionTests.test_explicit_lock
  it(
    'uses the lock it is given',
    inVirtualTime(function* () {
      const lock = new Lock()
      const condition = new Condition(lock)
      {
        using _ = yield* condition.acquire()
        expect({ lockLocked: lock.locked(), conditionLocked: condition.locked() }).toEqual({
          lockLocked: true,
          conditionLocked: true,
        })
      }
      {
        using _ = yield* lock.acquire()
        expect({ lockLocked: lock.locked(), conditionLocked: condition.locked() }).toEqual({
          lockLocked: true,
          conditionLocked: true,
        })
      }
      expect({ lockLocked: lock.locked(), conditionLocked: condition.locked() }).toEqual({
        lockLocked: false,
        conditionLocked: false,
      })
    }),
  )

  // CPython: test_locks.ConditionTests.test_ambiguous_loops
  it('belongs to the loop in which a Task first had to wait, and so does its lock', async () => {
    const one = newEventLoop()
    const lock = new Lock()
    const condition = new Condition(lock)
    const waiting = one.createTask(waitOnce(condition, 1, []))
    one.runUntilCompleteSync(one.createTask(sleep(0)))
    function* waitHere(): Coroutine<void> {
      using _ = yield* condition.acquire() // nobody has waited for the lock
      yield* condition.wait()
    }
    await expect(run(waitHere())).rejects.toThrow('<Condition [locked, waiters:1]> is bound to a different event loop')
    expect(condition.locked()).toBe(false)
    function* notify(): Coroutine<void> {
      using _ = yield* condition.acquire()
      condition.notify()
      const taking = createTask(lock.acquire())
      yield* sleep(0) // the lock belongs to this loop now
      taking.cancel()
    }
    one.runUntilCompleteSync(one.createTask(notify()))
    one.runUntilCompleteSync(waiting)
    function* takeTwice(): Coroutine<void> {
      using _ = yield* condition.acquire()
      yield* condition.acquire()
    }
    await expect(run(takeTwice())).rejects.toThrow('<Lock [locked]> is bound to a different event loop')
    one.close()
  })

  // CPython: test_locks.ConditionTests.test_timeout_in_block
  it(
    'can be waited for with a timeout',
    inVirtualTime(function* () {
      const condition = new Condition()
      using _ = yield* condition.acquire()
      const [error] = yield* gather([waitFor(condition.wait(), 500)], { returnExceptions: true })
      expect(error).toBeInstanceOf(TimeoutError)
      expect(condition.locked()).toBe(true)
    }),
  )

  // CPython: test_locks.ConditionTests.test_cancelled_error_wakeup
  it(
    'passes on the very error by which a wait was cancelled',
    inVirtualTime(function* () {
      const condition = new Condition()
      const { waiting, seen } = waitingAndWatched(condition, () => false)
      yield* sleep(0)
      waiting.cancel('foo')
      const error = yield* errorOf(waiting)
      expect({ message: error.message, isSameError: error === seen() }).toEqual({ message: 'foo', isSameError: true })
    }),
  )

  // CPython: test_locks.ConditionTests.test_cancelled_error_re_aquire
  it(
    'passes on the very error by which it was cancelled while it took the lock again',
    inVirtualTime(function* () {
      const condition = new Condition()
      let wake = false
      const { waiting, seen } = waitingAndWatched(condition, () => wake)
      yield* sleep(0)
      yield* condition.acquire()
      wake = true
      condition.notify()
      yield* sleep(0) // waiting is after the lock now
      waiting.cancel('foo')
      condition.release()
      const error = yield* errorOf(waiting)
      expect({ message: error.message, isSameError: error === seen() }).toEqual({ message: 'foo', isSameError: true })
    }),
  )

  // CPython: test_locks.ConditionTests.test_cancelled_wakeup
  it(
    'wakes another one when the one it has woken is cancelled in the same turn',
    inVirtualTime(function* () {
      yield* loseNoWakeUp(function* () {})
    }),
  )

  it(
    'refuses a predicate that can never be false',
    inVirtualTime(function* () {
      const condition = new Condition()
      using _ = yield* condition.acquire()
      for (const predicate of [() => sleep(1), async () => false, function* () {}] as (() => unknown)[]) {
        const error = yield* errorOf(createTask(condition.waitFor(predicate) as Coroutine<never>))
        expect(String(error)).toMatch(
          /^TypeError: the predicate of waitFor\(\) returned <.*>, which is always truthy\. Write/,
        )
      }
    }),
  )

  // CPython: test_locks.ConditionTests.test_cancelled_wakeup_relock
  it(
    'wakes another one when the one it has woken is cancelled while it waits for the lock',
    inVirtualTime(function* () {
      yield* loseNoWakeUp(function* () {
        yield* sleep(0)
      })
    }),
  )

  it('holds the lock when a wait ends, wherever it is cancelled', async () => {
    let condition = new Condition()
    let others: Task<void>[] = []
    const points = await cancelEverywhere(
      function* program() {
        condition = new Condition()
        let ready = 0
        function* consumer(): Coroutine<void> {
          using _ = yield* condition.acquire()
          yield* condition.waitFor(() => ready > 0)
          ready--
        }
        function* producer(): Coroutine<void> {
          for (let i = 0; i < 3; i++) {
            yield* sleep(1)
            using _ = yield* condition.acquire()
            ready++
            condition.notify() // one only: it must not get lost
            yield* sleep(1)
          }
        }
        others = [createTask(consumer()), createTask(consumer()), createTask(producer())]
        yield* sleep(0)
        yield* consumer()
      },
      function* check() {
        yield* gather(others)
        expect(String(condition)).toBe('<Condition [unlocked]>')
        others = []
      },
    )
    expect(points).toBeGreaterThan(10)
  })
})

function* waitOnce(condition: Condition, id: number, log: number[]): Coroutine<void> {
  yield* condition.acquire()
  yield* condition.wait()
  log.push(id)
  condition.release()
}

function waitingAndWatched(condition: Condition, predicate: () => boolean): { waiting: Task<void>; seen(): unknown } {
  let seen: unknown
  function* waiter(): Coroutine<void> {
    using _ = yield* condition.acquire()
    try {
      yield* condition.waitFor(predicate)
    } catch (error) {
      seen = error
      throw error
    }
  }
  return { waiting: createTask(waiter()), seen: () => seen }
}

function* errorOf(task: Task<void>): Coroutine<Error> {
  try {
    yield* task
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not fail')
}

/** One of two consumers is woken and cancelled: the other one has to consume. */
function* loseNoWakeUp(meanwhile: () => Coroutine<void>): Coroutine<void> {
  const condition = new Condition()
  let items = 0
  let closed = false
  function* consumer(): Coroutine<void> {
    using _ = yield* condition.acquire()
    for (;;) {
      yield* condition.waitFor(() => items > 0 || closed)
      if (closed) return
      items--
    }
  }
  const consumers = [createTask(consumer()), createTask(consumer())]
  yield* sleep(0)
  {
    using _ = yield* condition.acquire()
    items++
    condition.notify(1)
    yield* meanwhile()
    consumers[0]?.cancel()
    yield* moveOnAfter(10, function* () {
      yield* condition.waitFor(() => items === 0)
    })
    expect(items).toBe(0)
    closed = true
    condition.notifyAll()
  }
  const [cancelled] = yield* gather(consumers, { returnExceptions: true })
  expect(cancelled).toBeInstanceOf(CancelledError)
}

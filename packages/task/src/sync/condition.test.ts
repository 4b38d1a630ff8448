import { inspect } from 'node:util'
import { type Coroutine, RuntimeError } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { Condition, createTask, gather, Lock, newEventLoop, run, sleep, type Task } from '../index.ts'

describe('Condition', () => {
  it('needs no lock if the predicate holds already', function* () {
    const condition = new Condition()
    expect(yield* condition.waitFor(() => [1, 2, 3])).toEqual([1, 2, 3])
    const [error] = yield* gather([condition.waitFor(() => false)], { returnExceptions: true })
    expect(String(error)).toBe('RuntimeError: cannot wait on un-acquired lock')
  })

  it('refuses a release if the lock is not held, and an invalid lock', () => {
    expect(() => new Condition().release()).toThrow(new RuntimeError('Lock is not acquired.'))
    expect(() => new Condition({} as never)).toThrow(new TypeError('a Lock was expected, got {}'))
  })

  it('prints whether the lock is held, and how many wait to be notified', function* () {
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
  })

  it('is released at the end of a block by `using`', function* () {
    const condition = new Condition()
    {
      using _ = yield* condition.acquire()
      expect(condition.locked()).toBe(true)
    }
    expect(condition.locked()).toBe(false)
  })

  it('belongs to the loop of the first Task that had to wait, and so does its lock', async () => {
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

  it('passes on the same error that cancelled a wait', function* () {
    const condition = new Condition()
    const { waiting, seen } = waitingAndWatched(condition, () => false)
    yield* sleep(0)
    waiting.cancel('foo')
    const error = yield* errorOf(waiting)
    expect({ message: error.message, isSameError: error === seen() }).toEqual({ message: 'foo', isSameError: true })
  })

  it('passes on the same error that cancelled it while it took the lock again', function* () {
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
  })

  it(
    'refuses a predicate that can never be false',
    function* () {
      const condition = new Condition()
      using _ = yield* condition.acquire()
      for (const predicate of [() => sleep(1), async () => false, function* () {}] as (() => unknown)[]) {
        const error = yield* errorOf(createTask(condition.waitFor(predicate) as Coroutine<never>))
        expect(String(error)).toMatch(
          /^TypeError: the predicate of waitFor\(\) returned <.*>, which is always truthy\. Write/,
        )
      }
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('holds the lock when a wait ends, wherever it is cancelled', async () => {
    let condition = new Condition()
    let others: Task<void>[] = []
    const { runs } = await explore(
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
      {
        cancel: 'main',
        times: 'written',
        *check() {
          yield* gather(others)
          expect(String(condition)).toBe('<Condition [unlocked]>')
          others = []
        },
      },
    )
    expect(runs).toBeGreaterThan(10)
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

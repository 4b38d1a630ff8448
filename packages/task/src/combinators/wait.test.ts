import { CancelledError, type Coroutine, type Future, getRunningLoop } from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import type { Task } from '../tasks/task-class.ts'
import { ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, wait } from './wait.ts'

describe('wait', () => {
  // CPython: test_tasks.BaseTaskTests.test_wait
  // CPython: test_tasks.BaseTaskTests.test_wait_really_done
  it(
    'waits for all, and gives the Tasks themselves',
    inVirtualTime(function* () {
      const slow = named('slow', sleep(150))
      const fast = named('fast', sleep(100))
      const { done, pending } = yield* wait([slow, fast])
      expect([done.has(slow), names(done), names(pending), now()]).toEqual([true, 'slow fast', '', 150])
      const again = yield* wait(new Set([fast])) // done already: one turn of the loop
      expect([names(again.done), now()]).toEqual(['fast', 150])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_wait_duplicate_coroutines
  it(
    'counts a Task that is given twice once',
    inVirtualTime(function* () {
      const task = named('task', sleep(10))
      const { done } = yield* wait([task, task, task], { returnWhen: ALL_COMPLETED })
      expect(names(done)).toBe('task')
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_wait_errors
  // CPython: test_tasks.BaseTaskTests.test_wait_invalid_args
  it(
    'refuses an empty list, what is no list, coroutines, and anything else',
    inVirtualTime(function* () {
      const task = createTask(sleep(10))
      expect(yield* thrown(wait([]))).toEqual(new RangeError('Set of Tasks/Futures is empty.'))
      expect(yield* thrown(wait([task], { returnWhen: -1 as never }))).toEqual(
        new RangeError('Invalid return_when value: -1'),
      )
      expect(String(yield* thrown(wait(task as never)))).toMatch(/^TypeError: expect a list of futures, not <Task /)
      expect(yield* thrown(wait(undefined as never))).toEqual(new TypeError('expect a list of futures, not undefined'))
      expect(String(yield* thrown(wait(sleep(1) as never)))).toMatch(/^TypeError: expect a list of futures, not /)
      function* work(): Coroutine<void> {
        yield* sleep(1)
      }
      expect(String(yield* thrown(wait(work() as never)))).toBe('TypeError: expect a list of futures, not a coroutine')
      expect(yield* thrown(wait([task, sleep(1) as never]))).toEqual(
        new TypeError('Passing coroutines is forbidden, use tasks explicitly.'),
      )
      expect(String(yield* thrown(wait([5 as never])))).toBe(
        'TypeError: wait() takes Tasks and Futures, got 5. Make one of it with ensureFuture()',
      )
      expect(yield* thrown(wait([task], { timeout: Number.NaN }))).toEqual(
        new RangeError('Invalid timeout: NaN (not a number)'),
      )
      expect(yield* thrown(wait([task], { timeout: '5' as never }))).toEqual(
        new TypeError("timeout must be a number of milliseconds, got '5'"),
      )
      task.cancel()
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_wait_with_iterator_of_tasks
  // CPython: test_tasks.BaseTaskTests.test_wait_generator
  it(
    'takes an iterator of Tasks, and a generator that makes them',
    inVirtualTime(function* () {
      const tasks = [named('one', sleep(10)), named('two', sleep(20))]
      const { done } = yield* wait(tasks.values())
      expect(names(done)).toBe('one two')
      function* making(): Generator<Task> {
        for (let n = 0; n < 10; n++) yield createTask(sleep(n))
      }
      expect((yield* wait(making())).done.size).toBe(10)
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_wait_first_completed
  // CPython: test_tasks.BaseTaskTests.test_wait_concurrent_complete
  it(
    'goes on with FIRST_COMPLETED when one is done, with all that are by then',
    inVirtualTime(function* () {
      const slow = named('slow', sleep(10_000))
      const fast = [named('one', sleep(100)), named('two', sleep(100))]
      const { done, pending } = yield* wait([slow, ...fast], { returnWhen: FIRST_COMPLETED })
      expect([names(done), names(pending), now()]).toEqual(['one two', 'slow', 100])
      slow.cancel()
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_wait_first_exception
  // CPython: test_tasks.BaseTaskTests.test_wait_first_exception_in_wait
  it.each([undefined, 5])(
    'goes on with FIRST_EXCEPTION when one has failed (after %s ms), and not for one that was cancelled',
    inVirtualTime(function* (delay) {
      const slow = named('slow', sleep(10_000))
      const cancelled = named('cancelled', sleep(10_000))
      cancelled.cancel()
      const failed = named('failed', failing(delay))
      const { done, pending } = yield* wait([slow, cancelled, failed], { returnWhen: FIRST_EXCEPTION })
      expect([names(done), names(pending), now()]).toEqual(['cancelled failed', 'slow', delay ?? 0])
      slow.cancel()
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_wait_with_exception
  it(
    'throws none of their exceptions',
    inVirtualTime(function* () {
      const fine = named('fine', sleep(100))
      const failed = named('failed', failing(150))
      const { done, pending } = yield* wait([fine, failed])
      expect([names(done), names(pending)]).toEqual(['fine failed', ''])
      expect(failed.exception()).toEqual(new Error('failed'))
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_wait_with_timeout
  it(
    'goes on when it times out, without an exception, and cancels nothing',
    inVirtualTime(function* () {
      const fast = named('fast', sleep(100))
      const slow = named('slow', sleep(150))
      const { done, pending } = yield* wait([fast, slow], { timeout: 110 })
      expect([names(done), names(pending), now()]).toEqual(['fast', 'slow', 110])
      yield* slow
      const all = yield* wait([fast, slow], { timeout: 1000 })
      expect([all.pending.size, now()]).toEqual([0, 150])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_yield_wait_does_not_shield_cancel
  it(
    'leaves them running, and no callback with them, when it is cancelled',
    inVirtualTime(function* () {
      const inner = createTask(sleep(100, 'inner'), { name: 'inner' })
      const waiting = createTask(wait([inner], { timeout: 1000 }))
      yield* sleep(10)
      expect(inner.waiting()).toHaveLength(1)
      waiting.cancel()
      expect([yield* thrown(waiting), inner.waiting()]).toEqual([expect.any(CancelledError), []])
      expect([yield* inner, now()]).toEqual(['inner', 100])
    }),
  )

  it('leaves nothing on the loop, wherever it is cancelled', async () => {
    await cancelEverywhere(
      function* () {
        const inner = getRunningLoop().createFuture<void>()
        getRunningLoop().callLater(5, () => inner.setResult())
        try {
          yield* wait([inner], { timeout: 1000 })
        } finally {
          expect(inner.waiting()).toEqual([])
        }
      },
      function* () {
        yield* sleep(10)
        expect(now()).toBeLessThan(20)
      },
    )
  })

  it(
    'has ten thousand wait for one Future, and take themselves off again, in no time',
    inVirtualTime(function* () {
      const future = getRunningLoop().createFuture<void>()
      const waiting = Array.from({ length: 10_000 }, () => createTask(wait([future])))
      yield* sleep(0)
      expect(future.waiting()).toHaveLength(10_000)
      for (const task of waiting) task.cancel()
      yield* wait(waiting)
      expect(future.waiting()).toEqual([])
    }),
  )
})

function named(name: string, coroutine: Coroutine<unknown>): Task {
  return createTask(coroutine, { name })
}

function names(tasks: ReadonlySet<Task>): string {
  return [...tasks].map((task) => task.getName()).join(' ')
}

function* failing(delay: number | undefined): Coroutine<void> {
  if (delay !== undefined) yield* sleep(delay)
  throw new Error('failed')
}

function* thrown(awaitable: Coroutine<unknown> | Future): Coroutine<unknown> {
  try {
    yield* awaitable
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

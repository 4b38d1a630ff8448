import { CancelledError, type Coroutine, type Future, getRunningLoop, TimeoutError } from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { shield } from './shield.ts'
import { waitFor } from './wait-for.ts'

describe('waitFor', () => {
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_blocking
  // CPython: test_waitfor.WaitForShieldTests.test_none_timeout
  it(
    'gives the result, with time enough or without limit',
    inVirtualTime(function* () {
      expect(yield* waitFor(sleep(10, 'coroutine'), 500)).toBe('coroutine')
      expect(yield* waitFor(sleep(1e6, 'patient'), undefined)).toBe('patient')
      expect(yield* waitFor(createTask(sleep(10, 'task')), 500)).toBe('task')
      expect(yield* waitFor(Promise.resolve('promise'), 500)).toBe('promise')
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_asyncio_wait_for_timeout
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation
  it(
    'cancels what it waits for when it times out, and waits until that has ended',
    inVirtualTime(function* () {
      const task = createTask(cleaningUp(200))
      const error = yield* thrown(waitFor(task, 100))
      expect({ error, cancelled: task.cancelled(), now: now() }).toEqual({
        error: expect.any(TimeoutError),
        cancelled: true,
        now: 300,
      })
      expect((error as Error).cause).toBeInstanceOf(CancelledError)
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_future_done
  it.each([0, -1])(
    'gives the result of a Future that is done, even with a delay of %i',
    inVirtualTime(function* (delay) {
      const future = getRunningLoop().createFuture<string>()
      future.setResult('done')
      expect([yield* waitFor(future, delay), now()]).toEqual(['done', 0])
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started
  it.each([0, -1])(
    'does not even begin a coroutine with a delay of %i',
    inVirtualTime(function* (delay) {
      let started = false
      function* work(): Coroutine<void> {
        started = true
      }
      const error = yield* thrown(waitFor(work(), delay))
      expect([error, (error as Error).cause, started, now()]).toEqual([
        expect.any(TimeoutError),
        expect.any(CancelledError),
        false,
        0,
      ])
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0
  // CPython: test_waitfor.WaitForShieldTests.test_zero_timeout
  it.each([0, -1])(
    'cancels a Task that runs with a delay of %i',
    inVirtualTime(function* (delay) {
      const task = createTask(sleep(200))
      yield* sleep(100)
      expect(yield* thrown(waitFor(task, delay))).toBeInstanceOf(TimeoutError)
      expect({ cancelled: task.cancelled(), now: now() }).toEqual({ cancelled: true, now: 100 })
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation_w_timeout_0
  it(
    'waits until a Task has cleaned up with a delay of 0, too',
    inVirtualTime(function* () {
      const task = createTask(cleaningUp(200))
      yield* sleep(10)
      expect([yield* thrown(waitFor(task, 0)), now()]).toEqual([expect.any(TimeoutError), 210])
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_race_condition
  it(
    'gives the result of a Future that is set in the same turn in which it waits',
    inVirtualTime(function* () {
      const future = getRunningLoop().createFuture<string>()
      const task = createTask(waitFor(future, 200))
      getRunningLoop().callLater(100, () => future.setResult('ok'))
      expect([yield* task, now()]).toEqual(['ok', 100])
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_cancellation_race_condition
  it(
    'gives what a coroutine returns that was cancelled and returned all the same',
    inVirtualTime(function* () {
      function* work(): Coroutine<string> {
        try {
          yield* sleep(500)
        } catch {
          return 'done'
        }
        return 'not reached'
      }
      expect(yield* waitFor(work(), 100)).toBe('done')
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_reraises_exception_during_cancellation
  it.each([100, 0])(
    'throws what it throws that is cancelled (delay %i)',
    inVirtualTime(function* (delay) {
      const failed = new Error('while cleaning up')
      function* work(): Coroutine<void> {
        try {
          yield* sleep(500)
        } catch {
          throw failed
        }
      }
      const task = createTask(work())
      yield* sleep(1)
      expect(yield* thrown(waitFor(task, delay))).toBe(failed)
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_asyncio_wait_for_cancelled
  // CPython: test_waitfor.AsyncioWaitForTest.test_cancel_wait_for
  // CPython: test_waitfor.AsyncioWaitForTest.test_cancel_blocking_wait_for
  it.each([1000, undefined])(
    'cancels what it waits for when it is cancelled itself, and then it is no timeout (delay %s)',
    inVirtualTime(function* (delay) {
      const inner = createTask(sleep(10_000))
      const task = createTask(waitFor(inner, delay))
      yield* sleep(10)
      task.cancel('from outside')
      expect(String(yield* thrown(task))).toBe('CancelledError: from outside')
      expect({ cancelled: inner.cancelled(), now: now() }).toEqual({ cancelled: true, now: 10 })
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_cancel_suppressed
  it(
    'goes on to its end when it is cancelled and what it waits for refuses',
    inVirtualTime(function* () {
      function* refusing(): Coroutine<string> {
        try {
          yield* sleep(10_000)
        } catch {
          // it refuses
        }
        return 'refused'
      }
      const task = createTask(waitFor(refusing(), 1000))
      yield* sleep(10)
      task.cancel()
      expect(yield* task).toBe('refused')
    }),
  )

  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_issue86296
  it(
    'is cancelled though the result came in the same turn',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* inner(): Coroutine<string> {
        return 'done'
      }
      function* tried(): Coroutine<void> {
        log.push(yield* waitFor(inner(), 1000))
        yield* sleep(10)
      }
      const task = createTask(tried())
      yield* sleep(0)
      task.cancel()
      expect([yield* thrown(task), log]).toEqual([expect.any(CancelledError), ['done']])
    }),
  )

  // CPython: test_waitfor.WaitForShieldTests.test_shielded_timeout
  it(
    'leaves running what is shielded',
    inVirtualTime(function* () {
      const inner = createTask(sleep(200, 'inner'))
      expect(yield* thrown(waitFor(shield(inner), 100))).toBeInstanceOf(TimeoutError)
      expect([yield* inner, now()]).toEqual(['inner', 200])
    }),
  )

  it(
    'refuses what is no time, and what is nothing to wait for',
    inVirtualTime(function* () {
      expect(yield* thrown(waitFor(sleep(1), Number.NaN))).toEqual(
        new RangeError('Invalid timeout: NaN (not a number)'),
      )
      expect(yield* thrown(waitFor(sleep(1), '5' as never))).toEqual(
        new TypeError("timeout must be a number of milliseconds, got '5'"),
      )
      expect(yield* thrown(waitFor(5 as never, 10))).toEqual(
        new TypeError('a Future, a coroutine or an awaitable is required, got 5'),
      )
    }),
  )

  it('cancels its awaitable wherever it is cancelled, and counts one cancellation', async () => {
    let ended = 0
    for (const delay of [undefined, 3, 50]) {
      await cancelEverywhere(
        function* () {
          ended = 0
          const inner = createTask(cleaningUp(1))
          inner.addDoneCallback(() => ended++)
          yield* waitFor(inner, delay)
        },
        function* ({ task, point }) {
          expect(task.cancelling()).toBe(point === undefined ? 0 : 1)
          yield* sleep(1000)
          if (point !== 1) expect(ended).toBe(1)
          if (!task.cancelled() && delay !== undefined) expect(task.exception()).toBeInstanceOf(TimeoutError)
        },
      )
    }
  })
})

function* cleaningUp(delay: number): Coroutine<void> {
  try {
    yield* sleep(10_000)
  } finally {
    yield* sleep(delay)
  }
}

function* thrown(awaitable: Coroutine<unknown> | Future): Coroutine<unknown> {
  try {
    yield* awaitable
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

import { type Coroutine, TimeoutError } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { thrown } from '../outcome.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { waitFor } from './wait-for.ts'

describe('waitFor', () => {
  // CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_cancel_suppressed
  it('returns the result when it is cancelled and its awaitable refuses', function* () {
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
  })

  it(
    'refuses what is no time, and what is nothing to wait for',
    function* () {
      expect(yield* thrown(waitFor(sleep(1), Number.NaN))).toEqual(
        new RangeError('Invalid timeout: NaN (not a number)'),
      )
      expect(yield* thrown(waitFor(sleep(1), '5' as never))).toEqual(
        new TypeError("timeout must be a number of milliseconds, got '5'"),
      )
      expect(yield* thrown(waitFor(5 as never, 10))).toEqual(
        new TypeError('a Future, a coroutine or an awaitable is required, got 5'),
      )
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('cancels its awaitable wherever it is cancelled, and counts one cancellation', async () => {
    let begun = 0
    let ended = 0
    for (const delay of [undefined, 3, 50]) {
      await explore(
        function* () {
          begun++
          const inner = createTask(cleaningUp(1))
          inner.addDoneCallback(() => ended++)
          yield* waitFor(inner, delay)
        },
        {
          cancel: 'main',
          times: 'written',
          setup() {
            begun = ended = 0
          },
          *check({ task, cancelled }) {
            expect(task.cancelling()).toBe(cancelled.length)
            yield* sleep(1000)
            expect(ended).toBe(begun)
            if (!task.cancelled() && delay !== undefined) expect(task.exception()).toBeInstanceOf(TimeoutError)
          },
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

import type { Coroutine } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { thrown } from '../outcome.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { waitFor } from './wait-for.ts'

describe('waitFor', () => {
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
})

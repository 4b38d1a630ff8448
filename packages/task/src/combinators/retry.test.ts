import type { Coroutine } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { ticks } from '../bridges/ticks.ts'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { timeout } from '../scopes/timeout.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { forEach } from './for-each.ts'
import { gatherMap } from './gather-map.ts'
import { type RetryOptions, retry } from './retry.ts'
import { wait } from './wait.ts'

function* failing(options: RetryOptions): Coroutine<{ times: number[]; error: unknown }> {
  const times: number[] = []
  const start = now()
  try {
    yield* retry(function* (attempt) {
      times.push(now() - start)
      yield* sleep(0)
      throw new Error(`attempt ${attempt}`)
    }, options)
  } catch (error) {
    return { times, error }
  }
  throw new Error('nothing was thrown')
}

describe('retry', () => {
  it('refuses the coroutine of the attempt before, which would turn its failure into a success', function* () {
    function* failed(): Coroutine<string> {
      yield* sleep(1)
      throw new Error('503')
    }
    const again = /^RuntimeError: cannot reuse already awaited coroutine/
    const one = failed()
    const errors: string[] = []
    const retryIf = (error: unknown): boolean => errors.push(String(error)) < 2
    expect(String(yield* outcome(retry(() => one, { retryIf })))).toMatch(again)
    expect(errors).toEqual(['Error: 503', expect.stringMatching(again)])
    const two = sleep(1, 'slept')
    expect(String(yield* outcome(gatherMap([1, 2], () => two)))).toMatch(again)
    for (const items of [[1, 2], ticks(1)]) {
      const three = sleep(1)
      expect(String(yield* outcome(forEach(items, () => three)))).toMatch(again)
    }
  })

  it('gives the result of the first attempt that succeeds', function* () {
    let calls = 0
    const result = yield* retry((attempt) => {
      calls++
      if (attempt === 1) throw new Error('not even awaited')
      return sleep(1, attempt)
    })
    expect([result, calls]).toEqual([2, 2])
  })

  it('waits twice as long each time, up to maxBackoff, and throws the last error', function* () {
    const { times, error } = yield* failing({ attempts: 5, backoff: 100, maxBackoff: 250, jitter: false })
    expect(times).toEqual([0, 100, 300, 550, 800])
    expect(String(error)).toBe('Error: attempt 5')
    expect((yield* failing({ jitter: false })).times).toEqual([0, 100, 300])
    expect((yield* failing({ attempts: 1 })).times).toEqual([0])
  })

  it('shortens a wait at random to half of it at most', function* () {
    expect((yield* failing({ attempts: 2, jitter: () => 0 })).times).toEqual([0, 50])
    expect((yield* failing({ attempts: 2, jitter: () => 0.5 })).times).toEqual([0, 75])
    const [, second = 0] = (yield* failing({ attempts: 2 })).times
    expect(second).toBeGreaterThanOrEqual(50)
    expect(second).toBeLessThanOrEqual(100)
  })

  it('gives up at once where retryIf says so', function* () {
    const seen: unknown[] = []
    const { times } = yield* failing({
      attempts: 9,
      retryIf(error, attempt) {
        seen.push([(error as Error).message, attempt])
        return attempt < 2
      },
    })
    expect(times.length).toBe(2)
    expect(seen).toEqual([
      ['attempt 1', 1],
      ['attempt 2', 2],
    ])
  })

  it('tries again after a TimeoutError of an attempt, not after a cancellation', function* () {
    let calls = 0
    const limited = retry((attempt) => timeout(10, () => sleep(attempt < 3 ? 100 : 1, attempt)))
    expect(yield* limited).toBe(3)
    const task = createTask(
      retry(function* () {
        calls++
        yield* sleep(1000)
      }),
    )
    yield* sleep(1)
    task.cancel()
    yield* wait([task])
    expect({ cancelled: task.cancelled(), calls }).toEqual({ cancelled: true, calls: 1 })
  })

  it('ends wherever it is cancelled', async () => {
    const { runs } = await explore(
      function* () {
        yield* retry(
          function* (attempt) {
            yield* sleep(1)
            if (attempt < 3) throw new Error('again')
          },
          { jitter: false },
        )
      },
      {
        cancel: 'main',
        times: 'written',
        check: ({ task, cancelled }) => expect(task.cancelled()).toBe(cancelled.length > 0),
      },
    )
    expect(runs).toBeGreaterThan(4)
  })

  it('refuses invalid options', () => {
    const block = (): Coroutine<void> => sleep(1)
    expect(() => retry(block, { attempts: 0 })).toThrow('attempts must be at least 1, got 0')
    expect(() => retry(block, { backoff: Number.NaN })).toThrow(
      'backoff must be a number of milliseconds from 0 on, got NaN',
    )
    expect(() => retry(block, { maxBackoff: -1 })).toThrow('maxBackoff must be')
    expect(() => retry(block, { times: 3 } as object)).toThrow('times')
    expect(() => retry(sleep(1) as never)).toThrow('retry() takes a block')
  })
})

import type { Coroutine } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { RateLimiter } from './rate-limiter.ts'

describe('RateLimiter', () => {
  it('lets no more than its limit pass in any period, in their order', function* () {
    const limiter = new RateLimiter(3, 100)
    const passed: [number, number][] = []
    function* work(n: number): Coroutine<void> {
      yield* sleep(n * 7)
      yield* limiter.acquire()
      passed.push([n, now()])
    }
    yield* gather(Array.from({ length: 12 }, (_, n) => createTask(work(n))))
    expect(passed.map(([n]) => n)).toEqual(Array.from({ length: 12 }, (_, n) => n))
    const times = passed.map(([, time]) => time)
    for (const [i, time] of times.entries())
      if (i >= 3) expect(time - (times[i - 3] as number)).toBeGreaterThanOrEqual(100)
    expect(times.slice(0, 6)).toEqual([0, 7, 14, 100, 107, 114])
  })

  it('does not count a waiter that was cancelled, and lets the next take its place', function* () {
    const limiter = new RateLimiter(1, 100)
    yield* limiter.acquire()
    const tasks = [1, 2].map(() => createTask(limiter.acquire()))
    yield* sleep(10)
    tasks[0]?.cancel()
    yield* wait(tasks)
    expect({ cancelled: tasks[0]?.cancelled(), now: now() }).toEqual({ cancelled: true, now: 100 })
  })

  it('holds no permit wherever it is cancelled', async () => {
    let limiter = new RateLimiter(1, 10)
    await explore(
      function* () {
        limiter = new RateLimiter(1, 10)
        yield* limiter.acquire()
        yield* limiter.acquire()
      },
      {
        cancel: 'main',
        times: 'written',
        check: () => {
          expect(String(limiter)).toBe('<RateLimiter 1 per 10 ms>')
        },
      },
    )
    const { run } = await import('../run/run.ts')
    await run(limiter.acquire()) // nobody holds it
  })

  it('refuses an invalid limit', () => {
    expect(() => new RateLimiter(0, 10)).toThrow('limit must be an integer from 1 on, got 0')
    expect(() => new RateLimiter(1.5, 10)).toThrow(RangeError)
    expect(() => new RateLimiter(1, 0)).toThrow('per must be a positive number of milliseconds, got 0')
  })
})

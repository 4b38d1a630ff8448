import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { createTask, forEach, sleep, wait } from '@spindle/task'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { ticks } from './ticks.ts'

/** Which tick came when, for as many as there are `delays`; the block of each takes that long. */
function* seen(interval: number, delays: readonly number[]): Coroutine<[number, number][]> {
  const start = getRunningLoop().time()
  const log: [number, number][] = []
  yield* forEach(ticks(interval), function* (n) {
    log.push([n, getRunningLoop().time() - start])
    yield* sleep(delays[log.length - 1] as number)
    return log.length < delays.length
  })
  return log
}

describe('ticks', () => {
  it('come at equal distances, however long the block takes', function* () {
    expect(yield* seen(100, [30, 99, 1, 0])).toEqual([
      [1, 100],
      [2, 200],
      [3, 300],
      [4, 400],
    ])
  })

  it('come late after a block that takes too long, and skip the missed ticks', function* () {
    expect(yield* seen(100, [150, 0, 0, 350, 0, 0])).toEqual([
      [1, 100],
      [2, 250],
      [3, 300],
      [4, 400],
      [7, 750],
      [8, 800],
    ])
  })

  it('do not drift in ten thousand', function* () {
    const log = yield* seen(
      1,
      Array.from({ length: 10_000 }, (_, i) => (i % 7) / 10),
    )
    expect(log.at(-1)).toEqual([10_000, 10_000])
  })

  it('end when they are cancelled', function* () {
    const task = createTask(forEach(ticks(10), () => sleep(0)))
    yield* sleep(25)
    task.cancel()
    yield* wait([task])
    expect(task.cancelled()).toBe(true)
  })

  it('work without a loop, too: for await iterates over them, including late ones', async () => {
    const start = performance.now()
    const seen: number[] = []
    for await (const n of ticks(20)) {
      seen.push(n)
      expect(performance.now() - start).toBeGreaterThanOrEqual(n * 20)
      if (n === 1) while (performance.now() - start < 70); // over the second, into the third
      if (seen.length === 3) break
    }
    expect(seen[0]).toBe(1)
    expect(seen[1]).toBeGreaterThanOrEqual(3)
    expect(seen[2]).toBeGreaterThan(seen[1] as number)
  })

  it('refuse an interval that is not > 0', () => {
    for (const interval of [0, -1, Number.NaN]) expect(() => ticks(interval)).toThrow(RangeError)
    expect(() => ticks('1' as never)).toThrow(TypeError)
  })
})

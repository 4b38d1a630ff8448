import type { Coroutine } from '@spindle/loop'
import { createTask, forEach, sleep as loopSleep, run, runSync } from '@spindle/task'
import { afterAll, describe, expect, it } from 'vitest'
import * as calls from '../futures/calls.fixture.ts'
import { Event, ProcessPoolExecutor, ThreadPoolExecutor } from '../index.ts'

const threads = new ThreadPoolExecutor(1)
const processes = new ProcessPoolExecutor(1)
afterAll(() => {
  threads.shutdown()
  processes.shutdown()
})

describe.each([
  ['thread', threads],
  ['process', processes],
])('a stream out of a %s', (_, pool) => {
  it('returns the yielded values, however it is iterated', async () => {
    const expected = [...Array(40).keys()]
    const awaited: number[] = []
    for await (const n of pool.stream(calls.upToLater, 40)) awaited.push(n)
    expect([[...pool.stream(calls.upTo, 40)], awaited]).toEqual([expected, expected])
    function* main(): Coroutine<number[]> {
      const items: number[] = []
      yield* forEach(pool.with({ bufferSize: 1 }).stream(calls.upTo, 5), function* (item) {
        items.push(item)
      })
      return items
    }
    expect([await run(main()), runSync(main()), [...pool.stream(calls.upTo, 0)]]).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
      [],
    ])
  })

  it('throws the error of the function, after the yielded values', async () => {
    const items: number[] = []
    const all = async (): Promise<void> => {
      for await (const n of pool.stream(calls.failsAt, 3)) items.push(n)
    }
    await expect(all()).rejects.toThrow(new RangeError('no more'))
    expect(items).toEqual([0, 1, 2])
    expect(() => [...pool.stream(calls.add, 1)]).toThrow(
      'add() was submitted as a stream and must return an iterable, got 2',
    )
    expect(() => [...pool.stream(calls.plainCoroutine, 1)]).toThrow(
      /^plainCoroutine\(\) was submitted as a stream, .* Write an `async function\*`$/,
    )
    expect(() => [...pool.stream(calls.yieldsFunctions)]).toThrow(/^what yieldsFunctions\(\) yielded can't be sent: /)
    expect(pool.submit(calls.add, 1).result()).toBe(2)
  })
})

describe('a stream', () => {
  const endless = (): { made: Int32Array; ended: Event } => ({
    made: new Int32Array(new SharedArrayBuffer(4)),
    ended: new Event(),
  })

  it('is refused at once if there is no function to be found elsewhere', () => {
    expect(() => threads.stream(3 as unknown as typeof calls.upTo, 1)).toThrow(
      /^a function was expected, got 3\. Pass the function itself/,
    )
    const inner = function* inner(): Generator<number> {}
    expect(() => threads.stream(inner)).toThrow(/^inner\(\) at .* was made inside another function/)
  })

  it('does not run further ahead than its buffer', () => {
    const { made, ended } = endless()
    const items = threads.with({ bufferSize: 4 }).stream(calls.numbers, made, ended)
    expect([items.next().value, items.next().value, items.next().value]).toEqual([0, 1, 2])
    expect(Atomics.load(made, 0)).toBeLessThanOrEqual(3 + 4)
    items.return()
    expect(ended.wait({ timeout: 30_000 })).toBe(true)
  })

  it('ends the function properly when iteration ends early, or when its consumer is cancelled', async () => {
    const [left, cancelled] = [endless(), endless()]
    for await (const n of threads.stream(calls.numbers, left.made, left.ended)) if (n === 20) break
    expect(left.ended.wait({ timeout: 30_000 })).toBe(true)
    function* takes(): Coroutine<void> {
      yield* forEach(threads.stream(calls.numbers, cancelled.made, cancelled.ended), function* () {
        yield* loopSleep(1)
      })
    }
    function* main(): Coroutine<void> {
      const task = createTask(takes())
      while (Atomics.load(cancelled.made, 0) < 20) yield* loopSleep(1)
      task.cancel()
    }
    await run(main())
    expect(cancelled.ended.wait({ timeout: 30_000 })).toBe(true)
    expect(threads.submit(calls.add, 1).result()).toBe(2)
  })

  it('ends with its timeout, and with its thread', () => {
    const { made, ended } = endless()
    const items = threads.with({ timeout: 20 }).stream(calls.numbers, made, ended)
    expect(() => {
      for (const _ of items);
    }).toThrow('numbers() has not ended within 20 ms')
    const pool = new ThreadPoolExecutor(1)
    const others = pool.stream(calls.numbers, made, new Event())
    others.next()
    pool.terminate()
    expect(() => {
      for (const _ of others);
    }).toThrow('the pool was terminated')
  })
})

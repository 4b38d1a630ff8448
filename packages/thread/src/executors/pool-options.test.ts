import { type Coroutine, RuntimeError } from '@spindle/loop'
import { forEach, run } from '@spindle/task'
import { describe, expect, it, vi } from 'vitest'
import * as calls from '../futures/calls.fixture.ts'
import {
  BrokenThreadPool,
  Event,
  type Future,
  ProcessPoolExecutor,
  QueueFull,
  sleep,
  ThreadPoolExecutor,
} from '../index.ts'

/** A call that keeps a worker busy until `go` is set. */
function blocked(pool: ThreadPoolExecutor): { future: Future<string>; go: Event } {
  const [begun, go] = [new Event(), new Event()]
  const future = pool.submit(calls.meet, begun, go)
  begun.wait()
  return { future, go }
}

describe('ready', () => {
  it('is done when the threads have run their initializer, whether it is awaited or not', async () => {
    const prepared = new Int32Array(new SharedArrayBuffer(4))
    using pool = new ThreadPoolExecutor(2, { initializer: calls.count, initArgs: [prepared] })
    pool.ready().result()
    expect([Atomics.load(prepared, 0), pool.stats().workers, pool.stats().idle]).toEqual([2, 2, 2])
    await pool.ready()
    await using processes = new ProcessPoolExecutor(1)
    await processes.ready()
    expect(processes.stats().workers).toBe(1)
  })

  it('fails if a worker does not get there, and is refused after shutdown', () => {
    const broken = new ThreadPoolExecutor(1, { initializer: calls.failsToPrepare })
    expect(() => broken.ready().result()).toThrow(/^A thread initializer failed/)
    const gone = new ThreadPoolExecutor(1, { initializer: calls.leave, initArgs: [3] })
    expect(() => gone.ready().result()).toThrow(new BrokenThreadPool('a thread ended before it was ready: exit code 3'))
    gone.shutdown()
    expect(() => gone.ready()).toThrow(RuntimeError)
  })
})

describe('minThreads and idleTimeout', () => {
  it('start threads at once, and end others that are idle', async () => {
    using pool = new ThreadPoolExecutor(3, { minThreads: 1, idleTimeout: 20 })
    expect(pool.stats().workers).toBe(1)
    const ended: number[] = []
    pool.events.on('worker:ended', ({ worker, how }) => ended.push(how === undefined ? worker : -1))
    const blocks = [blocked(pool), blocked(pool), blocked(pool)]
    expect(pool.stats()).toMatchObject({ workers: 3, idle: 0, running: 3 })
    for (const { go } of blocks) go.set()
    await vi.waitUntil(() => pool.stats().workers === 1, 30_000)
    expect(ended).toHaveLength(2)
    expect(pool.submit(calls.add, 1).result()).toBe(2)
  })

  it('end idle threads also while this thread blocks, and replace a dead thread', () => {
    using pool = new ThreadPoolExecutor(1, { idleTimeout: 5 })
    pool.submit(calls.add, 1).result()
    while (pool.stats().workers > 0) sleep(5)
    expect(pool.submit(calls.add, 1).result()).toBe(2)
    using kept = new ThreadPoolExecutor(1, { minThreads: 1 })
    kept.ready().result()
    expect(kept.submit(calls.leave, 1).exception()).toBeInstanceOf(BrokenThreadPool)
    expect(kept.stats().workers).toBe(1)
  })

  it('are refused if they can not be', () => {
    const refusal = (options: object, maxWorkers: unknown = 1): string => {
      try {
        return `taken: ${new ThreadPoolExecutor(maxWorkers as number, options)}`
      } catch (error) {
        return String(error)
      }
    }
    expect([refusal({}, 0), refusal({}, 1.5), refusal({}, '4'), refusal(null as never)]).toEqual([
      'RangeError: maxWorkers must be greater than 0, got 0',
      'TypeError: maxWorkers must be an integer, got 1.5',
      "TypeError: maxWorkers must be an integer, got '4'. Write: new ThreadPoolExecutor(2, options)",
      expect.stringMatching(/^TypeError: the options of ThreadPoolExecutor must be an object, got null\. It has `thr/),
    ])
    const bad: readonly (readonly [options: object, error: string])[] = [
      [{ minThreads: 2 }, 'RangeError: minThreads must not be greater than maxWorkers, 1, got 2'],
      [{ minThreads: 0.5 }, 'TypeError: minThreads must be an integer, got 0.5'],
      [{ minThreads: -1 }, 'RangeError: minThreads must be >= 0, got -1'],
      [{ idleTimeout: '1' }, "TypeError: idleTimeout must be a number of milliseconds, got '1'"],
      [{ idleTimeout: Number.NaN }, 'RangeError: Invalid idleTimeout: NaN (not a number)'],
      [{ graceTime: Number.NaN }, 'RangeError: Invalid graceTime: NaN (not a number)'],
      [{ maxQueue: -1 }, 'RangeError: maxQueue must be >= 0, got -1'],
      [{ maxQueue: 0.5 }, 'TypeError: maxQueue must be an integer, got 0.5'],
      [{ callsPerWorker: 0 }, 'RangeError: callsPerWorker must be > 0, got 0'],
      [{ maxTasksPerChild: 0 }, 'RangeError: maxTasksPerChild must be >= 1, got 0'],
      [{ threadNamePrefix: 3 }, 'TypeError: threadNamePrefix must be a string, got 3'],
      [{ maxQueue: '3' }, "TypeError: maxQueue must be an integer, got '3'"],
      [{ minThreads: '1' }, "TypeError: minThreads must be an integer, got '1'"],
      [{ callsPerWorker: Number.POSITIVE_INFINITY }, 'TypeError: callsPerWorker must be an integer, got Infinity'],
      [{ maxTasksPerChild: '1' }, "TypeError: maxTasksPerChild must be an integer, got '1'"],
      [{ resourceLimits: 3 }, 'TypeError: resourceLimits must be an object, got 3'],
      [{ exceptionHandler: 3 }, 'TypeError: exceptionHandler must be a function, got 3'],
      [{ initializer: 3 }, 'TypeError: initializer must be a callable, got 3'],
      [{ initializer: calls.add, initArgs: 3 }, 'TypeError: initArgs must be an array, got 3'],
      [{ resourceLimits: { stackSizeMb: -1 } }, 'RangeError: stackSizeMb must be > 0, got -1'],
    ]
    expect(bad.map(([options]) => refusal(options))).toEqual(bad.map(([, error]) => error))
    expect(() => new ProcessPoolExecutor(1, { minThreads: 1 } as never)).toThrow(/has no option `minThreads`/)
  })
})

describe('maxQueue', () => {
  it('refuses a call while the queue is full, until calls are done or cancelled', async () => {
    using pool = new ThreadPoolExecutor(1, { maxQueue: 1 })
    const { go } = blocked(pool)
    const queued = pool.submit(calls.add, 1)
    expect(() => pool.submit(calls.add, 2)).toThrow(QueueFull)
    expect(() => pool.submit(calls.add, 2)).toThrow(/^1 calls wait already, as many as maxQueue allows/)
    queued.cancel()
    const next = pool.submit(calls.add, 3)
    const drained = new Promise((resolve) => pool.events.once('drain', resolve))
    go.set()
    await drained
    expect(await next).toBe(4)
    expect([...pool.map(calls.add, [1, 2, 3, 4])]).toEqual([2, 3, 4, 5]) // asks for items as there is room
  })
})

describe('stats and events', () => {
  it('count the calls, how they ended, and how long they took', async () => {
    await using pool = new ThreadPoolExecutor(1)
    const log: string[] = []
    pool.events
      .on('worker:started', ({ worker }) => log.push(`worker ${worker} started`))
      .on('call:queued', ({ name }) => log.push(`${name} queued`))
      .on('call:started', ({ name, waitTime }) => log.push(`${name} started${waitTime < 0 ? ' too early' : ''}`))
      .on('call:done', ({ name, error }) => log.push(`${name} done: ${error}`))
    const futures = [pool.submit(calls.add, 1), pool.submit(calls.divide, 1, 0), pool.submit(calls.sleepFor, 1)]
    expect(pool.stats()).toMatchObject({ workers: 1, idle: 0, queued: 2, running: 1, done: 0 })
    futures[2]?.cancel()
    await futures[1]?.then(undefined, () => {})
    expect(log).toEqual([
      'add queued',
      'worker 0 started',
      'add started',
      'divide queued',
      'sleepFor queued',
      'divide started',
      'add done: undefined',
      'divide done: RangeError: division by zero',
    ])
    const { waitTime, runTime, utilization, ...counts } = pool.stats()
    expect(counts).toEqual({ workers: 1, idle: 1, queued: 0, running: 0, done: 1, failed: 1, cancelled: 1 })
    expect(utilization > 0 && utilization <= 1 && waitTime.max > 0).toBe(true)
    expect(runTime.p50 <= runTime.p90 && runTime.p90 <= runTime.p99 && runTime.p99 <= runTime.max).toBe(true)
  })

  it('survive a listener that throws', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    using pool = new ThreadPoolExecutor(1)
    pool.events.on('call:done', () => {
      throw new Error('of the listener')
    })
    expect(pool.submit(calls.add, 1).result()).toBe(2)
    expect(error.mock.calls[0]).toEqual([
      "Exception in a listener for 'call:done' of a pool\n",
      new Error('of the listener'),
    ])
    error.mockRestore()
  })
})

describe('maxTasksPerChild', () => {
  it('replaces a thread after as many calls', () => {
    using pool = new ThreadPoolExecutor(1, { maxTasksPerChild: 2, threadNamePrefix: 'worn' })
    const names = [1, 2, 3, 4, 5].map(() => pool.submit(calls.threadName)).map((future) => future.result())
    expect(names).toEqual(['worn_0', 'worn_0', 'worn_1', 'worn_1', 'worn_2'])
  })
})

describe.each([
  ['thread', () => new ThreadPoolExecutor(1, { callsPerWorker: 3 })],
  ['process', () => new ProcessPoolExecutor(1, { callsPerWorker: 3 })],
])('callsPerWorker of a %s', (_, make) => {
  it('has several calls at once, each with its signal and progress', async () => {
    await using pool = make()
    const seen: unknown[] = []
    const names = ['a', 'b', 'c', 'd']
    const futures = names.map((name) => pool.submit(calls.waitsForStop, name))
    await vi.waitUntil(() => futures.filter((future) => future.running()).length === 3, 30_000)
    expect(pool.stats()).toMatchObject({ workers: 1, running: 3, queued: 1 })
    expect(futures[1]?.cancel()).toBe(false)
    expect(await futures[1]).toBe('b: true')
    await vi.waitUntil(() => futures[3]?.running(), 30_000)
    const last = [0, 2, 3].map((place) => futures[place]).map((future) => future?.cancel())
    expect([last, await Promise.all(futures)]).toEqual([
      [false, false, false],
      ['a: true', 'b: true', 'c: true', 'd: true'],
    ])
    const both = [1, 2].map((n) => pool.with({ onProgress: () => seen.push(n) }).submit(calls.countsProgress, 1))
    expect([await Promise.all(both), seen.sort()]).toEqual([
      ['done', 'done'],
      [1, 2],
    ])
  })
})

describe('map over an async iterable', () => {
  async function* lines(asked: number[], fails = false): AsyncGenerator<number> {
    try {
      for (let n = 0; n < 6; n++) {
        asked.push(n)
        yield n
      }
      if (fails) throw new RangeError('no more lines')
    } finally {
      asked.push(-1)
    }
  }

  it('returns the results in order, with at most the allowed number of items in flight', async () => {
    using pool = new ThreadPoolExecutor(1)
    const asked: number[] = []
    const results: number[] = []
    for await (const result of pool.map(calls.add, lines(asked), { bufferSize: 2 })) {
      results.push(result)
      expect(asked.filter((n) => n >= 0).length).toBeLessThanOrEqual(results.length + 2)
    }
    expect([results, asked]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [0, 1, 2, 3, 4, 5, -1],
    ])
    function* main(): Coroutine<number[]> {
      const products: number[] = []
      const given = pool.map(calls.multiply, lines([]), [1, 2, 3], { chunkSize: 2 })
      yield* forEach(given, function* (product) {
        products.push(product)
      })
      return products
    }
    expect(await run(main())).toEqual([0, 2, 6])
  })

  it('throws the error of the iterable, and closes it when iteration ends early', async () => {
    using pool = new ThreadPoolExecutor(1)
    const results: number[] = []
    const all = async (): Promise<void> => {
      for await (const result of pool.map(calls.add, lines([], true))) results.push(result)
    }
    await expect(all()).rejects.toThrow(new RangeError('no more lines'))
    expect(results).toEqual([1, 2, 3, 4, 5, 6])
    const asked: number[] = []
    for await (const _ of pool.map(calls.add, lines(asked), { bufferSize: 1 })) break
    await vi.waitUntil(() => asked.includes(-1), 30_000)
    expect(() => [...pool.map(calls.add, lines([]))]).toThrow(/async iterable.* Use `for await` or forEach$/)
    const never = pool.map(
      calls.add,
      { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) },
      { timeout: 5 },
    )
    await expect(
      (async () => {
        for await (const _ of never);
      })(),
    ).rejects.toThrow('map() has not ended within 5 ms')
  })
})

import { CancelledError, type Coroutine, gatherMap, run, sleep, TimeoutError, taskGroup } from 'spindle'
import { DistributedExecutor } from 'spindle/distributed'
import { concurrent, runInExecutor, wrapFuture } from 'spindle/thread'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, until } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

describe.skipIf(!hasRedis)('DistributedExecutor', { timeout: 300_000 }, () => {
  const stage = new Stage()
  // An executor that blocks loads BullMQ on a separate thread, so the tests share one where they can.
  let shared: DistributedExecutor
  beforeAll(() => {
    shared = new DistributedExecutor({ url: stage.url })
  })
  afterAll(() => shared?.terminate())

  it('runs coroutines, functions and async functions: a result blocks, is awaited and yielded', async () => {
    const executor = shared
    expect(executor.submit(jobs.squareSlowly, 3).result()).toBe(9)
    expect(await executor.submit(jobs.square, 4)).toBe(16)
    const main = function* (): Coroutine<number> {
      return yield* executor.submit(jobs.squareLater, 5)
    }
    expect(await run(main())).toBe(25)
  })

  it('maps in order, in chunks, lazily and against a time limit', async () => {
    const executor = shared
    const numbers = Array.from({ length: 25 }, (_, n) => n)
    const squares = numbers.map((n) => n * n)
    expect([...executor.map(jobs.square, numbers)]).toEqual(squares)
    expect([...executor.map(jobs.squareSlowly, numbers, numbers, { chunkSize: 7 })]).toEqual(squares)
    const lazily: number[] = []
    for await (const square of executor.map(jobs.squareLater, endless(), { bufferSize: 3 })) {
      if (lazily.push(square) === 10) break
    }
    expect(lazily).toEqual(squares.slice(0, 10))
    expect(() => [...executor.map(jobs.spin, [stage.newLog().path], ['x'], { timeout: 50 })]).toThrow(TimeoutError)
  })

  it('returns Futures that wait, asCompleted, wrapFuture, runInExecutor, gatherMap and task groups accept', async () => {
    const executor = shared
    const futures = [1, 2, 3].map((n) => executor.submit(jobs.squareSlowly, n, 10 * n))
    expect(concurrent.wait(futures).done.size).toBe(3)
    const results = [...concurrent.asCompleted(futures)].map((future) => future.result())
    expect(results.sort()).toEqual([1, 4, 9])
    const main = function* (): Coroutine<unknown> {
      const wrapped = yield* wrapFuture(executor.submit(jobs.square, 2))
      const inExecutor = yield* runInExecutor(executor, jobs.square, 3)
      const gathered = yield* gatherMap([4, 5], (n) => runInExecutor(executor, jobs.square, n))
      let grouped = 0
      yield* taskGroup(function* (group) {
        for (const n of [6, 7])
          group.createTask(
            (function* () {
              const square = yield* executor.submit(jobs.squareSlowly, n)
              grouped += square
            })(),
          )
        yield* sleep(0)
      })
      return { wrapped, inExecutor, gathered, grouped }
    }
    expect(await run(main())).toEqual({ wrapped: 4, inExecutor: 9, gathered: [16, 25], grouped: 85 })
  })

  it('cancels the call when the Task that waits for it is cancelled', async () => {
    const executor = shared
    const log = stage.newLog()
    const waitForSpin = function* (): Coroutine<unknown> {
      return yield* executor.submit(jobs.spin, log.path, 'spin')
    }
    const main = function* (): Coroutine<void> {
      yield* taskGroup(function* (group) {
        group.createTask(waitForSpin())
        while (log.lines.length === 0) yield* sleep(5)
        throw new RangeError('enough')
      })
    }
    await expect(run(main())).rejects.toMatchObject({ errors: [new RangeError('enough')] })
    await log.has('spin finally')
  })

  it('a view is the same executor, with options', async () => {
    const executor = stage.newExecutor()
    const view = executor.with({ attempts: 3 }).with({ backoff: 1 })
    expect(await view.submit(jobs.failUntil, 3)).toBe(3)
    view.shutdown()
    expect(() => executor.submit(jobs.square, 2)).toThrow('cannot schedule new futures after shutdown')
  })

  it('limits how long a call runs, whatever kind it is', () => {
    const limited = shared.with({ timeout: 50 })
    const log = stage.newLog()
    const coroutine = limited.submit(jobs.spin, log.path, 'spin')
    expect(coroutine.exception()).toEqual(new TimeoutError('jobs.fixture.spin() has not ended within 50 ms'))
    expect(log.lines).toContain('spin finally')
    const later = limited.submit(jobs.waitUntilStopped, log.path)
    expect(later.exception()).toEqual(new TimeoutError('jobs.fixture.waitUntilStopped() has not ended within 50 ms'))
    const plain = limited.submit(jobs.computeUntilStopped, log.path)
    expect(plain.exception()).toEqual(new TimeoutError('jobs.fixture.computeUntilStopped() has not ended within 50 ms'))
  })

  it('sends progress of coroutines and functions in order', async () => {
    const seen: unknown[] = []
    const executor = shared.with({ onProgress: (value) => seen.push(value) })
    expect(await executor.submit(jobs.steps, 3)).toBe('done')
    expect(await executor.submit(jobs.stepsPlain, 3)).toBe('done')
    expect(seen).toEqual([1, 2, 3, 1, 2, 3])
  })

  it('a signal ends the Future with its reason at once, and cancels the call', async () => {
    const log = stage.newLog()
    const controller = new AbortController()
    const future = shared.with({ signal: controller.signal }).submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    controller.abort(new RangeError('enough'))
    expect(`${future.exception()}`).toBe('RangeError: enough')
    await log.has('spin finally')
    const early = shared.with({ signal: controller.signal }).submit(jobs.square, 1)
    expect(`${early.exception()}`).toBe('RangeError: enough')
  })

  it('tells a function its current call', async () => {
    const info = await shared.submit(jobs.whoAmI)
    expect(info).toEqual({ id: expect.stringMatching(/^[\w-]+$/), attempt: 1, queue: 'spindle' })
  })

  it.runIf(extent !== 'short')('begins calls of a higher priority first, and the others in order', async () => {
    const executor = stage.newExecutor({ queue: 'priority' })
    const log = stage.newLog()
    await executor.ready()
    const futures: concurrent.Future<unknown>[] = []
    for (const [name, priority] of [
      ['a', 0],
      ['low', -5],
      ['b', undefined],
      ['high', 5],
      ['higher', 9],
    ] as const) {
      const view = priority === undefined ? executor : executor.with({ priority })
      futures.push(view.submit(jobs.note, log.path, name))
    }
    await until(async () => (await executor.status()).waiting === 5, 'all to wait')
    await stage.newWorker(['--queue', 'priority', '--concurrency', '1'])
    await Promise.all(futures)
    expect(log.lines).toEqual(['higher', 'high', 'a', 'b', 'low'])
  })

  it('reports the calls in the queue, and its workers', async () => {
    const log = stage.newLog()
    const running = shared.submit(jobs.spin, log.path, 'spin')
    const delayed = shared.with({ delay: 3_600_000 }).submit(jobs.square, 1)
    await log.has('spin begun')
    const status = await shared.status()
    expect(status).toEqual({
      waiting: expect.any(Number),
      active: expect.any(Number),
      delayed: expect.any(Number),
      failed: expect.any(Number),
      workers: [{ name: 'common', address: expect.stringContaining('127.0.0.1:'), age: expect.any(Number) }],
    })
    expect(Math.min(status.active, status.delayed)).toBeGreaterThanOrEqual(1) // other tests have calls, too
    for (const future of [running, delayed]) future.cancel()
    concurrent.wait([running, delayed])
  })

  it('terminate() ends all Futures at once, and cancels running calls, however recently they started', async () => {
    const log = stage.newLog()
    for (let times = 1; times <= (extent === 'short' ? 1 : 10); times++) {
      const executor = stage.newExecutor()
      const future = executor.submit(jobs.spin, log.path, 'spin')
      await log.has('spin begun', times)
      executor.terminate()
      expect(`${future.exception()}`).toContain('BrokenExecutor: jobs.fixture.spin() was given up')
      await log.has('spin finally', times)
      await executor.ended()
    }
  })

  it('shutdown with cancelFutures cancels the calls that wait, and no other', async () => {
    const executor = stage.newExecutor()
    const log = stage.newLog()
    const running = executor.submit(jobs.spinUntilTold, log.path, 'spin')
    const waiting = executor.with({ delay: 3_600_000 }).submit(jobs.square, 1)
    await log.has('spin begun')
    executor.shutdown({ cancelFutures: true, wait: false })
    expect(() => waiting.result()).toThrow(CancelledError)
    log.add('spin may end')
    expect(running.result()).toBe('spin')
  })

  it.runIf(extent !== 'short')(
    'a thread that blocks on it forever is told when its executor is shut down',
    async () => {
      const executor = stage.newExecutor()
      const log = stage.newLog()
      const future = executor.submit(jobs.spin, log.path, 'spin')
      await log.has('spin begun')
      executor.shutdown({ wait: false, timeout: 200 })
      expect(`${future.exception()}`).toContain('given up')
    },
  )

  // The last test: it ends the executor that the others share.
  it('shutdown waits for open calls', () => {
    const future = shared.submit(jobs.squareSlowly, 6, 50)
    shared.shutdown()
    expect(future.done()).toBe(true)
    expect(future.result()).toBe(36)
  })
})

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n
}

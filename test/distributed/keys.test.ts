// `key` is a contract between programs: a call of a key runs once while its result is kept, whatever others do on the
// queue.

import { Redis } from 'ioredis'
import { CancelledError } from 'spindle'
import { DistributedExecutor, type DistributedExecutorOptions } from 'spindle/distributed'
import { concurrent } from 'spindle/thread'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, Log, RedisServer, startWorker, until, type WorkerProcess } from './redis-server.fixture.ts'

describe.skipIf(!hasRedis || extent === 'short')('a key', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const executors: DistributedExecutor[] = []
  const workers: WorkerProcess[] = []
  let direct: Redis
  let logs = 0
  beforeAll(async () => {
    await redis.start()
    direct = new Redis(redis.url, { maxRetriesPerRequest: null })
    workers.push(await startWorker(redis.url, '--concurrency', '100', '--lock', '60000'))
  })
  afterEach(() => {
    for (const executor of executors.splice(0)) executor.terminate()
  })
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.end()))
    direct?.disconnect()
    await redis.remove()
  })
  const newExecutor = (options: DistributedExecutorOptions = {}): DistributedExecutor => {
    const executor = new DistributedExecutor({ url: redis.url, ...options })
    executors.push(executor)
    return executor
  }
  const newLog = (): Log => new Log(redis.folder, `keys-${logs++}`)

  it('is kept for the resultTtl of its program, whatever other programs on the queue keep', async () => {
    const log = newLog()
    const shop = newExecutor()
    const pay = (): concurrent.Future<string> => shop.with({ key: 'order-17' }).submit(jobs.spin, log.path, 'pay', 5)
    expect(await pay()).toBe('pay')
    const hasty = newExecutor({ resultTtl: 1000 })
    await new Promise((resolve) => setTimeout(resolve, 1500)) // the result is now older than what `hasty` keeps
    for (let n = 0; n < 3; n++) expect(await hasty.submit(jobs.square, n)).toBe(n * n)
    expect(await pay()).toBe('pay')
    expect(log.lines.filter((line) => line === 'pay begun')).toEqual(['pay begun'])
  })

  it('is forgotten after its resultTtl', async () => {
    const log = newLog()
    const short = newExecutor({ resultTtl: 1000 }).with({ key: 'short' })
    expect(await short.submit(jobs.spin, log.path, 'short', 5)).toBe('short')
    await until(async () => (await direct.keys('bull:spindle:spindle:result:*short')).length === 0, 'the end of it')
    expect(await short.submit(jobs.spin, log.path, 'short', 5)).toBe('short')
    expect(log.lines.filter((line) => line === 'short begun')).toHaveLength(2)
  })

  it('one of two programs cancels a running call: the other gets its result', async () => {
    const log = newLog()
    const [first, second] = [newExecutor(), newExecutor()].map((executor) =>
      executor.with({ key: 'running' }).submit(jobs.spinUntilTold, log.path, 'spin'),
    ) as [concurrent.Future<string>, concurrent.Future<string>]
    await log.has('spin begun')
    await joined('running', 2)
    expect(first.cancel()).toBe(true)
    concurrent.wait([first])
    log.add('spin may end')
    expect({ cancelled: first.cancelled(), other: await second, lines: log.lines }).toEqual({
      cancelled: true,
      other: 'spin',
      lines: ['spin begun', 'spin may end', 'spin ended'],
    })
  })

  it('one of two programs cancels a waiting call: the other gets its result', async () => {
    const log = newLog()
    const queue = 'keys-waiting'
    const [first, second] = [newExecutor({ queue }), newExecutor({ queue })].map((executor) =>
      executor.with({ key: 'waiting' }).submit(jobs.spin, log.path, 'spin', 5),
    ) as [concurrent.Future<string>, concurrent.Future<string>]
    await joined('waiting', 2, queue)
    expect(first.cancel()).toBe(true)
    concurrent.wait([first])
    workers.push(await startWorker(redis.url, '--queue', queue))
    expect(await second).toBe('spin')
  })

  it('the last of its waiters cancels: the call is cancelled, and the key is free again', async () => {
    const log = newLog()
    const views = [newExecutor(), newExecutor()].map((executor) => executor.with({ key: 'last' }))
    const futures = views.map((view) => view.submit(jobs.spin, log.path, 'spin'))
    await log.has('spin begun')
    await joined('last', 2)
    for (const future of futures) expect(future.cancel()).toBe(true)
    concurrent.wait(futures)
    expect(log.lines).toEqual(['spin begun', 'spin finally'])
    expect(await views[0]?.submit(jobs.spin, log.path, 'again', 5)).toBe('again')
  })

  it('is its own in each database of a server', async () => {
    const log = newLog()
    const url = `${redis.url}/1`
    workers.push(await startWorker(url))
    const [here, there] = [newExecutor(), newExecutor({ url })].map((executor, index) =>
      executor.with({ key: 'same' }).submit(jobs.spinUntilTold, log.path, `spin ${index}`),
    ) as [concurrent.Future<string>, concurrent.Future<string>]
    await log.has('spin 0 begun')
    await log.has('spin 1 begun')
    expect(here.cancel()).toBe(true)
    concurrent.wait([here])
    log.add('spin 1 may end')
    expect(await there).toBe('spin 1')
  })

  it('keeps no failure: the next call runs', async () => {
    const log = newLog()
    const view = newExecutor().with({ key: 'fails' })
    expect(`${view.submit(jobs.failFirst, log.path).exception()}`).toBe('RangeError: the first time')
    expect(await view.submit(jobs.failFirst, log.path)).toBe('later')
    const limited = newExecutor().with({ key: 'timed-out', timeout: 50 })
    expect(`${limited.submit(jobs.spin, log.path, 'long').exception()}`).toContain('TimeoutError')
    expect(await limited.submit(jobs.spin, log.path, 'short', 1)).toBe('short')
  })

  it('is cancelled from anywhere, for all who wait for it', async () => {
    const log = newLog()
    const [first, second, other] = [newExecutor(), newExecutor(), newExecutor()] as const
    const futures = [first, second].map((executor) =>
      executor.with({ key: 'anywhere' }).submit(jobs.spin, log.path, 'spin'),
    )
    await log.has('spin begun')
    await joined('anywhere', 2)
    expect(await other.cancel(jobs.spin, 'anywhere')).toBe(true)
    for (const future of futures) expect(() => future.result()).toThrow(CancelledError)
    expect(log.lines).toEqual(['spin begun', 'spin finally'])
    expect(await other.cancel(jobs.spin, 'anywhere')).toBe(false)
    const queue = 'nobody-works'
    const waiting = newExecutor({ queue }).with({ key: 'x' }).submit(jobs.square, 2)
    await joined('x', 1, queue)
    expect(await newExecutor({ queue }).cancel(jobs.square, 'x')).toBe(true)
    expect(() => waiting.result()).toThrow(CancelledError)
  })

  it('its worker is lost after the result was written: the function does not run again', async () => {
    const log = newLog()
    const queue = 'keys-lost'
    const view = newExecutor({ queue }).with({ key: 'written' })
    const worker = await startWorker(redis.url, '--queue', queue, '--lock', '400')
    workers.push(worker)
    const future = view.submit(jobs.spin, log.path, 'spin', 1000)
    await log.has('spin begun')
    worker.kill('SIGSTOP')
    // What the worker writes last but one: the result is there, and the job still counts as running.
    const [id] = await direct.lrange(`bull:${queue}:active`, 0, -1)
    await direct.set(`bull:${queue}:spindle:result:${id}`, '["from before"]', 'PX', 60_000)
    workers.push(await startWorker(redis.url, '--queue', queue, '--lock', '400'))
    expect(await future).toBe('from before')
    worker.kill('SIGCONT')
    expect(log.lines.filter((line) => line === 'spin begun')).toEqual(['spin begun'])
  })

  it('thousands of calls from five programs, cancelled at random: each key runs once', async () => {
    const many = extent === 'full' ? 10_000 : 1000
    const [keys, programs] = [many / 10, [1, 2, 3, 4, 5].map((n) => newExecutor({ resultTtl: 60_000 * n }))]
    const log = newLog()
    const calls = Array.from({ length: many }, (_, n) => {
      const program = programs[n % 5] as DistributedExecutor
      const key = `k${Math.floor(Math.random() * keys)}`
      return { key, future: program.with({ key }).submit(jobs.note, log.path, key) }
    })
    // A tenth of them leaves; a key whose waiters have all left before it began may never run.
    const left = calls.filter(({ future }) => Math.random() < 0.1 && future.cancel())
    await until(() => calls.every(({ future }) => future.settled), 'all to end')
    const kept = calls.filter((call) => !left.includes(call))
    expect(new Set(kept.map(({ future }) => `${future.exception()}`))).toEqual(new Set(['undefined']))
    const runs = new Map<string, number>()
    for (const line of log.lines) runs.set(line, (runs.get(line) ?? 0) + 1)
    expect([...runs].filter(([, times]) => times !== 1)).toEqual([])
    expect(kept.filter(({ key }) => !runs.has(key))).toEqual([])
  })

  /** Waits until so many programs wait for the call. */
  async function joined(key: string, many: number, queue = 'spindle'): Promise<void> {
    await until(async () => {
      const [job] = (await direct.keys(`bull:${queue}:*/${key}`)).filter((name) => !name.includes(':result:'))
      const fields = job === undefined ? [] : await direct.hkeys(job)
      return fields.filter((field) => field.startsWith('w:')).length === many
    }, `${many} to wait for ${key}`)
  }
})

// `key` is a contract between programs: a call of a key runs once while its result is kept, whatever others do on the
// queue.

import { Redis } from 'ioredis'
import { CancelledError } from 'spindle'
import type { DistributedExecutor } from 'spindle/distributed'
import { concurrent } from 'spindle/thread'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RUNS, Scripts } from '../../packages/distributed/src/redis/scripts.ts'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, type Log, RedisServer, startWorker, until, type WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

// Ten thousand calls take minutes on a busy machine.
const PATIENCE = 300_000

describe.skipIf(!hasRedis || extent === 'short')('a key', { timeout: 300_000 }, () => {
  const stage = new Stage(new RedisServer())
  let direct: Redis
  let worker: WorkerProcess
  beforeAll(async () => {
    direct = new Redis(stage.url, { maxRetriesPerRequest: null })
    worker = await startWorker(stage.url, '--concurrency', '100', '--lock', '60000')
  })
  afterAll(async () => {
    await worker?.end()
    direct?.disconnect()
  })

  it('is kept for the resultTtl of its program, whatever other programs on the queue keep', async () => {
    const log = stage.newLog()
    const shop = stage.newExecutor()
    const pay = (): concurrent.Future<string> => shop.with({ key: 'order-17' }).submit(jobs.spin, log.path, 'pay', 5)
    expect(await pay()).toBe('pay')
    const hasty = stage.newExecutor({ resultTtl: 1000 })
    await new Promise((resolve) => setTimeout(resolve, 1500)) // the result is now older than what `hasty` keeps
    for (let n = 0; n < 3; n++) expect(await hasty.submit(jobs.square, n)).toBe(n * n)
    expect(await pay()).toBe('pay')
    expect(log.lines.filter((line) => line === 'pay begun')).toEqual(['pay begun'])
  })

  it('is kept for the longest resultTtl of the programs that wait for its result', async () => {
    const log = stage.newLog()
    const [hasty, shop] = [stage.newExecutor({ resultTtl: 1000 }), stage.newExecutor()]
    const first = hasty.with({ key: 'joined' }).submit(jobs.spinUntilTold, log.path, 'pay')
    await log.has('pay begun')
    const pay = (): concurrent.Future<string> =>
      shop.with({ key: 'joined' }).submit(jobs.spinUntilTold, log.path, 'pay')
    const second = pay()
    await joined('joined', 2)
    log.add('pay may end')
    expect([await first, await second]).toEqual(['pay', 'pay'])
    await new Promise((resolve) => setTimeout(resolve, 1500)) // longer than `hasty` keeps it
    expect(await pay()).toBe('pay')
    expect(log.lines.filter((line) => line === 'pay begun')).toEqual(['pay begun'])
  })

  it('is kept for longer if a program with a longer resultTtl asks for its result, and not for longer each time', async () => {
    const log = stage.newLog()
    const pay = async (resultTtl: number): Promise<void> => {
      const executor = stage.newExecutor({ resultTtl })
      expect(await executor.with({ key: 'asked' }).submit(jobs.spin, log.path, 'pay', 5)).toBe('pay')
    }
    const left = async (): Promise<number> => direct.pttl('bull:spindle:spindle:result:jobs.fixture.spin/asked')
    await pay(10_000)
    await pay(600_000)
    const longer = await left()
    expect(longer).toBeGreaterThan(500_000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const ttl of [600_000, 10_000]) await pay(ttl)
    expect(await left()).toBeLessThanOrEqual(longer - 100)
    expect(log.lines.filter((line) => line === 'pay begun')).toEqual(['pay begun'])
  })

  it('is forgotten after its resultTtl', async () => {
    const log = stage.newLog()
    const short = stage.newExecutor({ resultTtl: 1000 }).with({ key: 'short' })
    expect(await short.submit(jobs.spin, log.path, 'short', 5)).toBe('short')
    await until(async () => (await direct.keys('bull:spindle:spindle:result:*short')).length === 0, 'the end of it')
    expect(await short.submit(jobs.spin, log.path, 'short', 5)).toBe('short')
    expect(log.lines.filter((line) => line === 'short begun')).toHaveLength(2)
  })

  it('one of two programs cancels a running call: the other gets its result', async () => {
    const log = stage.newLog()
    const [first, second] = [stage.newExecutor(), stage.newExecutor()].map((executor) =>
      executor.with({ key: 'running' }).submit(jobs.spinUntilTold, log.path, 'spin'),
    ) as [concurrent.Future<string>, concurrent.Future<string>]
    await log.has('spin begun')
    await joined('running', 2)
    expect(first.cancel()).toBe(false)
    concurrent.wait([first])
    log.add('spin may end')
    expect({ cancelled: first.cancelled(), other: await second, lines: log.lines }).toEqual({
      cancelled: true,
      other: 'spin',
      lines: ['spin begun', 'spin may end', 'spin ended'],
    })
  })

  it('one of two programs cancels a waiting call: the other gets its result', async () => {
    const log = stage.newLog()
    const queue = 'keys-waiting'
    const [first, second] = [stage.newExecutor({ queue }), stage.newExecutor({ queue })].map((executor) =>
      executor.with({ key: 'waiting' }).submit(jobs.spin, log.path, 'spin', 5),
    ) as [concurrent.Future<string>, concurrent.Future<string>]
    await joined('waiting', 2, queue)
    expect(first.cancel()).toBe(false)
    concurrent.wait([first])
    await stage.newWorker(['--queue', queue])
    expect(await second).toBe('spin')
  })

  it('the last of its waiters cancels: the call is cancelled, and the key is free again', async () => {
    const log = stage.newLog()
    const views = [stage.newExecutor(), stage.newExecutor()].map((executor) => executor.with({ key: 'last' }))
    const futures = views.map((view) => view.submit(jobs.spin, log.path, 'spin'))
    await log.has('spin begun')
    await joined('last', 2)
    for (const future of futures) expect(future.cancel()).toBe(false)
    concurrent.wait(futures)
    expect(log.lines).toEqual(['spin begun', 'spin finally'])
    expect(await views[0]?.submit(jobs.spin, log.path, 'again', 5)).toBe('again')
  })

  it('has begun when its `expires` is over: it continues, and each of its waiters gets the result', async () => {
    const log = stage.newLog()
    const id = 'jobs.fixture.spinUntilTold/begun'
    const futures = [stage.newExecutor(), stage.newExecutor()].map((executor) =>
      executor.with({ key: 'begun' }).submit(jobs.spinUntilTold, log.path, 'spin'),
    )
    await log.has('spin begun')
    await joined('begun', 2)
    const scripts = new Scripts(direct, 'bull:spindle:')
    for (const waiter of await waitersOf(id))
      expect(await scripts.cancel([[waiter.slice(2), id, '', '']], 1000)).toEqual([RUNS])
    log.add('spin may end')
    expect(await Promise.all(futures)).toEqual(['spin', 'spin'])
  })

  it('is its own in each database of a server', async () => {
    const log = stage.newLog()
    const url = `${stage.url}/1`
    await stage.newWorker(['--url', url])
    const [here, there] = [stage.newExecutor(), stage.newExecutor({ url })].map((executor, index) =>
      executor.with({ key: 'same' }).submit(jobs.spinUntilTold, log.path, `spin ${index}`),
    ) as [concurrent.Future<string>, concurrent.Future<string>]
    await log.has('spin 0 begun')
    await log.has('spin 1 begun')
    expect(here.cancel()).toBe(false)
    concurrent.wait([here])
    log.add('spin 1 may end')
    expect(await there).toBe('spin 1')
  })

  it('keeps no failure: the next call runs', async () => {
    const log = stage.newLog()
    const view = stage.newExecutor().with({ key: 'fails' })
    expect(`${view.submit(jobs.failFirst, log.path).exception()}`).toBe('RangeError: the first time')
    expect(await view.submit(jobs.failFirst, log.path)).toBe('later')
    const limited = stage.newExecutor().with({ key: 'timed-out', timeout: 50 })
    expect(`${limited.submit(jobs.spin, log.path, 'long').exception()}`).toContain('TimeoutError')
    expect(await limited.submit(jobs.spin, log.path, 'short', 1)).toBe('short')
  })

  it('is cancelled from anywhere, for all who wait for it', async () => {
    const log = stage.newLog()
    const [first, second, other] = [stage.newExecutor(), stage.newExecutor(), stage.newExecutor()] as const
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
    const waiting = stage.newExecutor({ queue }).with({ key: 'x' }).submit(jobs.square, 2)
    await joined('x', 1, queue)
    expect(await stage.newExecutor({ queue }).cancel(jobs.square, 'x')).toBe(true)
    expect(() => waiting.result()).toThrow(CancelledError)
  })

  it('its worker is lost after the result was written: the function does not run again', async () => {
    const log = stage.newLog()
    const queue = 'keys-lost'
    const view = stage.newExecutor({ queue }).with({ key: 'written' })
    const worker = await stage.newWorker(['--queue', queue, '--lock', '400'])
    const future = view.submit(jobs.spin, log.path, 'spin', 1000)
    await log.has('spin begun')
    worker.kill('SIGSTOP')
    // What the worker writes last but one: the result is there, and the job still counts as running.
    const [id] = await direct.lrange(`bull:${queue}:active`, 0, -1)
    await direct.hset(`bull:${queue}:spindle:result:${id}`, { text: '["from before"]', ttl: 60_000 })
    await stage.newWorker(['--queue', queue, '--lock', '400'])
    expect(await future).toBe('from before')
    worker.kill('SIGCONT')
    expect(log.lines.filter((line) => line === 'spin begun')).toEqual(['spin begun'])
  })

  it('thousands of calls from five programs in two databases, cancelled at random while workers are killed: one side effect for each key, save after a lost worker', {
    timeout: 4 * PATIENCE,
  }, async () => {
    const many = extent === 'full' ? 10_000 : 1000
    const urls = [`${stage.url}/2`, `${stage.url}/3`]
    const args = ['--concurrency', '20', '--lock', '5000', '--max-lost', '1000']
    const newWorkers = (): Promise<WorkerProcess[]> =>
      Promise.all(urls.map((url) => stage.newWorker(['--url', url, ...args])))
    const workers = [...(await newWorkers()), ...(await newWorkers())]
    const logs = urls.map(() => stage.newLog())
    const programs = [1, 2, 3, 4, 5].map((n) => stage.newExecutor({ url: urls[n % 2], resultTtl: 300_000 * n }))
    let ended = 0
    const hasty = urls.map((url) => stage.newExecutor({ url, resultTtl: 1000 }))
    const calls = Array.from({ length: many }, (_, n) => {
      const [program, log] = [programs[n % 5] as DistributedExecutor, logs[((n % 5) + 1) % 2] as Log]
      if (n % 10 === 0) hasty[n % 2]?.submit(jobs.square, n) // whose results are kept for much less
      const key = `k${Math.floor((Math.random() * many) / 10)}`
      const future = program.with({ key }).submit(jobs.effect, log.path, key)
      future.addDoneCallback(() => ended++)
      return { key, log, future }
    })
    // A tenth of them leaves; a key whose waiters have all left before it began may never run.
    const left = calls.filter(() => Math.random() < 0.1)
    for (const { future } of left) future.cancel()
    const killed: number[] = []
    for (const share of [0.2, 0.4, 0.6]) {
      await until(() => ended >= share * many, 'some to end', PATIENCE)
      for (const worker of workers.splice(0, 2)) {
        killed.push(worker.process.pid as number)
        worker.kill('SIGKILL')
      }
      workers.push(...(await newWorkers()))
    }
    await until(() => calls.every(({ future }) => future.settled), 'all to end', PATIENCE)
    const kept = calls.filter((call) => !left.includes(call))
    expect(new Set(kept.map(({ future }) => `${future.exception()}`))).toEqual(new Set(['undefined']))
    for (const log of logs) {
      const effects = new Map<string, string[]>()
      for (const line of log.lines) {
        const [key = '', pid = ''] = line.split(' ')
        effects.set(key, [...(effects.get(key) ?? []), pid])
      }
      const ofLiving = [...effects].filter(([, pids]) => pids.filter((pid) => !killed.includes(Number(pid))).length > 1)
      expect({ twice: ofLiving, never: kept.filter((call) => call.log === log && !effects.has(call.key)) }).toEqual({
        twice: [],
        never: [],
      })
    }
  })

  /** The fields of a job that name the calls which wait for it. */
  async function waitersOf(id: string): Promise<string[]> {
    return (await direct.hkeys(`bull:spindle:${id}`)).filter((field) => field.startsWith('w:'))
  }

  /** Waits until so many programs wait for the call. */
  async function joined(key: string, many: number, queue = 'spindle'): Promise<void> {
    await until(async () => {
      const [job] = (await direct.keys(`bull:${queue}:*/${key}`)).filter((name) => !name.includes(':result:'))
      const fields = job === undefined ? [] : await direct.hkeys(job)
      return fields.filter((field) => field.startsWith('w:')).length === many
    }, `${many} to wait for ${key}`)
  }
})

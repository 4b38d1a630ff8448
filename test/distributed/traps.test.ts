// What goes wrong with a queue in ways that are hard to see: events that are missed or trimmed, results that are kept
// twice, cancellations that come at the wrong moment, what is left behind.

import { wait } from '@spindle/thread'
import { Redis } from 'ioredis'
import { DistributedExecutor, type DistributedExecutorOptions } from 'spindle/distributed'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ClientThread } from '../../packages/distributed/src/client-thread.ts'
import type { FromSubmittingClient, ToSubmittingClient } from '../../packages/distributed/src/protocol.ts'
import { Submitter } from '../../packages/distributed/src/submitting/submitter.ts'
import { runSubmittingClient } from '../../packages/distributed/src/submitting/submitting-client.ts'
import * as jobs from './jobs.fixture.ts'
import {
  CuttableNetwork,
  extent,
  hasRedis,
  Log,
  RedisServer,
  startWorker,
  until,
  type WorkerProcess,
} from './redis-server.fixture.ts'

// The key of a job, or one below it.
const JOB = /:[\w-]{16}-\d+/

describe.skipIf(!hasRedis || extent === 'short')('traps', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const executors: DistributedExecutor[] = []
  let direct: Redis
  let worker: WorkerProcess
  let logs = 0
  beforeAll(async () => {
    await redis.start()
    direct = new Redis(redis.url, { maxRetriesPerRequest: null })
    worker = await startWorker(redis.url, '--concurrency', '100')
  })
  afterEach(() => {
    for (const executor of executors.splice(0)) executor.terminate()
  })
  afterAll(async () => {
    await worker?.end()
    direct?.disconnect()
    await redis.remove()
  })
  const newExecutor = (options: DistributedExecutorOptions = {}): DistributedExecutor => {
    const executor = new DistributedExecutor({ url: redis.url, ...options })
    executors.push(executor)
    return executor
  }
  const newLog = (): Log => new Log(redis.folder, `traps-${logs++}`)

  it('events between the start and the first read are not missed: no small result has to be fetched', async () => {
    // Every command counts as slow, and is written down. (MONITOR of ioredis may take its first lines for answers.)
    await direct.config('SET', 'slowlog-log-slower-than', 0)
    await direct.config('SET', 'slowlog-max-len', 100_000)
    for (let n = 0; n < 5; n++) expect(await newExecutor().submit(jobs.square, n)).toBe(n * n)
    const commands = ((await direct.slowlog('GET', -1)) as [number, number, number, string[]][]).map(
      ([, , , args]) => args,
    )
    await direct.config('SET', 'slowlog-log-slower-than', -1)
    expect(commands.some(([name]) => /^xread$/i.test(name ?? ''))).toBe(true)
    const asked = commands.filter((args) => args.includes('spindle:result'))
    expect(asked).toEqual([])
  })

  it('lost or trimmed events are recovered by asking Redis', async () => {
    const network = await new CuttableNetwork(redis).start()
    const executor = newExecutor({ url: network.url })
    const log = newLog()
    const futures = [1, 2, 3].map((n) => executor.submit(jobs.spin, log.path, `${n}`, 300))
    for (const n of [1, 2, 3]) await log.has(`${n} begun`)
    network.cut()
    for (const n of [1, 2, 3]) await log.has(`${n} finally`)
    await until(async () => (await direct.zcard('bull:spindle:completed')) >= 3, 'the ends to be written')
    await direct.xtrim('bull:spindle:events', 'MAXLEN', 0)
    network.mend()
    expect(await Promise.all(futures)).toEqual(['1', '2', '3'])
    executor.terminate()
    await executor.ended()
    await network.stop()
  })

  it('a job whose key has ended long ago, or waits for another submitter, is not added again', async () => {
    const log = newLog()
    const [first, second] = [newExecutor().with({ key: 'once' }), newExecutor().with({ key: 'once' })]
    const futures = [first, second, first, second].map((view) => view.submit(jobs.spin, log.path, 'once', 50))
    expect(await Promise.all(futures)).toEqual(['once', 'once', 'once', 'once'])
    expect(await newExecutor().with({ key: 'once' }).submit(jobs.spin, log.path, 'once', 50)).toBe('once')
    expect(log.lines).toEqual(['once begun', 'once ended', 'once finally'])
    const others = [first, second].map((view) =>
      view.with({ key: 'shared' }).submit(jobs.spin, log.path, 'shared', 300),
    )
    await log.has('shared begun')
    expect(others[0]?.cancel()).toBe(true) // ends the one job of both
    wait(others)
    expect(others.map((future) => future.cancelled())).toEqual([true, true])
  })

  it('large results are kept once, and are not in the events that every submitter receives', async () => {
    const executor = newExecutor({ queue: 'large' })
    const other = await startWorker(redis.url, '--queue', 'large')
    expect(await executor.submit(jobs.big, 200_000)).toHaveLength(200_000)
    const events = JSON.stringify(await direct.xrange('bull:large:events', '-', '+'))
    expect(events.length).toBeLessThan(5000)
    const [key = ''] = (await direct.keys('bull:large:*')).filter((name) => JOB.test(name))
    const fields = await direct.hgetall(key)
    const large = Object.entries(fields).filter(([, value]) => value.length > 1000)
    expect(large.map(([name]) => name)).toEqual(['spindle:result'])
    await other.end()
  })

  it('a Redis that is far away limits no submitter: more calls are on their way to it', async () => {
    const network = await new CuttableNetwork(redis, 10).start()
    const executor = newExecutor({ url: network.url, queue: 'far' })
    await executor.ready()
    network.hold()
    const futures = Array.from({ length: 500 }, (_, n) => executor.submit(jobs.square, n))
    // Nothing is answered yet. To a near one, 64 would be on their way.
    await until(async () => (await direct.zcard('bull:far:prioritized')) >= 200, 'more than one batch to arrive')
    network.release()
    await until(async () => (await direct.zcard('bull:far:prioritized')) === 500, 'the others')
    for (const future of futures) future.cancel()
    await until(() => futures.every((future) => future.settled), 'the cancellations') // the proxy is on this thread
    expect(futures.filter((future) => !future.cancelled())).toEqual([])
    executor.terminate()
    await executor.ended()
    await network.stop()
  })

  it('cancelled before it was added: it never reaches Redis', async () => {
    const executor = newExecutor({ queue: 'never' })
    await executor.ready()
    const futures = Array.from({ length: 50 }, (_, n) => executor.submit(jobs.square, n))
    for (const future of futures) future.cancel()
    wait(futures)
    expect(futures.filter((future) => !future.cancelled())).toEqual([])
    expect((await direct.keys('bull:never:*')).filter((name) => JOB.test(name))).toEqual([])
  })

  it('cancelled between waiting and active: a started call runs its `finally`, and nothing keeps running', async () => {
    const log = newLog()
    const executor = newExecutor()
    for (let round = 0; round < 20; round++) {
      const futures = Array.from({ length: 10 }, () => executor.submit(jobs.count, log.path, 3_600_000))
      await new Promise((resolve) => setTimeout(resolve, round / 2)) // earlier and later in the life of the jobs
      for (const future of futures) expect(future.cancel()).toBe(true)
      wait(futures)
    }
    const of = (kind: string): number => log.lines.filter((line) => line === kind).length
    await until(() => of('begun') === of('finally'), 'each `finally`')
    expect(of('ended')).toBe(0)
    await until(async () => (await executor.status()).active === 0, 'nothing to run')
  })

  it('a cancelled call has no second attempt', async () => {
    const log = newLog()
    const future = newExecutor().with({ attempts: 5 }).submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    future.cancel()
    wait([future])
    const last = newExecutor().submit(jobs.square, 3)
    expect({ last: await last, lines: log.lines }).toEqual({ last: 9, lines: ['spin begun', 'spin finally'] })
  })

  it('a client thread that throws says so and ends, and all Futures fail', async () => {
    const seen: FromSubmittingClient[] = []
    let isGone = false
    const owner = { take: (message: FromSubmittingClient) => void seen.push(message), gone: () => (isGone = true) }
    const options = { url: redis.url, queue: 'broken', resultTtl: 1000, connectTimeout: 10_000 }
    const client = new ClientThread<ToSubmittingClient, FromSubmittingClient>(
      'broken-client',
      runSubmittingClient,
      options,
      owner,
    )
    client.hold(true)
    client.post(undefined as never)
    await until(() => isGone, 'the thread to end')
    expect(seen).toContainEqual({ kind: 'broken', message: expect.stringContaining('undefined'), isConnection: false })
    const submitter = new Submitter({ ...options, payloadLimit: 1000, codec: 'devalue' })
    const parts = { fn: jobs.square, args: [1], kind: 'one', options: {} } as const
    const futures = [submitter.submit(parts).future, submitter.submit(parts).future]
    submitter.take({ kind: 'broken', message: 'it threw', isConnection: false })
    expect(futures.map((future) => `${future.exception()}`)).toEqual(Array(2).fill('BrokenExecutor: it threw'))
    submitter.terminate()
    await submitter.ended()
  })

  it('nothing is left behind: no Task, listener, timer, port or key but those of results', async () => {
    const scale = extent === 'full' ? 10 : 1
    const executor = newExecutor({ queue: 'tidy', resultTtl: 1000 })
    const other = await startWorker(redis.url, '--queue', 'tidy', '--concurrency', '100', '--health', '0')
    const log = newLog()
    const batch = async (): Promise<void> => {
      const many = Array.from({ length: 2000 }, (_, n) => executor.submit(jobs.squareSlowly, n, 0))
      const cancelled = Array.from({ length: 200 }, () => executor.submit(jobs.count, log.path, 3_600_000))
      const failed = Array.from({ length: 20 }, () => executor.submit(jobs.throwPlain, 'no'))
      for (const future of cancelled) future.cancel()
      wait([...many, ...cancelled, ...failed])
    }
    for (let n = 0; n < 3; n++) await batch()
    const before = { here: jobs.holdings(), worker: await executor.submit(jobs.holdingsOfWorker) }
    for (let n = 0; n < scale; n++) await batch()
    // What is under way for a moment (a request, a timer, garbage) goes; what is left behind stays.
    let left = ''
    const isTidy = async (): Promise<boolean> => {
      const after = { here: jobs.holdings(), worker: await executor.submit(jobs.holdingsOfWorker) }
      left = (['here', 'worker'] as const).flatMap((side) => more(side, before[side], after[side])).join(', ')
      return left === ''
    }
    await until(isTidy, 'all to be as before').catch((error) => expect.fail(`${error}: ${left}`))
    const status = await executor.status()
    expect({ waiting: status.waiting, active: status.active, delayed: status.delayed }).toEqual({
      waiting: 0,
      active: 0,
      delayed: 0,
    })
    const keys = await direct.keys('bull:tidy:*')
    const kept = await Promise.all([direct.zcard('bull:tidy:completed'), direct.zcard('bull:tidy:failed')])
    const ofJobs = keys.filter((key) => JOB.test(key))
    expect(ofJobs.filter((key) => /:lock$|:logs$/.test(key))).toEqual([])
    expect(ofJobs).toHaveLength(kept[0] + kept[1])
    // After `resultTtl` they go when the next call ends.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    for (let n = 0; n < 3 && (await direct.zcard('bull:tidy:completed')) > 1; n++) await executor.submit(jobs.square, n)
    other.kill('SIGTERM')
    expect(await other.exited()).toBe(0)
    const rest = await direct.zcard('bull:tidy:completed')
    expect(rest).toBeLessThan(Math.max(kept[0], 2)) // on a slow machine they may be gone before that
  })
})

/** What a side holds more than before. */
function more(side: string, before: jobs.Holdings, after: jobs.Holdings): string[] {
  const found: string[] = []
  const rest = [...before.resources]
  for (const resource of after.resources) {
    const index = rest.indexOf(resource)
    if (index === -1) found.push(`${side}: ${resource}`)
    else rest.splice(index, 1)
  }
  for (const name of ['tasks', 'listeners'] as const)
    if (after[name] !== before[name]) found.push(`${side}: ${after[name]} ${name}, were ${before[name]}`)
  // Compiled code and the Log of this test are all that may grow: less than 150 bytes for each of 20,000 calls.
  const heap = after.heap - before.heap
  if (heap >= 3_000_000) found.push(`${side}: ${heap} bytes`)
  return found
}

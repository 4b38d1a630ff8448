// What goes wrong with a queue in ways that are hard to see: replies that are missed, results that are kept twice,
// cancellations that come at the wrong moment, what is left behind, and what a call costs when others use the queue.

import { Redis } from 'ioredis'
import { concurrent } from 'spindle/thread'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import {
  CuttableNetwork,
  hasRedis,
  RedisServer,
  startWorker,
  until,
  type WorkerProcess,
} from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

// The key of a job, or one below it.
const JOB = /:[\w-]{16}-\d+/

describe.skipIf(!hasRedis || extent === 'short')('traps', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const stage = new Stage(redis)
  let direct: Redis
  let worker: WorkerProcess
  beforeAll(async () => {
    direct = new Redis(redis.url, { maxRetriesPerRequest: null })
    worker = await startWorker(redis.url, '--concurrency', '100')
  })
  afterAll(async () => {
    await worker?.end()
    direct?.disconnect()
  })

  it('replies that were sent while the network was cut are read afterwards', async () => {
    const network = await new CuttableNetwork(redis).start()
    const executor = stage.newExecutor({ url: network.url })
    const log = stage.newLog()
    const futures = [1, 2, 3].map((n) => executor.submit(jobs.spin, log.path, `${n}`, 300))
    for (const n of [1, 2, 3]) await log.has(`${n} begun`)
    network.cut()
    for (const n of [1, 2, 3]) await log.has(`${n} finally`)
    await until(async () => (await direct.llen('bull:spindle:active')) === 0, 'the ends to be written')
    network.mend()
    expect(await Promise.all(futures)).toEqual(['1', '2', '3'])
    await stage.end()
    await network.stop()
  })

  it('a result is kept once, for the submitter alone, until that has read it', async () => {
    const executor = stage.newExecutor({ queue: 'large' })
    await stage.newWorker(['--queue', 'large'])
    expect(await executor.submit(jobs.big, 200_000)).toHaveLength(200_000)
    const events = JSON.stringify(await direct.xrange('bull:large:events', '-', '+'))
    expect(events.length).toBeLessThan(2000)
    const sizes = async (): Promise<number[]> => {
      const streams = await direct.keys('bull:large:spindle:reply:*')
      return await Promise.all(streams.map((stream) => direct.xlen(stream)))
    }
    await until(async () => (await sizes()).every((size) => size === 0), 'what was read to be removed')
    expect((await direct.keys('bull:large:*')).filter((name) => JOB.test(name) && !name.includes(':reply:'))).toEqual(
      [],
    )
  })

  it('a submitter pays for its own calls alone, however many others there are', async () => {
    const queue = 'strangers'
    await stage.newWorker(['--queue', queue, '--concurrency', '100'])
    /** The bytes that Redis has sent for each of 500 calls of one program. */
    const cost = async (): Promise<number> => {
      const executor = stage.newExecutor({ queue })
      await executor.ready()
      const before = await sentBytes()
      const futures = Array.from({ length: 500 }, (_, n) => executor.submit(jobs.square, n))
      await until(() => futures.every((future) => future.settled), 'all to end')
      return (await sentBytes()) / 500 - before / 500
    }
    const sentBytes = async (): Promise<number> =>
      Number(/total_net_output_bytes:(\d+)/.exec(await direct.info('stats'))?.[1])
    const alone = await cost()
    const strangers = Array.from({ length: 5 }, () => stage.newExecutor({ queue }))
    await Promise.all(strangers.map((executor) => executor.ready()))
    const among = await cost()
    // With one stream of events for all, each of the five would receive all of it, too.
    expect({ ratio: among / alone < 2, alone, among }).toEqual({ ratio: true, alone, among })
  })

  it('`delay` has no grain of a second: a worker waits for parts of one', async () => {
    const network = await new CuttableNetwork(redis).start()
    await stage.newWorker(['--url', network.url, '--queue', 'grain'])
    expect(await stage.newExecutor({ queue: 'grain' }).with({ delay: 300 }).submit(jobs.square, 2)).toBe(4)
    const seconds = [...network.sent.matchAll(/bzpopmin\r\n\$\d+\r\n[^\r]*\r\n\$\d+\r\n([\d.]+)/gi)].map(
      ([, text]) => text,
    )
    expect(seconds.filter((text) => text?.includes('.'))).not.toEqual([])
    await stage.end()
    await network.stop()
  })

  it('thousands of waiting calls are cancelled in slices, between which other calls go', async () => {
    const network = await new CuttableNetwork(redis).start()
    const executor = stage.newExecutor({ url: network.url, queue: 'slices' })
    const futures = Array.from({ length: 3000 }, (_, n) => executor.submit(jobs.square, n))
    const waiting = (): Promise<number> => direct.zcard('bull:slices:prioritized')
    await until(async () => (await waiting()) === 3000, 'all to wait')
    network.hold()
    for (const future of futures) future.cancel()
    futures.push(executor.with({ key: 'later' }).submit(jobs.square, 1))
    await until(async () => (await direct.exists('bull:slices:jobs.fixture.square/later')) === 1, 'the new call')
    expect(await waiting()).toBeGreaterThan(2500) // the first slice is not answered yet
    network.release()
    futures.at(-1)?.cancel()
    await until(() => futures.every((future) => future.settled), 'the cancellations')
    expect(await waiting()).toBe(0)
    await stage.end()
    await network.stop()
  })

  it('a Redis that is far away limits no submitter: more calls are on their way to it', async () => {
    const network = await new CuttableNetwork(redis, 10).start()
    const executor = stage.newExecutor({ url: network.url, queue: 'far' })
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
    await stage.end()
    await network.stop()
  })

  it('cancelled before it was added: it never reaches Redis', async () => {
    const executor = stage.newExecutor({ queue: 'never' })
    await executor.ready()
    const futures = Array.from({ length: 50 }, (_, n) => executor.submit(jobs.square, n))
    for (const future of futures) future.cancel()
    concurrent.wait(futures)
    expect(futures.filter((future) => !future.cancelled())).toEqual([])
    expect((await direct.keys('bull:never:*')).filter((name) => JOB.test(name))).toEqual([])
  })

  it('a cancelled call has no second attempt', async () => {
    const log = stage.newLog()
    const future = stage.newExecutor().with({ attempts: 5 }).submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    future.cancel()
    concurrent.wait([future])
    const last = stage.newExecutor().submit(jobs.square, 3)
    expect({ last: await last, lines: log.lines }).toEqual({ last: 9, lines: ['spin begun', 'spin finally'] })
  })

  it('nothing is left behind: no Task, listener, timer, port or key, except keys of results', async () => {
    const scale = extent === 'full' ? 10 : 1
    const executor = stage.newExecutor({ queue: 'tidy', resultTtl: 1000 })
    const other = await stage.newWorker(['--queue', 'tidy', '--concurrency', '100', '--health', '0'])
    const log = stage.newLog()
    const batch = async (): Promise<void> => {
      const many = Array.from({ length: 2000 }, (_, n) => executor.submit(jobs.squareSlowly, n, 0))
      const cancelled = Array.from({ length: 200 }, () => executor.submit(jobs.count, log.path, 3_600_000))
      const failed = Array.from({ length: 20 }, () => executor.submit(jobs.throwPlain, 'no'))
      for (const future of cancelled) future.cancel()
      concurrent.wait([...many, ...cancelled, ...failed])
    }
    for (let n = 0; n < 3; n++) await batch()
    const measure = async (): Promise<Record<'here' | 'worker', jobs.Holdings>> => {
      const worker = await executor.submit(jobs.holdingsOfWorker)
      other.output = '' // two lines for each call, which this test would keep
      return { here: jobs.holdings(), worker }
    }
    const before = await measure()
    for (let n = 0; n < scale; n++) await batch()
    // What is under way for a moment (a request, a timer, garbage) goes; what is left behind stays.
    let left = ''
    const isTidy = async (): Promise<boolean> => {
      const after = await measure()
      left = (['here', 'worker'] as const).flatMap((side) => more(side, before[side], after[side])).join(', ')
      return left === ''
    }
    await until(isTidy, 'all to be as before').catch((error) => expect.fail(`${error}: ${left}`))
    // The job of a call ends after its result has been sent.
    const isEmpty = async (): Promise<boolean> => {
      const { waiting, active, delayed } = await executor.status()
      return waiting + active + delayed === 0
    }
    await until(isEmpty, 'the queue to be empty')
    // Completed and cancelled calls leave nothing; failed ones and replies go after `resultTtl`, without further calls.
    const ofCalls = async (): Promise<string[]> => (await direct.keys('bull:tidy:*')).filter((key) => JOB.test(key))
    expect((await ofCalls()).filter((key) => /:lock$|:logs$/.test(key))).toEqual([])
    await until(async () => (await ofCalls()).length === 0, 'all keys of calls to expire')
    await until(async () => (await direct.zcard('bull:tidy:failed')) === 0, 'the set of failed calls to be swept')
    other.kill('SIGTERM')
    expect(await other.exited()).toBe(0)
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
  // The first exception of a call that is not retrieved at once adds a listener, for good.
  for (const [name, once] of [
    ['tasks', 0],
    ['listeners', 1],
  ] as const)
    if (after[name] > before[name] + once) found.push(`${side}: ${after[name]} ${name}, were ${before[name]}`)
  // Compiled code is all that may grow: less than 150 bytes for each of 20,000 calls.
  const heap = after.heap - before.heap
  if (heap >= 3_000_000) found.push(`${side}: ${heap} bytes`)
  return found
}

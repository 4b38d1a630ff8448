// What Spindle changes in BullMQ is no interface of BullMQ: another version may leave it without an effect.

import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import * as jobs from './jobs.fixture.ts'
import { CuttableNetwork, hasRedis, RedisServer, until } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

const CALLS = 200
const CONCURRENCY = 4

describe.skipIf(!hasRedis)('this version of BullMQ', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const stage = new Stage(redis)

  it('ends a call, replies and fetches the next one in one script', async () => {
    const executor = stage.newExecutor()
    const log = stage.newLog()
    await executor.ready()
    const direct = new Redis(redis.url)
    await direct.config('RESETSTAT')
    const futures = Array.from({ length: CALLS }, (_, n) => executor.submit(jobs.note, log.path, `${n}`))
    await until(async () => (await direct.zcard('bull:spindle:prioritized')) === CALLS, 'all calls to be added')
    const statistics = async (): Promise<string> => await direct.info('commandstats')
    const scripts = async (): Promise<number> => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await statistics())?.[1])
    const added = await scripts()
    const monitor = await direct.monitor()
    const commands: { source: string; text: string }[] = []
    monitor.on('monitor', (_time: string, args: string[], source: string) =>
      commands.push({ source, text: args.join(' ') }),
    )
    await stage.newWorker(['--concurrency', `${CONCURRENCY}`])
    for (const future of futures) await future
    const run = (await scripts()) - added
    monitor.disconnect()
    direct.disconnect()
    expect(added).toBeLessThanOrEqual(CALLS + 1) // the first of a pipeline may be sent again with its text
    // A slot begins with one fetch, and ends with up to two empty ones. The worker's start takes a few more.
    expect(run).toBeGreaterThanOrEqual(CALLS)
    expect(run).toBeLessThan(CALLS + 4 * CONCURRENCY)

    const scriptOf = (is: (text: string) => boolean): number[] =>
      commands.flatMap(({ source, text }, at) =>
        source === 'lua' && is(text) ? [commands.findLastIndex((one, n) => n < at && one.source !== 'lua')] : [],
      )
    const replies = scriptOf((text) => /^xadd \S+:spindle:reply:/i.test(text) && text.includes(' kind result '))
    const ends = scriptOf((text) => /^xadd \S+:events .* completed /i.test(text))
    expect(replies).toEqual(ends)
    expect(new Set(ends).size).toBe(CALLS)
  })

  it('starts the call of an idle worker before it looks for another one', async () => {
    const network = await new CuttableNetwork(redis).start()
    const worker = await stage.newWorker(['--queue', 'idle', '--url', network.url])
    const executor = stage.newExecutor({ queue: 'idle' })
    const log = stage.newLog()
    const direct = new Redis(redis.url)
    await executor.ready()
    const blocked = async (): Promise<string> => await direct.info('clients')
    // By itself, BullMQ starts only some calls at once: those after a fetch that found nothing.
    for (let n = 0; n < 12; n++) {
      await until(async () => (await blocked()).includes('blocked_clients:2'), 'worker and program to wait')
      network.holdAfter(`call ${n}`)
      const future = executor.submit(jobs.note, log.path, `call ${n}`)
      await log.has(`call ${n}`) // no answer of Redis has reached the worker since it has fetched the call
      network.release()
      await future
    }
    direct.disconnect()
    await worker.end()
    await network.stop()
  })
})

// Compares the cost of spindle/distributed with that of BullMQ alone, as ratios within one run: npm run bench
// distributed
//
// Both have two worker processes with 50 calls at once, on one Redis server, and both pass each result on to its call.
// Spindle is built: tsx would compile its sources to slower code, but not BullMQ's. Their rounds alternate, so a busy
// machine slows down both. `BENCH_SIZE=0.1` makes a tenth of the calls.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Queue, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'
import type * as distributed from 'spindle/distributed'
import { hasRedis, RedisWorkers } from '../../examples/support/redis_workers.ts'
import { buildDistributed } from '../harness/spindle-build.js'
import { spindleThreadEntry } from '../harness/spindle-entries.js'

const SIZE = Number(process.env['BENCH_SIZE'] ?? 1)
const ROUNDS = 5
const BUILT = await buildDistributed()
const PACKAGE = `${BUILT}/node_modules/@spindle/distributed/dist`
const WORKER = [`${PACKAGE}/main.js`]
const JOBS = `${BUILT}/jobs.js` // its imports are resolved from there
cpSync(new URL('./jobs.js', import.meta.url), JOBS)
const { DistributedExecutor }: typeof distributed = await import(`${PACKAGE}/index.js`)
const { concurrent }: typeof import('spindle/thread') = await import(spindleThreadEntry)
const { spin, square }: typeof import('./jobs.js') = await import(JOBS)
const many = (count: number): number => Math.max(20, Math.round(count * SIZE))

class Raw {
  readonly queue: Queue
  readonly events: QueueEvents
  readonly #workers: ChildProcess[] = []
  readonly #connections: Redis[]
  #last = 0

  constructor(url: string) {
    this.#connections = [0, 1].map(() => new Redis(url, { maxRetriesPerRequest: null }))
    const [one, two] = this.#connections as [Redis, Redis]
    this.queue = new Queue('raw', { connection: one })
    this.events = new QueueEvents('raw', { connection: two })
    this.queue.setMaxListeners(0)
    this.events.setMaxListeners(0)
    const file = fileURLToPath(new URL('./raw-worker.js', import.meta.url))
    for (const _ of [1, 2]) this.#workers.push(spawn(process.execPath, [file, url, 'raw']))
  }

  async ready(): Promise<void> {
    await Promise.all(this.#workers.map(({ stdout }) => stdout && once(stdout, 'data')))
    await this.events.waitUntilReady()
  }

  async call(n: number): Promise<number> {
    const job = await this.queue.add('square', { n }, KEEP)
    return await job.waitUntilFinished(this.events)
  }

  /** By hand, which is faster: `addBulk`, and one listener that passes each result on to its call. */
  async calls(count: number): Promise<number[]> {
    const waiting = new Map<string, (result: number) => void>()
    const onCompleted = ({ jobId, returnvalue }: { jobId: string; returnvalue: unknown }): void =>
      waiting.get(jobId)?.(returnvalue as number)
    this.events.on('completed', onCompleted)
    const results: Promise<number>[] = []
    const jobs = Array.from({ length: count }, (_, n) => {
      const jobId = `call-${this.#last++}`
      results.push(new Promise((resolve) => waiting.set(jobId, resolve)))
      return { name: 'square', data: { n }, opts: { jobId, removeOnComplete: true, removeOnFail: true } }
    })
    await this.queue.addBulk(jobs)
    const all = await Promise.all(results)
    this.events.off('completed', onCompleted)
    return all
  }

  async end(): Promise<void> {
    for (const worker of this.#workers) worker.kill('SIGKILL')
    await this.events.close()
    await this.queue.close()
    for (const connection of this.#connections) connection.disconnect()
  }
}

const KEEP = { removeOnComplete: { age: 3600 }, removeOnFail: { age: 3600 } }

async function timesOf(count: number, call: (n: number) => unknown): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const begin = performance.now()
    await call(n)
    times.push(performance.now() - begin)
  }
  return times
}

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return (1000 * count) / (performance.now() - begin)
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

const median = (numbers: readonly number[]): number => quantile(numbers, 0.5)

/** The medians of several rounds. The contenders alternate within each round. */
async function inTurn<K extends string>(works: Record<K, () => Promise<number>>): Promise<Record<K, number>> {
  const seen = Object.fromEntries(Object.keys(works).map((name) => [name, []])) as unknown as Record<K, number[]>
  for (let round = 0; round <= ROUNDS; round++)
    for (const name of Object.keys(works) as K[]) {
      const value = await works[name]()
      if (round > 0) seen[name].push(value) // the first round warms up
    }
  return Object.fromEntries(Object.entries<number[]>(seen).map(([name, values]) => [name, median(values)])) as never
}

function report(what: string, value: number, goal: string, detail: string): void {
  console.log(`| ${what} | ${value.toFixed(2)} | ${goal} | ${detail} |`)
}

/** What `calls` cost Redis, made in turn by these: bytes in both directions, and ms of its CPU. */
async function costOf(redis: Redis, executors: distributed.DistributedExecutor[], calls: number) {
  const sums = async (): Promise<{ bytes: number; cpu: number }> => {
    const info = await redis.info()
    const of = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1])
    const bytes = of('total_net_output_bytes') + of('total_net_input_bytes')
    return { bytes, cpu: 1000 * (of('used_cpu_user') + of('used_cpu_sys')) }
  }
  const before = await sums()
  const futures = Array.from({ length: calls }, (_, n) => executors[n % executors.length]?.submit(square, n))
  for (const future of futures) await future
  const after = await sums()
  return { bytes: (after.bytes - before.bytes) / calls, cpu: (after.cpu - before.cpu) / calls }
}

/** What queued calls take, a new call beside them, and how long it takes to add and to cancel them all. */
async function queued(url: string, calls: number): Promise<string> {
  const queue = `queued-${calls}`
  const redis = new Redis(url)
  const memory = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
  const executor = new DistributedExecutor({ url, queue })
  await executor.ready()
  const [rss, used, begin] = [process.memoryUsage().rss, await memory(), performance.now()]
  const futures = Array.from({ length: calls }, (_, n) => executor.submit(square, n))
  while ((await redis.zcard(`bull:${queue}:prioritized`)) < calls)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const added = performance.now()
  const bytes = [process.memoryUsage().rss - rss, (await memory()) - used].map((sum) => Math.round(sum / calls))
  const workers = await new RedisWorkers(WORKER).start(JOBS, 1, '--url', url, '--queue', queue, '--concurrency', '1')
  const fresh = median(await timesOf(30, (n) => executor.with({ priority: 1 }).submit(square, n)))
  await workers[Symbol.asyncDispose]()
  await redis.config('RESETSTAT')
  const cancelling = performance.now()
  for (const future of futures) future.cancel()
  while ((await redis.zcard(`bull:${queue}:prioritized`)) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  const cancelled = performance.now()
  // The mean time of a script. Redis does nothing else while a script runs.
  const [, count = 0, us = 0] = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(await redis.info('commandstats')) ?? []
  executor.terminate()
  await executor.ended()
  redis.disconnect()
  const seconds = [added - begin, cancelled - cancelling].map((ms) => `${(ms / 1000).toFixed(1)} s`)
  const stall = `${(Number(us) / Number(count) / 1000).toFixed(1)} ms`
  const row = [
    calls,
    seconds[0],
    bytes[0],
    bytes[1],
    `${fresh.toFixed(1)} ms`,
    seconds[1],
    `${count} scripts of ${stall}`,
  ]
  return `| ${row.join(' | ')} |`
}

async function main(): Promise<void> {
  await using workers = await new RedisWorkers(WORKER).start(JOBS, 2, '--concurrency', '50')
  const { url } = workers
  const raw = new Raw(url)
  await raw.ready()
  // An executor that has blocked runs its client on a separate thread from then on.
  const [executor, blockingExecutor] = [new DistributedExecutor({ url }), new DistributedExecutor({ url })]
  await executor.ready()
  console.log('| | × BullMQ alone | goal | |\n|---|--:|--:|---|')

  const single = { raw: [] as number[], ours: [] as number[], blocking: [] as number[], cancel: [] as number[] }
  for (let round = 0; round <= ROUNDS; round++) {
    const count = round === 0 ? 50 : many(300)
    const times = {
      raw: await timesOf(count, (n) => raw.call(n)),
      ours: await timesOf(count, (n) => executor.submit(square, n)),
      blocking: await timesOf(count, (n) => blockingExecutor.submit(square, n).result()),
      cancel: await cancelTimes(blockingExecutor, Math.ceil(count / 6)),
    }
    if (round > 0) for (const name of Object.keys(times) as (keyof typeof times)[]) single[name].push(...times[name])
  }
  const ms = (time: number): string => `${time.toFixed(2)} ms`
  const p50 = { raw: median(single.raw), ours: median(single.ours) }
  const p99 = { raw: quantile(single.raw, 0.99), ours: quantile(single.ours, 0.99) }
  report('submit to result, p50', p50.ours / p50.raw, '≤ 1.0', `${ms(p50.ours)}, ${ms(p50.raw)}`)
  report('submit to result, p99', p99.ours / p99.raw, '≤ 1.2', `${ms(p99.ours)}, ${ms(p99.raw)}`)
  const blocking = median(single.blocking)
  report('a blocking `result()`, × `await`', blocking / p50.ours, '≤ 1.1', ms(blocking))
  const cancel = median(single.cancel)
  report('`cancel()` until `finally` is done', cancel / p50.raw, '≤ 3', ms(cancel))

  const count = many(10_000)
  const rates = await inTurn({
    raw: () => perSecond(count, () => raw.calls(count)),
    each: () => perSecond(count, () => Promise.all(Array.from({ length: count }, (_, n) => raw.call(n)))),
    ours: () =>
      perSecond(count, async () => {
        const futures = Array.from({ length: count }, (_, n) => executor.submit(square, n))
        for (const future of futures) await future
      }),
    chunks: () =>
      perSecond(count, async () => {
        const numbers = Array.from({ length: count }, (_, n) => n)
        for await (const _ of executor.map(square, numbers, { chunkSize: 50 }));
      }),
  })
  const each = (rate: number): string => `${Math.round(rate)} calls/s`
  report('calls a second', rates.ours / rates.raw, '≥ 0.8', `${each(rates.ours)}, ${each(rates.raw)}`)
  report('the same, × `waitUntilFinished`', rates.ours / rates.each, '≥ 0.9', each(rates.each))
  report('by `map` in chunks of 50', rates.chunks / rates.raw, '≥ 8', each(rates.chunks))

  // All exist in both turns, so that the cost of an idle executor is not counted as the cost of a call.
  const redis = new Redis(url)
  const executors = Array.from({ length: 100 }, () => new DistributedExecutor({ url, connectTimeout: 60_000 }))
  for (const each of executors) await each.submit(square, 1) // each connection sends its scripts once
  const costs = {
    one: await costOf(redis, executors.slice(0, 1), many(4000)),
    hundred: await costOf(redis, executors, many(4000)),
  }
  for (const each of executors) each.terminate()
  for (const each of executors) await each.ended()
  redis.disconnect()
  for (const [unit, what] of [
    ['bytes', 'bytes a call'],
    ['cpu', 'ms of CPU of Redis a call'],
  ] as const) {
    const { one, hundred } = { one: costs.one[unit], hundred: costs.hundred[unit] }
    report(`${what}, 100 submitters against 1`, hundred / one, '≤ 1.2', `${hundred.toFixed(3)}, ${one.toFixed(3)}`)
  }
  for (const each of [executor, blockingExecutor]) await each[Symbol.asyncDispose]()
  await raw.end()
  console.log(
    '\n| queued calls | added in | bytes each, here | in Redis | a new call | all cancelled in | by |\n|--:|--:|--:|--:|--:|--:|--:|',
  )
  for (const calls of [1000, 10_000, 100_000, 1_000_000].map(many)) console.log(await queued(url, calls))
}

async function cancelTimes(executor: distributed.DistributedExecutor, count: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const future = executor.submit(spin)
    while ((await executor.status()).active === 0);
    const begin = performance.now()
    future.cancel()
    concurrent.wait([future])
    times.push(performance.now() - begin)
  }
  return times
}

if (hasRedis()) await main()
else console.error('!!! redis-server is not installed: apt-get install -y redis-server')

// What a worker runs, and reads, for those who can write to its queue; and how calls that wait for calls share slots.

import { fileURLToPath } from 'node:url'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { DistributedExecutor } from 'spindle/distributed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, JOBS, Log, RedisServer, startWorker, until, WorkerProcess } from './redis-server.fixture.ts'

const TRUST = fileURLToPath(new URL('./trust.fixture.mjs', import.meta.url))

describe.skipIf(!hasRedis || extent === 'short')('a worker', { timeout: 120_000 }, () => {
  const redis = new RedisServer()
  const workers: WorkerProcess[] = []
  const executors: DistributedExecutor[] = []
  beforeAll(() => redis.start())
  afterAll(async () => {
    for (const executor of executors) executor.terminate()
    await Promise.all(workers.map((worker) => worker.end()))
    await redis.remove()
  })
  const newWorker = async (args: string[], modules = [JOBS]): Promise<WorkerProcess> => {
    const worker = new WorkerProcess(redis.url, args, modules)
    workers.push(worker)
    return await worker.ready()
  }
  const newExecutor = (queue: string, url = redis.url): DistributedExecutor => {
    const executor = new DistributedExecutor({ url, queue })
    executors.push(executor)
    return executor
  }
  const functionsOf = (worker: WorkerProcess): unknown =>
    (JSON.parse(worker.output.split('\n').find((line) => line.includes('"ready"')) ?? '{}') as { functions: unknown })
      .functions

  it('has neither native functions, nor those of Node and of other packages, however a module exports them', async () => {
    const worker = await newWorker(['--queue', 'exports'], [TRUST])
    expect(functionsOf(worker)).toEqual(['trust.fixture.own', 'trust.fixture.secret'])
    const queue = new Queue('exports', { connection: { url: redis.url } })
    const job = await queue.add('trust.fixture.execSync', { version: 2, args: '[[1],"id"]', codec: 'devalue' })
    await until(async () => (await job.getState()) === 'failed', 'the job to fail')
    expect((await queue.getJob(job.id as string))?.failedReason).toContain('has no trust.fixture.execSync()')
    await queue.close()
  })

  it('runs only what `--only` names', async () => {
    const worker = await newWorker(['--queue', 'only', '--only', 'trust.fixture.o*'], [TRUST])
    expect(functionsOf(worker)).toEqual(['trust.fixture.own'])
  })

  it('reads what v8 has written only where that was chosen', async () => {
    await newWorker(['--queue', 'codec'])
    const executor = new DistributedExecutor({ url: redis.url, queue: 'codec', codec: 'v8' })
    executors.push(executor)
    for (const fn of [jobs.square, jobs.squareSlowly])
      expect(`${executor.submit(fn, 2).exception()}`).toContain("codec 'v8', which this side does not read")
  })

  it('a coroutine that waits for other calls gives its slot back: no depth hangs', async () => {
    await newWorker(['--queue', 'nested', '--concurrency', '2'])
    expect(await newExecutor('nested').submit(jobs.nested, redis.url, 'nested', 10)).toBe(10)
    expect(await newExecutor('nested').submit(jobs.fib, redis.url, 'nested', 10)).toBe(55)
  })

  it('a cancellation goes down the tree of calls', async () => {
    await newWorker(['--queue', 'tree', '--concurrency', '2'])
    const log = new Log(redis.folder, 'tree')
    const future = newExecutor('tree').submit(jobs.nestedSpin, redis.url, 'tree', log.path, 4)
    await log.has('innermost begun')
    expect(future.cancel()).toBe(true)
    for (const depth of [0, 1, 2, 3, 4]) await log.has(`${depth} finally`)
    expect(log.lines).not.toContain('innermost ended')
  })

  it('a process that was stopped accuses no call of blocking it', async () => {
    const worker = await newWorker(['--queue', 'stopped', '--lock', '1000', '--max-lost', '100'])
    const log = new Log(redis.folder, 'stopped')
    const future = newExecutor('stopped').submit(jobs.spin, log.path, 'spin', 1000)
    await log.has('spin begun')
    worker.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    worker.kill('SIGCONT')
    expect(await future).toBe('spin')
    expect(worker.output).not.toContain('blocks the loop')
  })

  it('works with exactly the rights that docs/explanation/security.md lists', async () => {
    const server = await new RedisServer().start()
    const owner = new Redis(server.url, { maxRetriesPerRequest: null })
    const text = await import('node:fs').then((fs) =>
      fs.readFileSync(new URL('../../docs/explanation/security.md', import.meta.url), 'utf8'),
    )
    const [, rule = ''] = /ACL SETUSER spindle ([^`]+)```/.exec(text) ?? []
    const words = rule.replace(/\\\n/g, ' ').trim().split(/\s+/)
    await owner.call('ACL', 'SETUSER', 'spindle', ...words)
    const url = `redis://spindle:secret@127.0.0.1:${server.port}`
    const worker = await startWorker(url)
    workers.push(worker)
    const executor = newExecutor('spindle', url)
    const log = new Log(redis.folder, 'rights')
    expect(await executor.submit(jobs.square, 3)).toBe(9)
    expect(await executor.with({ key: 'k', delay: 50 }).submit(jobs.spin, log.path, 'keyed', 5)).toBe('keyed')
    expect(await executor.with({ attempts: 2, backoff: 5 }).submit(jobs.failUntil, 2)).toBe(2)
    expect(`${await executor.submit(jobs.throwPlain, 'no').then(String, String)}`).toBe('TypeError: no')
    const running = executor.submit(jobs.spin, log.path, 'cancelled')
    await log.has('cancelled begun')
    running.cancel()
    await log.has('cancelled finally')
    expect((await executor.status()).workers).toHaveLength(1)
    // Without one of the commands, or on another queue, it says so.
    expect(worker.output).not.toContain('NOPERM')
    expect(`${await owner.call('ACL', 'LOG')}`).toBe('')
    const other = newExecutor('other', url)
    expect(`${other.submit(jobs.square, 1).exception()}`).toContain('NOPERM')
    owner.disconnect()
    await worker.end()
    await server.remove()
  })
})

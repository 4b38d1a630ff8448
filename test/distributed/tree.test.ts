// Calls that make calls: their slots, and what goes down the tree of them.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { trace } from '@opentelemetry/api'
import { DistributedExecutor, type DistributedExecutorOptions } from 'spindle/distributed'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, JOBS, Log, RedisServer, until, WorkerProcess } from './redis-server.fixture.ts'
import { traceTo, type WrittenSpan } from './telemetry.fixture.ts'

const TELEMETRY = new URL('./telemetry.fixture.ts', import.meta.url).href

describe.skipIf(!hasRedis || extent === 'short')('a tree of calls', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const workers: WorkerProcess[] = []
  const executors: DistributedExecutor[] = []
  beforeAll(() => redis.start())
  afterEach(async () => {
    for (const executor of executors.splice(0)) executor.terminate()
    await Promise.all(workers.splice(0).map((worker) => worker.end()))
  })
  afterAll(() => redis.remove())
  const newWorker = async (queue: string, ...args: string[]): Promise<WorkerProcess> => {
    const env = { SPANS: join(redis.folder, 'spans') }
    const worker = new WorkerProcess(redis.url, ['--queue', queue, ...args], [JOBS], env)
    workers.push(worker)
    return await worker.ready()
  }
  const newExecutor = (queue: string, options: DistributedExecutorOptions = {}): DistributedExecutor => {
    const executor = new DistributedExecutor({ url: redis.url, queue, ...options })
    executors.push(executor)
    return executor
  }
  const newLog = (name: string): Log => new Log(redis.folder, name)

  it('deeper and wider than there are slots ends: a call that waits for others gives its slot back', async () => {
    await newWorker('slots', '--concurrency', '2')
    await newWorker('slots', '--concurrency', '2')
    expect(await newExecutor('slots').submit(jobs.nested, redis.url, 'slots', 20)).toBe(20)
    const n = extent === 'full' ? 18 : 12
    expect(await newExecutor('slots').submit(jobs.fib, redis.url, 'slots', n)).toBe(n === 18 ? 2584 : 144)
  })

  it('is cancelled with its root', async () => {
    await newWorker('tree', '--concurrency', '2')
    const log = newLog('tree')
    const future = newExecutor('tree').submit(jobs.nestedSpin, redis.url, 'tree', log.path, 4)
    await log.has('innermost begun')
    expect(future.cancel()).toBe(true)
    for (const depth of [0, 1, 2, 3, 4]) await log.has(`${depth} finally`)
    expect(log.lines).not.toContain('innermost ended')
  })

  it('is cancelled with its root, also what waits or runs elsewhere when the worker of the root is killed', async () => {
    const log = newLog('killed')
    const root = await newWorker('killed', '--only', '*.delegate', '--unknown', 'give-back')
    await newWorker('killed', '--only', '*.spin', '--unknown', 'give-back', '--concurrency', '1')
    const future = newExecutor('killed').submit(jobs.delegate, redis.url, 'killed', log.path, ['one', 'two'])
    await until(() => log.lines.some((line) => line.endsWith('begun')), 'one of them to run')
    root.kill('SIGKILL')
    await root.exited()
    expect(future.cancel()).toBe(true)
    await until(() => log.lines.some((line) => line.endsWith('finally')), 'its end')
    // The worker takes the other: when it has done this one, that is over as well.
    expect(await newExecutor('killed').submit(jobs.spin, log.path, 'last', 1)).toBe('last')
    const begun = log.lines.filter((line) => /^(?:one|two) begun/.test(line))
    expect({ begun: begun.length, ended: log.lines.filter((line) => /^(?:one|two) ended/.test(line)) }).toEqual({
      begun: 1,
      ended: [],
    })
  })

  it('has to end before its root has to', async () => {
    await newWorker('deadline')
    const executor = newExecutor('deadline')
    expect(await executor.submit(jobs.delegateDeadline, redis.url, 'deadline')).toBeNaN()
    const left = await executor.with({ timeout: 60_000 }).submit(jobs.delegateDeadline, redis.url, 'deadline')
    expect({ left, isLess: left > 0 && left <= 60_000 }).toEqual({ left, isLess: true })
  })

  it('is one trace, over a program and two workers', async () => {
    await newWorker('trace', '--config', TELEMETRY, '--only', '*.nested*', '--unknown', 'give-back')
    await newWorker('trace', '--config', TELEMETRY, '--only', '*.throwSlowly', '--unknown', 'give-back')
    const here = join(redis.folder, 'spans-here')
    const executor = newExecutor('trace', { telemetry: traceTo(here) })
    await trace.getTracer('test').startActiveSpan('request', async (request) => {
      const future = executor.submit(jobs.nestedThrow, redis.url, 'trace')
      expect(`${future.exception()}`).toBe('RangeError: slowly')
      request.end()
    })
    const spans = (): WrittenSpan[] =>
      [here, join(redis.folder, 'spans')]
        .flatMap((file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []))
        .map((line) => JSON.parse(line) as WrittenSpan)
    await until(() => spans().length >= 5, 'all spans')
    const [inner] = spans().filter(({ name, call }) => name === 'process trace' && call?.endsWith('.throwSlowly'))
    const path: string[] = []
    for (let span = inner; span !== undefined; span = spans().find(({ spanId }) => spanId === span?.parent))
      path.push(`${span.name} ${span.call ?? ''}`)
    expect({ path, traces: new Set(spans().map(({ traceId }) => traceId)).size, errors: inner?.errors }).toEqual({
      path: [
        'process trace jobs.fixture.throwSlowly',
        'add trace jobs.fixture.throwSlowly',
        'process trace jobs.fixture.nestedThrow',
        'add trace jobs.fixture.nestedThrow',
        'request ',
      ],
      traces: 1,
      errors: ['slowly'],
    })
    expect(new Set(spans().map(({ pid }) => pid)).size).toBe(3)
  })
})

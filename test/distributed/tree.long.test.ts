// Calls that make calls: their slots, and what goes down the tree of them.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, JOBS, RedisServer, until, type WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'
import { traceTo, type WrittenSpan } from './telemetry.fixture.ts'

const TELEMETRY = new URL('./telemetry.fixture.ts', import.meta.url).href

describe.skipIf(!hasRedis || extent === 'short')('a tree of calls', { timeout: 300_000 }, () => {
  const stage = new Stage(new RedisServer())
  const newWorker = (queue: string, ...args: string[]): Promise<WorkerProcess> =>
    stage.newWorker(['--queue', queue, ...args], [JOBS], { SPANS: join(stage.folder, 'spans') })

  it('deeper and wider than there are slots ends: a call that waits for others gives its slot back', async () => {
    await newWorker('slots', '--concurrency', '2')
    await newWorker('slots', '--concurrency', '2')
    expect(await stage.newExecutor({ queue: 'slots' }).submit(jobs.nested, stage.url, 'slots', 20)).toBe(20)
    const n = extent === 'full' ? 18 : 12
    expect(await stage.newExecutor({ queue: 'slots' }).submit(jobs.fib, stage.url, 'slots', n)).toBe(
      n === 18 ? 2584 : 144,
    )
  })

  it('is cancelled with its root, as are calls that wait or run elsewhere when the worker of the root is killed', async () => {
    const log = stage.newLog()
    const root = await newWorker('killed', '--only', '*.delegate')
    await newWorker('killed', '--only', '*.spin', '--concurrency', '1')
    const future = stage
      .newExecutor({ queue: 'killed' })
      .submit(jobs.delegate, stage.url, 'killed', log.path, ['one', 'two'])
    await until(() => log.lines.some((line) => line.endsWith('begun')), 'one of them to run')
    root.kill('SIGKILL')
    await root.exited()
    expect(future.cancel()).toBe(false)
    await until(() => log.lines.some((line) => line.endsWith('finally')), 'its end')
    // The worker takes the other: when it has done this one, that is over as well.
    expect(await stage.newExecutor({ queue: 'killed' }).submit(jobs.spin, log.path, 'last', 1)).toBe('last')
    const begun = log.lines.filter((line) => /^(?:one|two) begun/.test(line))
    expect({ begun: begun.length, ended: log.lines.filter((line) => /^(?:one|two) ended/.test(line)) }).toEqual({
      begun: 1,
      ended: [],
    })
  })

  it('is cancelled with its root, also when a worker of it is killed: soon nothing of it runs or waits', async () => {
    const args = ['wide', '--concurrency', '2', '--lock', '1000', '--max-lost', '1000'] as const
    const [one, other] = [await newWorker(...args), await newWorker(...args)]
    const executor = stage.newExecutor({ queue: 'wide' })
    const log = stage.newLog()
    const future = executor.submit(jobs.grow, stage.url, 'wide', log.path, 6)
    await until(() => log.lines.filter((line) => line.startsWith('leaf')).length >= 4, 'four leaves to run')
    one.kill('SIGKILL')
    const from = performance.now()
    expect(future.cancel()).toBe(false)
    await until(() => future.settled, 'the root to end')
    const runs = (): number => {
      const of = (what: string) => log.lines.filter((line) => line === `${what} ${other.process.pid}`).length
      return of('leaf') + of('branch') - of('over')
    }
    await until(() => runs() === 0, 'all on the other worker to end')
    if (extent === 'full') console.log(`nothing runs after ${Math.round(performance.now() - from)} ms`)
    await until(async () => {
      const { active, waiting } = await executor.status()
      return active + waiting === 0
    }, 'the rest to be dropped')
    expect(runs()).toBe(0)
  })

  it('has to end before its root has to', async () => {
    await newWorker('deadline')
    const executor = stage.newExecutor({ queue: 'deadline' })
    expect(await executor.submit(jobs.delegateDeadline, stage.url, 'deadline')).toBeNaN()
    const left = await executor.with({ timeout: 60_000 }).submit(jobs.delegateDeadline, stage.url, 'deadline')
    expect({ left, isLess: left > 0 && left <= 60_000 }).toEqual({ left, isLess: true })
  })

  it('is one trace, over a program and two workers', async () => {
    await newWorker('trace', '--config', TELEMETRY, '--only', '*.nested*')
    await newWorker('trace', '--config', TELEMETRY, '--only', '*.throwSlowly')
    const here = join(stage.folder, 'spans-here')
    const executor = stage.newExecutor({ queue: 'trace', telemetry: traceTo(here) })
    await trace.getTracer('test').startActiveSpan('request', async (request) => {
      const future = executor.submit(jobs.nestedThrow, stage.url, 'trace')
      expect(`${future.exception()}`).toBe('RangeError: slowly')
      request.end()
    })
    const spans = (): WrittenSpan[] =>
      [here, join(stage.folder, 'spans')]
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

// A program that blocks: its client continues on a separate thread, wherever its calls are at that moment.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { CancelledError } from 'spindle'
import { BrokenExecutor, concurrent } from 'spindle/thread'
import { describe, expect, it } from 'vitest'
import type { FromSubmittingClient } from '../../packages/distributed/src/calls/protocol.ts'
import { ClientLink } from '../../packages/distributed/src/submitting/client-link.ts'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, RedisServer, until } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

/** Lets the host have some turns. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await setImmediate()
}

describe.skipIf(!hasRedis)('a program that blocks', { timeout: 300_000 }, () => {
  const stage = new Stage()

  it('ends each call once, and runs none twice, whenever it blocks', async () => {
    const scale = extent === 'short' ? { runs: 2, calls: 200 } : { runs: 8, calls: 1000 }
    const moment = fc.record({
      turns: fc.nat(60),
      isOpen: fc.boolean(),
      cancelled: fc.uniqueArray(fc.nat(scale.calls - 1), { maxLength: 40 }),
      keyed: fc.boolean(),
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(moment, async ({ turns: count, isOpen, cancelled, keyed }) => {
        const executor = stage.newExecutor()
        if (isOpen) await executor.ready()
        const log = stage.newLog()
        const ends = new Map<number, number>()
        const futures = Array.from({ length: scale.calls }, (_, n) => {
          const key = `blocks-${run}-${n}`
          const view = keyed && n % 10 === 0 ? executor.with({ key }) : executor
          const future = view.submit(jobs.note, log.path, `${n}`)
          future.addDoneCallback(() => ends.set(n, (ends.get(n) ?? 0) + 1))
          return future
        })
        run++
        await turns(count)
        for (const n of cancelled) futures[n]?.cancel()
        concurrent.wait(futures)
        expect([...ends.values()].filter((times) => times !== 1)).toEqual([])
        expect(ends.size).toBe(scale.calls)
        const failed = futures.filter((future) => !future.cancelled() && future.exception() !== undefined)
        expect(failed).toEqual([])
        expect(log.lines.length).toBe(new Set(log.lines).size)
        const mustRun = futures.flatMap((future, n) => (future.cancelled() ? [] : [`${n}`]))
        expect(mustRun.filter((name) => !log.lines.includes(name))).toEqual([])
        executor.shutdown()
      }),
      { numRuns: scale.runs, endOnFailure: true },
    )
  })

  it('gets results whether it blocked in its first turn, while it connected, or after calls have ended', async () => {
    const first = stage.newExecutor()
    expect(first.submit(jobs.square, 2).result()).toBe(4)
    const connecting = stage.newExecutor()
    const future = connecting.submit(jobs.square, 3)
    await turns(1)
    expect(future.result()).toBe(9)
    const later = stage.newExecutor()
    expect(await later.submit(jobs.square, 4)).toBe(16)
    expect(later.submit(jobs.square, 5).result()).toBe(25)
    expect(await later.submit(jobs.square, 6)).toBe(36)
  })

  it('gets the results of calls that a client has begun to wait for, with their progress, each value once', async () => {
    const executor = stage.newExecutor()
    const seen: unknown[] = []
    const log = stage.newLog()
    const future = executor.submit(jobs.spinUntilTold, log.path, 'told')
    const steps = executor.with({ onProgress: (value) => seen.push(value) }).submit(jobs.steps, 20)
    await until(() => seen.length > 3, 'progress')
    steps.result()
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBe(20)
    await log.has('told begun')
    log.add('told may end')
    expect(future.result()).toBe('told')
  })

  it('cancels a running call although it blocks at once', async () => {
    const executor = stage.newExecutor()
    const log = stage.newLog()
    const future = executor.submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    future.cancel()
    concurrent.wait([future])
    expect(() => future.result()).toThrow(CancelledError)
    expect(log.lines).toEqual(['spin begun', 'spin finally'])
  })

  it('learns that its cancellation of a key was the one, whenever it blocks', async () => {
    const answers: boolean[] = []
    for (let count = 0; count < 8; count++) {
      const key = `cancelled-${count}`
      const executor = stage.newExecutor({ queue: 'nobody' })
      const future = executor.with({ key }).submit(jobs.square, 2)
      await until(async () => (await executor.status()).waiting === 1, 'the call waits')
      const cancelled = executor.cancel(jobs.square, key)
      await turns(count)
      concurrent.wait([future])
      answers.push(await cancelled)
    }
    expect(answers).toEqual(answers.map(() => true))
  })

  it('has its calls cancelled if it terminates the executor, and waits blocked for its end', async () => {
    const executor = stage.newExecutor()
    const log = stage.newLog()
    const future = executor.submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    executor.terminate()
    executor.shutdown({ wait: true })
    expect(future.exception()).toBeInstanceOf(BrokenExecutor)
    await log.has('spin finally')
  })

  it('may block in a callback until another result of the same batch', async () => {
    const executor = stage.newExecutor()
    await executor.ready()
    const futures = Array.from({ length: 20 }, (_, n) => executor.submit(jobs.square, n))
    const seen: unknown[] = []
    futures[0]?.addDoneCallback(() => seen.push(...futures.map((future) => future.result())))
    await futures.at(-1)
    await until(() => seen.length === 20, 'all results')
    expect(seen).toEqual(futures.map((_, n) => n * n))
  })

  it('may ask again and again whether a Future is done', async () => {
    const executor = stage.newExecutor()
    const future = executor.submit(jobs.square, 3)
    await turns(3)
    while (!future.done());
    expect(future.result()).toBe(9)
  })

  it('runs no callback of a Future within submit()', async () => {
    const executor = stage.newExecutor()
    await executor.ready()
    let isInside = false
    const inside: string[] = []
    const futures = Array.from({ length: 200 }, (_, n) => {
      isInside = true
      const future = executor.submit(jobs.square, n)
      isInside = false
      future.addDoneCallback(() => isInside && inside.push(`${n}`))
      return future
    })
    concurrent.wait(futures)
    expect(inside).toEqual([])
  })

  it('closes without a client thread if nothing is open, and leaves no key behind', async () => {
    const executor = stage.newExecutor({ queue: 'closed' })
    await executor.status()
    executor.shutdown({ wait: true })
    const direct = new Redis(stage.url)
    await until(async () => (await direct.keys('bull:closed:spindle:reply:*')).length === 0, 'the stream to be removed')
    direct.disconnect()
  })

  it('has one client thread for all executors, which serves each until its own end', async () => {
    await stage.newWorker(['--queue', 'second'])
    const exits: Promise<unknown>[] = []
    const note = (worker: Worker): void => void exits.push(once(worker, 'exit'))
    process.on('worker', note)
    const count = extent === 'short' ? 10 : 100
    const executors = Array.from({ length: count }, (_, n) =>
      stage.newExecutor({ queue: n % 2 ? 'spindle' : 'second' }),
    )
    const square = (n: number): unknown => executors[n]?.submit(jobs.square, n).result()
    const results = executors.map((executor, n) => executor.submit(jobs.square, n)).map((future) => future.result())
    expect(results).toEqual(executors.map((_, n) => n * n))
    for (const executor of executors.slice(0, -2)) executor.shutdown()
    executors.at(-2)?.terminate()
    await executors.at(-2)?.ended()
    await turns(20)
    expect(square(count - 1)).toBe((count - 1) ** 2)
    expect(exits.length).toBe(1)
    executors.at(-1)?.shutdown()
    await Promise.all(exits)
    const later = [stage.newExecutor(), stage.newExecutor()].map((executor) => executor.submit(jobs.square, 3).result())
    await turns(1)
    process.off('worker', note)
    expect({ later, threads: exits.length }).toEqual({ later: [9, 9], threads: 2 })
  })

  it('may end without a shutdown: no port to its client thread keeps it alive', async () => {
    const ports = (): string[] => process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort')
    const before = ports()
    const executor = stage.newExecutor()
    expect(executor.submit(jobs.square, 7).result()).toBe(49)
    await turns(2)
    expect(ports()).toEqual(before)
  })

  it('learns that its client thread has died: each executor starts another', async () => {
    const workers: Worker[] = []
    const note = (worker: Worker): void => void workers.push(worker)
    process.on('worker', note)
    const executors = Array.from({ length: 3 }, () => stage.newExecutor())
    for (const executor of executors) expect(executor.submit(jobs.square, 2).result()).toBe(4)
    const log = stage.newLog()
    const futures = executors.map((executor, n) => executor.submit(jobs.spinUntilTold, log.path, `${n}`))
    for (const n of futures.keys()) await log.has(`${n} begun`)
    await workers[0]?.terminate()
    const errors = await Promise.all(futures.map((future) => future.then(String, String)))
    expect(errors).toEqual(executors.map(() => expect.stringContaining('client thread ended before the call did')))
    for (const executor of executors) expect(executor.submit(jobs.square, 3).result()).toBe(9)
    await turns(1)
    process.off('worker', note)
    expect(workers.length).toBe(2)
    for (const n of futures.keys()) log.add(`${n} may end`)
  })

  it('learns that its client thread has thrown: all Futures fail', async () => {
    const seen: FromSubmittingClient[] = []
    let isGone = false
    const take = (message: FromSubmittingClient): void => void seen.push(message)
    const owner = { take, gone: () => (isGone = true), due: Number.POSITIVE_INFINITY, whenDue: () => {} }
    const settings = { resultTtl: 1000, payloadLimit: 1000, submitter: 'broken', redis: {}, prefix: 'bull' } as const
    const options = { url: stage.url, queue: 'broken', connectTimeout: 10_000, secret: undefined, ...settings }
    const link = new ClientLink(options, owner as never)
    link.hold(true)
    link.receive(false, true)
    link.post({ kind: 'submit', options: { expiresAt: 1n } } as never)
    await until(() => isGone, 'the thread to end')
    expect(seen).toContainEqual({ kind: 'broken', message: expect.stringContaining('BigInt'), isConnection: false })
  })
})

describe.skipIf(!hasRedis || extent === 'short')('a program that blocks while', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const stage = new Stage(redis)

  it('Redis does not answer gets its results when it does', async () => {
    const worker = await stage.newWorker()
    const executor = stage.newExecutor({ connectTimeout: 1000 })
    const log = stage.newLog()
    expect(await executor.submit(jobs.square, 2)).toBe(4)
    const told = executor.submit(jobs.spinUntilTold, log.path, 'told')
    await log.has('told begun')
    redis.kill('SIGSTOP')
    const added = Array.from({ length: 100 }, (_, n) => executor.submit(jobs.note, log.path, `${n}`))
    await turns(5)
    const again = spawn('sh', ['-c', `sleep 3; echo 'told may end' >> ${log.path}; kill -CONT ${redis.pid}`])
    expect(told.result()).toBe('told')
    concurrent.wait(added)
    expect(added.filter((future) => future.exception() !== undefined)).toEqual([])
    const noted = log.lines.filter((line) => /^\d+$/.test(line))
    expect([noted.length, new Set(noted).size]).toEqual([100, 100])
    again.kill()
    await worker.end()
  })
})

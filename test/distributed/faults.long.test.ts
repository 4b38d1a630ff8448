// Parts are killed, stopped and cut off while calls run; each call still comes out right, and each Future ends once.
// `npm test` runs little of it, `npm test -- --all` half a minute, `npm test -- --distributed` all.

import { Redis } from 'ioredis'
import { type DistributedExecutor, ResultLostError, WorkerLostError } from 'spindle/distributed'
import { BrokenExecutor, concurrent } from 'spindle/thread'
import { describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { CuttableNetwork, hasRedis, type Log, RedisServer, until, type WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

const HANG = 120_000
const LOCK = 500
const FAST = ['--lock', String(LOCK), '--max-lost', '1000', '--concurrency', '50']

/** How much of a thing there is, by extent. */
function size(long: number, full: number): number {
  return extent === 'full' ? full : long
}

describe.skipIf(!hasRedis || extent === 'short')('faults', { timeout: 600_000 }, () => {
  const redis = new RedisServer()
  const stage = new Stage(redis, '--appendonly', 'yes')
  let number = 0
  const newQueue = (): string => `faults-${number++}`
  const newExecutor = (queue: string, url = redis.url): DistributedExecutor => stage.newExecutor({ queue, url })
  const newWorker = (queue: string, args: readonly string[] = FAST, url = redis.url): Promise<WorkerProcess> =>
    stage.newWorker(['--url', url, '--queue', queue, ...args])

  it('workers are SIGKILLed one after another: all calls are right', async () => {
    for (let round = 0; round < size(1, 10); round++) {
      const queue = newQueue()
      const running = await Promise.all([newWorker(queue), newWorker(queue), newWorker(queue)])
      const calls = submitMixed(newExecutor(queue), size(500, 5000))
      await whileOpen(calls, size(700, 2000), async () => {
        const victim = running.shift() as WorkerProcess
        running.push(await newWorker(queue))
        await victim.end()
      })
      expectRight(calls)
    }
  })

  it('workers are stopped longer than the lock and continue: late results are refused', async () => {
    for (let round = 0; round < size(1, 10); round++) {
      const queue = newQueue()
      const running = await Promise.all([newWorker(queue), newWorker(queue), newWorker(queue)])
      const calls = submitMixed(newExecutor(queue), size(500, 5000))
      let turn = 0
      await whileOpen(calls, 200, async () => {
        const victim = running[turn++ % 3] as WorkerProcess
        victim.kill('SIGSTOP')
        await delay(2 * LOCK)
        victim.kill('SIGCONT')
      })
      expectRight(calls)
    }
  })

  it('Redis restarts: with AOF all calls end correctly', async () => {
    const server = await new RedisServer().start(...DURABLE)
    const [queue, url] = [newQueue(), server.url]
    await Promise.all([newWorker(queue, FAST, url), newWorker(queue, FAST, url)])
    const executor = newExecutor(queue, url)
    await executor.ready()
    for (let round = 0; round < size(1, 10); round++) {
      const calls = submitMixed(executor, size(300, 2000))
      await until(() => calls.some(({ ends }) => ends > 0), 'the first result')
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await server.stop(signal)
        await delay(300)
        await server.start(...DURABLE)
        await delay(300)
      }
      await allEnded(calls)
      expectRight(calls)
    }
    await stage.end()
    await server.remove()
  })

  it('Redis restarts without its data: every Future ends, with its result or a ResultLostError', async () => {
    const server = await new RedisServer().start()
    const [queue, url] = [newQueue(), server.url]
    await Promise.all([newWorker(queue, FAST, url), newWorker(queue, FAST, url)])
    const executor = newExecutor(queue, url)
    await executor.ready()
    for (let round = 0; round < size(1, 5); round++) {
      const calls = submitMixed(executor, size(300, 2000))
      await until(() => calls.some(({ ends }) => ends > 0), 'the first result')
      await server.stop('SIGKILL')
      await server.start()
      await allEnded(calls)
      const odd = calls.filter(({ future, n }) => {
        const error = future.exception()
        return error === undefined ? future.result() !== n * n : !(error instanceof ResultLostError)
      })
      expect({ odd: odd.map(({ future }) => `${future.exception()}`), twice: endedTwice(calls) }).toEqual({
        odd: [],
        twice: [],
      })
    }
    expect(executor.submit(jobs.square, 12).result({ timeout: HANG })).toBe(144) // it goes on
    await stage.end()
    await server.remove()
  })

  it('FLUSHALL removes all data: what is lost ends with a ResultLostError, and what comes later is run', async () => {
    const server = await new RedisServer().start()
    const [queue, url] = [newQueue(), server.url]
    await Promise.all([newWorker(queue, FAST, url), newWorker(queue, FAST, url), newWorker(queue, FAST, url)])
    const executor = newExecutor(queue, url)
    await executor.ready()
    const direct = new Redis(url)
    for (let round = 0; round < size(2, 60); round++) {
      const calls = submitMixed(executor, size(300, 1500))
      await until(() => calls.some(({ ends }) => ends > 0), 'the first result')
      await delay(Math.random() * 300)
      await direct.flushall()
      const later = submitMixed(executor, 100)
      await allEnded([...calls, ...later])
      const lost = calls.filter(({ future }) => future.exception() instanceof ResultLostError)
      expectRight([...later, ...calls.filter((call) => !lost.includes(call))])
      expect(endedTwice(lost)).toEqual([])
    }
    // Many that no worker has taken: they do not wait for each other's turn to be asked for.
    const many = submitMixed(newExecutor('nobody', url), 20_000)
    await until(async () => (await direct.zcard('bull:nobody:prioritized')) === 20_000, 'all to be there')
    await direct.flushall()
    await until(() => many.every(({ ends }) => ends > 0), 'all to be lost')
    direct.disconnect()
    await stage.end()
    await server.remove()
  })

  it('the network is cut at random: all calls are right', async () => {
    const [near, far] = await Promise.all([new CuttableNetwork(redis).start(), new CuttableNetwork(redis).start()])
    const queue = newQueue()
    await Promise.all([newWorker(queue, FAST, far.url), newWorker(queue)])
    const executor = newExecutor(queue, near.url)
    await executor.ready()
    const calls: Call[] = []
    for (let round = 0; round < size(2, 20); round++) {
      calls.push(...submitMixed(executor, size(100, 500)))
      const cut = Math.random() < 0.5 ? near : far
      await delay(Math.random() * 200)
      cut.cut()
      await delay(size(500, 5000))
      cut.mend()
    }
    await allEnded(calls)
    expectRight(calls)
    await stage.end()
    await Promise.all([near.stop(), far.stop()])
  })

  it('many are cancelled, running, waiting and at random: each call that began has its `finally`', async () => {
    const many = size(200, 1000)
    const queue = newQueue()
    const log = stage.newLog()
    const worker = await newWorker(queue, ['--concurrency', String(many)])
    const executor = newExecutor(queue)
    const running = Array.from({ length: many }, () => executor.submit(jobs.count, log.path, 3_600_000))
    await log.has('begun', many)
    const waiting = Array.from({ length: many }, () => executor.submit(jobs.count, log.path, 3_600_000))
    const from = performance.now()
    for (const future of [...waiting, ...running]) expect(future.cancel()).toBe(false)
    await settled([...waiting, ...running])
    if (extent === 'full') console.log(`cancelled ${2 * many} in ${Math.round(performance.now() - from)} ms`)
    expect(counts(log)).toEqual({ begun: many, ended: 0, finally: many })
    const random = Array.from({ length: many }, () => executor.submit(jobs.count, log.path, 20))
    for (const future of random) {
      if (Math.random() < 0.3) await delay(1)
      future.cancel()
    }
    await settled(random)
    await until(() => !worker.output.includes('"begun"') || balanced(log), 'each `finally`')
    const { ended } = counts(log)
    expect(random.filter((future) => !future.cancelled()).length).toBe(ended)
    expect(await executor.submit(jobs.square, 3)).toBe(9)
  })

  it('functions end their thread or their worker, or take all memory: the error is named, other calls are unharmed', async () => {
    const queue = newQueue()
    // What runs on a worker that ends is lost with it: one call at a time.
    const args = ['--lock', String(LOCK), '--max-lost', '2', '--concurrency', '1']
    const running = [await newWorker(queue, args)]
    const executor = newExecutor(queue)
    const exited = executor.submit(jobs.exitThread).exception({ timeout: HANG })
    expect(exited).toBeInstanceOf(BrokenExecutor)
    expect(`${exited}`).toContain('jobs.fixture.exitThread()')
    expect(executor.submit(jobs.square, 4).result({ timeout: HANG })).toBe(16)
    const full = executor.submit(jobs.eatMemory).exception({ timeout: HANG })
    expect(`${full}`).toMatch(/memory/i)
    expect(executor.submit(jobs.square, 5).result({ timeout: HANG })).toBe(25)
    const poison = executor.submit(jobs.exitWorker)
    const other = executor.submit(jobs.squareSlowly, 6, 100)
    await whileOpen(watch([poison, other]), 10, async () => {
      if (running.at(-1)?.isAlive === false) running.push(await newWorker(queue, args))
    })
    expect(poison.exception({ timeout: HANG })).toBeInstanceOf(WorkerLostError)
    expect(other.result({ timeout: HANG })).toBe(36)
  })
})

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

interface Call {
  readonly future: concurrent.Future<unknown>
  readonly n: number
  /** How often its Future has ended. */
  ends: number
}

/** Squares of all kinds: coroutines that wait, functions, `async` functions. */
function submitMixed(executor: DistributedExecutor, many: number): Call[] {
  return Array.from({ length: many }, (_, n) => {
    const kind = n % 3
    const future =
      kind === 0
        ? executor.submit(jobs.squareSlowly, n, n % 50)
        : kind === 1
          ? executor.submit(jobs.square, n)
          : executor.submit(jobs.squareLater, n)
    return watched(future, n)
  })
}

function watch(futures: readonly concurrent.Future<unknown>[]): Call[] {
  return futures.map((future) => watched(future, 0))
}

function watched(future: concurrent.Future<unknown>, n: number): Call {
  const call: Call = { future, n, ends: 0 }
  future.addDoneCallback(() => call.ends++)
  return call
}

/** Does something each `ms` until all calls have ended. */
async function whileOpen(calls: readonly Call[], ms: number, act: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 5 * HANG
  while (calls.some(({ ends }) => ends === 0)) {
    await delay(ms)
    await act()
    if (Date.now() > deadline) throw new Error(`${calls.filter(({ ends }) => ends === 0).length} calls hang`)
  }
}

async function allEnded(calls: readonly Call[]): Promise<void> {
  await whileOpen(calls, 10, async () => {})
}

function expectRight(calls: readonly Call[]): void {
  const wrong = calls.flatMap(({ future, n }) => {
    const error = future.exception()
    return error === undefined && future.result() === n * n ? [] : [`${n}: ${error ?? future.result()}`]
  })
  expect({ wrong, twice: endedTwice(calls) }).toEqual({ wrong: [], twice: [] })
}

function endedTwice(calls: readonly Call[]): number[] {
  return calls.filter(({ ends }) => ends !== 1).map(({ n }) => n)
}

function counts(log: Log): { begun: number; ended: number; finally: number } {
  const of = (kind: string): number => log.lines.filter((line) => line === kind).length
  return { begun: of('begun'), ended: of('ended'), finally: of('finally') }
}

function balanced(log: Log): boolean {
  const { begun, finally: over } = counts(log)
  return begun === over
}

/** Cancelled Futures count as done when the workers have said so. */
async function settled(futures: readonly concurrent.Future<unknown>[]): Promise<void> {
  await until(() => concurrent.wait(futures, { timeout: 0 }).done.size === futures.length, 'all to be settled')
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

// Told cancelled: the call never begins, or its clean-up has ended. Connections that break must not change that.

import { Redis } from 'ioredis'
import { type Coroutine, getHostLoop } from 'spindle'
import type { concurrent } from 'spindle/thread'
import { describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { CuttableNetwork, hasRedis, RedisServer, until } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

describe.skipIf(!hasRedis || extent === 'short')('a call that was told cancelled', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const stage = new Stage(redis)
  const newWorker = (queue: string, lock: number, url = redis.url) =>
    stage.newWorker(['--url', url, '--queue', queue, '--lock', `${lock}`])

  it('does not begin on a worker that has fetched it, and learns that after its lock has expired', async () => {
    const network = await new CuttableNetwork(redis).start()
    await newWorker('late', 500, network.url)
    const [executor, log, direct] = [stage.newExecutor({ queue: 'late' }), stage.newLog(), new Redis(redis.url)]
    await executor.submit(jobs.note, log.path, 'first')
    // A worker that has just ended a call fetches the next one without being woken by anything.
    network.holdFrom('never')
    const future = executor.submit(jobs.note, log.path, 'never')
    await until(async () => (await direct.llen('bull:late:active')) === 1, 'it to be fetched')
    await direct.call('CLIENT', 'KILL', 'TYPE', 'pubsub') // it does not hear of the cancellation
    future.cancel()
    const other = await newWorker('late', 5000)
    await until(() => future.settled, 'the cancellation')
    expect(`${await future.then(String, String)}`).toBe('CancelledError')
    await other.end()
    network.release()
    await executor.submit(jobs.note, log.path, 'last')
    expect(log.lines).toEqual(['first', 'last'])
    direct.disconnect()
    await stage.end()
    await network.stop()
  })

  it('has ended on a worker that is cut off, before another worker may have it', async () => {
    const network = await new CuttableNetwork(redis).start()
    const worker = await newWorker('cut', 10_000, network.url)
    const [executor, log] = [stage.newExecutor({ queue: 'cut' }), stage.newLog()]
    const future = executor.submit(jobs.spin, log.path, 'spin')
    const busy = [1, 2, 3].map(() => executor.submit(jobs.computeUntilStopped, log.path)) // for two threads
    await log.has('spin begun')
    await log.has('compute begun', 2)
    await until(() => worker.output.split('"begun"').length > 4, 'all to be there')
    network.cut()
    for (const one of [future, ...busy]) one.cancel()
    await newWorker('cut', 10_000)
    await until(() => future.settled && busy.some((one) => one.settled), 'the cancellations')
    expect(log.lines).toEqual(['spin begun', 'compute begun', 'compute begun', 'spin finally'])
    await stage.end()
    await network.stop()
  })

  it('does not begin again when its connection broke while it was added, although it has ended since', async () => {
    const network = await new CuttableNetwork(redis).start()
    await newWorker('twice', 10_000)
    const [executor, log] = [stage.newExecutor({ queue: 'twice', url: network.url }), stage.newLog()]
    await executor.submit(jobs.note, log.path, 'first')
    network.hold() // the program does not learn that it is added
    const task = getHostLoop().createTask(waitFor(executor.submit(jobs.spin, log.path, 'spin', 10)))
    await log.has('spin finally')
    task.cancel()
    network.cut()
    network.release()
    network.mend()
    await until(() => task.done(), 'the cancellation')
    log.add('told')
    const { lines } = log
    await executor.submit(jobs.spin, log.path, 'last', 300)
    expect([task.cancelled(), log.lines.slice(lines.length)]).toEqual([
      true,
      ['last begun', 'last ended', 'last finally'],
    ])
    await stage.end()
    await network.stop()
  })

  it.each([undefined, 'late'])('is not added again by a command that arrives late, with the key %s', async (key) => {
    const network = await new CuttableNetwork(redis).start()
    const [program, log] = [stage.newExecutor({ queue: 'again', url: network.url }), stage.newLog()]
    const executor = program.with({ key })
    const waiting = executor.submit(jobs.note, log.path, 'waited')
    await until(async () => (await program.status()).waiting === 1, 'it to wait')
    waiting.cancel()
    await until(() => waiting.settled, 'the cancellation')
    await network.addLate()
    await stage.newWorker(['--queue', 'again', '--concurrency', '1'])
    const running = executor.submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    running.cancel()
    await until(() => running.settled, 'the end')
    await network.addLate()
    await executor.submit(jobs.note, log.path, 'last')
    expect(log.lines).toEqual(['spin begun', 'spin finally', 'last'])
    await stage.end()
    await network.stop()
  })
})

function* waitFor(future: concurrent.Future<string>): Coroutine<string> {
  return yield* future
}

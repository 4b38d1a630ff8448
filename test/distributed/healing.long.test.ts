// Each fault between a side and Redis heals once its cause is gone, or is named in the log.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { DistributedExecutor } from 'spindle/distributed'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import {
  CuttableNetwork,
  freePort,
  hasRedis,
  Log,
  RedisServer,
  startWorker,
  until,
  WorkerProcess,
} from './redis-server.fixture.ts'

describe.skipIf(!hasRedis || extent === 'short')('a connection', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  let direct: Redis
  let network: CuttableNetwork
  let worker: WorkerProcess
  let executor: DistributedExecutor
  let health = ''
  beforeAll(async () => {
    await redis.start()
    direct = new Redis(redis.url, { maxRetriesPerRequest: null })
    network = await new CuttableNetwork(redis).start()
    const port = await freePort()
    health = `http://127.0.0.1:${port}/health`
    worker = await startWorker(network.url, '--lock', '1000', '--health', `${port}`)
    executor = new DistributedExecutor({ url: network.url })
    await executor.ready()
  })
  afterEach(() => vi.restoreAllMocks())
  afterAll(async () => {
    executor?.terminate()
    await executor?.ended()
    await worker?.end()
    direct?.disconnect()
    await network?.stop()
    await redis.remove()
  })

  const status = async (): Promise<number> => (await fetch(health)).status
  const works = async (): Promise<void> => {
    const future = executor.submit(jobs.square, 7)
    await until(() => future.settled, 'a call to end')
    expect(await future).toBe(49)
    await until(async () => (await status()) === 200, 'the worker to be well')
  }
  /** What both sides have logged since. */
  const logs = (): (() => string) => {
    const from = worker.output.length
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    return () => `${worker.output.slice(from)}\n${warn.mock.calls.flat().join('\n')}`
  }

  it('is dead without a word: both sides make new ones, and continue', async () => {
    const log = new Log(redis.folder, 'frozen')
    const future = executor.submit(jobs.spin, log.path, 'spin', 500)
    await log.has('spin begun')
    network.freeze()
    await until(() => future.settled, 'the call that was running')
    expect(await future).toBe('spin')
    await works()
    network.freeze() // while nothing happens
    await works()
  })

  it('is dead while calls are cancelled: the cancellation arrives', async () => {
    const log = new Log(redis.folder, 'cancelled')
    const future = executor.submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    network.freeze()
    expect(future.cancel()).toBe(false)
    await log.has('spin finally')
    await until(() => future.settled, 'the cancellation')
    await works()
  })

  it('leads to a replica for a while: it says so, health is 503, and no call is lost', async () => {
    const said = logs()
    const warned = vi.spyOn(process, 'emitWarning')
    await direct.replicaof('127.0.0.1', 1)
    const futures = Array.from({ length: 200 }, (_, n) => executor.submit(jobs.square, n))
    await until(async () => (await status()) === 503, 'the worker to be unwell')
    await until(() => (said().match(/READONLY[^\n]*It is a replica/g) ?? []).length >= 2, 'both sides to say so')
    await direct.replicaof('NO', 'ONE')
    await until(() => futures.every((future) => future.settled), 'all to end')
    expect(futures.map((future) => future.exception() ?? future.result())).toEqual(futures.map((_, n) => n * n))
    expect(warned.mock.calls.map(String)).toEqual([])
    await works()
  })

  it('leads to another server after a fail-over: calls that it does not have end, and others work', async () => {
    const other = await new RedisServer().start()
    const log = new Log(redis.folder, 'moved')
    const lost = executor.submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    network.redirect(other)
    network.cut()
    network.mend()
    await until(() => lost.settled, 'the lost call')
    expect(`${lost.exception()}`).toContain('ResultLostError')
    await works()
    network.redirect(redis)
    network.cut()
    network.mend()
    await works()
    await other.remove()
  })

  it.each([
    ['is cut', /has not answered for 3 s/, () => network.cut(), () => network.mend()],
    ['brings no answers', /has not answered for 3 s/, () => network.hold(), () => network.release()],
    ['leads to a process that hangs', /has not answered/, () => redis.kill('SIGSTOP'), () => redis.kill('SIGCONT')],
    ['is closed by the server', /^/, () => closeAll(), () => {}],
    ['is one too many', /has not answered/, () => setAndClose('maxclients', '1'), () => set('maxclients', '100')],
    ['needs a password now', /NOAUTH/, () => setAndClose('requirepass', 'new'), () => set('requirepass', '')],
    ['has no disk', /MISCONF.*It cannot write to its disk/, () => failToSave(redis, direct), () => set('save', '')],
    ['is full', /OOM command not allowed/, () => set('maxmemory', '1'), () => set('maxmemory', '0')],
  ])('%s: it is named, health is 503, and it heals, which is said, too', async (_, named, act, undo) => {
    const said = logs()
    await act()
    try {
      if (named.source !== '^') await until(async () => (await status()) === 503, 'the worker to be unwell')
      await until(() => named.test(said()), 'it to be named')
    } finally {
      await undo()
    }
    await works()
    const answers = said().match(/has not answered for 3 s/g)?.length ?? 0
    await until(() => (said().match(/answers again/g)?.length ?? 0) >= answers, 'both sides to say so')
  })

  const set = async (name: string, value: string): Promise<unknown> => await direct.config('SET', name, value)
  const closeAll = async (): Promise<void> => {
    for (const type of ['normal', 'pubsub']) await direct.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
  }
  const setAndClose = async (name: string, value: string): Promise<void> => {
    await set(name, value)
    await closeAll()
  }

  it('is not there yet when a worker starts: health is 503 until it is', async () => {
    const [server, port] = [new RedisServer(), await freePort()]
    server.port = await freePort()
    const late = new WorkerProcess(server.url, ['--health', `${port}`, '--connect-timeout', '60000'])
    const answer = async (): Promise<number> =>
      await fetch(`http://127.0.0.1:${port}/health`).then(
        (response) => response.status,
        () => 0,
      )
    await until(async () => (await answer()) === 503, 'the port to answer')
    await server.start()
    await until(async () => (await answer()) === 200, 'the worker to be well')
    await late.end()
    await server.remove()
  })

  it('a right is taken while it works: the command and the key are named, and it heals', async () => {
    const said = logs()
    await direct.call('ACL', 'SETUSER', 'default', '-evalsha', '-eval')
    try {
      await until(() => /NOPERM[^\n]*'evalsha'[^\n]*rights/.test(said()), 'it to be named')
      expect(said()).toMatch(/refused EVALSHA of bull:spindle:/)
      await until(async () => (await status()) === 503, 'the worker to be unwell')
    } finally {
      await direct.call('ACL', 'SETUSER', 'default', '+@all')
    }
    await works()
  })

  it('does not begin where nothing can be written: neither side says that it is ready', async () => {
    const server = await new RedisServer().start()
    const owner = new Redis(server.url, { maxRetriesPerRequest: null })
    await owner.call('ACL', 'SETUSER', 'weak', 'on', '>secret', '~*', '&*', '+@all', '-eval', '-evalsha')
    const weak = `redis://weak:secret@127.0.0.1:${server.port}`
    expect(await failureAt(weak)).toMatch(/refused EVAL(?:SHA)? of bull:spindle:meta: NOPERM .*'eval.*the rights/)
    await owner.call('ACL', 'SETUSER', 'weak', 'resetkeys', '~other:*', '+@all')
    expect(await failureAt(weak)).toContain('NOPERM')
    await owner.call('ACL', 'SETUSER', 'weak', '~*', 'resetchannels')
    expect(await failureAt(weak)).toMatch(/can't publish to the channel.*the rights that are needed/)
    await owner.replicaof('127.0.0.1', 1)
    expect(await failureAt(server.url)).toMatch(/READONLY.*It is a replica/)
    owner.disconnect()
    await server.stop()
    await server.start('--cluster-enabled', 'yes')
    expect(await failureAt(server.url)).toMatch(/Redis Cluster: name its nodes by the option `redis: \{ cluster/)
    await server.remove()
  })

  it('to a server without a disk to write to says so, and not that there is none', async () => {
    const server = await new RedisServer().start()
    const owner = new Redis(server.url, { maxRetriesPerRequest: null })
    await failToSave(server, owner)
    expect(await failureAt(server.url)).toMatch(/refused .*MISCONF.*It cannot write to its disk/)
    owner.disconnect()
    await server.remove()
  })

  /** From now on, the server cannot write its data to its disk: where the file should be, there is a folder. */
  async function failToSave(server: RedisServer, owner: Redis): Promise<void> {
    mkdirSync(join(server.folder, 'dump.rdb'))
    await owner.config('SET', 'save', '3600 1')
    await owner.bgsave()
    await until(async () => /rdb_last_bgsave_status:err/.test(await owner.info('persistence')), 'the disk to fail')
  }

  /** How a worker, and a program, end that begin there. */
  async function failureAt(url: string): Promise<string> {
    const begun = new WorkerProcess(url, ['--connect-timeout', '15000'])
    expect(await begun.exited()).toBe(1)
    expect(begun.output).not.toContain('"ready"')
    const program = new DistributedExecutor({ url, connectTimeout: 15_000 })
    const error = await program.ready().then(
      () => 'it was ready',
      (reason) => `${reason}`,
    )
    program.terminate()
    const [line = ''] = /spindle-worker: .*/.exec(begun.output) ?? []
    const kindOf = (text: string): string | undefined => /NOPERM|READONLY|Cluster|MISCONF/.exec(text)?.[0]
    expect(kindOf(error)).toBe(kindOf(line))
    return line
  }
})

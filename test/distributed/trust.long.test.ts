// What a worker runs, and reads, for those who can write to its queue.

import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { describe, expect, it, vi } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, JOBS, RedisServer, until, type WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

const TRUST = fileURLToPath(new URL('./trust.fixture.mjs', import.meta.url))

describe.skipIf(!hasRedis || extent === 'short')('a worker', { timeout: 300_000 }, () => {
  const stage = new Stage(new RedisServer())
  const functionsOf = (worker: WorkerProcess): unknown =>
    (JSON.parse(worker.output.split('\n').find((line) => line.includes('"ready"')) ?? '{}') as { functions: unknown })
      .functions

  it('has no native functions, and none of Node or of other packages, however a module exports them', async () => {
    const worker = await stage.newWorker(['--queue', 'exports'], [TRUST])
    expect(functionsOf(worker)).toEqual(['trust.fixture.own', 'trust.fixture.secret'])
  })

  it('runs only what `--only` names', async () => {
    const worker = await stage.newWorker(['--queue', 'only', '--only', 'trust.fixture.o*'], [TRUST])
    expect(functionsOf(worker)).toEqual(['trust.fixture.own'])
  })

  it('with a secret runs only what is signed with it, and nobody else can make a result', async () => {
    const env = { SPINDLE_SECRET: 'open sesame' }
    const worker = await stage.newWorker(['--queue', 'signed', '--lock', '60000'], [JOBS], env)
    const signed = stage.newExecutor({ queue: 'signed', secret: 'open sesame' })
    const unsigned = stage.newExecutor({ queue: 'signed' })
    const other = stage.newExecutor({ queue: 'signed', secret: 'open says me' })
    expect(await signed.with({ onProgress: () => {} }).submit(jobs.steps, 2)).toBe('done')
    expect(`${signed.submit(jobs.throwPlain, 'no').exception()}`).toBe('TypeError: no')
    expect(await signed.with({ key: 'k' }).submit(jobs.square, 3)).toBe(9)
    expect(await signed.with({ key: 'k' }).submit(jobs.square, 3)).toBe(9)
    expect(`${unsigned.submit(jobs.square, 1).exception()}`).toContain('is signed, and this program has no secret')
    expect(`${other.submit(jobs.square, 1).exception()}`).toContain('is not signed with the secret')
    const refused = /"failed".*is not signed with the secret of this worker/g
    await until(() => worker.output.match(refused)?.length === 2, 'both to be in the log')
    const direct = new Redis(stage.url)
    await direct.hset('bull:signed:spindle:result:jobs.fixture.square/fake', { text: '[16]', ttl: 60_000 })
    expect(`${signed.with({ key: 'fake' }).submit(jobs.square, 3).exception()}`).toMatch(
      /ended without a result that this program can use: the result of .* is not signed/,
    )
    direct.disconnect()
  })

  it('dies of an uncaught exception: the waiters for its calls learn why', async () => {
    await stage.newWorker(['--queue', 'stray', '--lock', '500', '--max-lost', '1'])
    const log = stage.newLog()
    const future = stage.newExecutor({ queue: 'stray' }).submit(jobs.stray, log.path)
    await log.has('stray begun')
    await stage.newWorker(['--queue', 'stray', '--lock', '500', '--max-lost', '1'])
    expect(`${await future.then(String, String)}`).toMatch(
      /WorkerLostError: .*ended by an exception that nobody has caught: RangeError: nobody handles this\n.*jobs\.fixture/s,
    )
  })

  it('dies of an uncaught exception as the last one: the program warns of that, with the reason', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    await stage.newWorker(['--queue', 'last', '--lock', '500'])
    const [executor, log] = [stage.newExecutor({ queue: 'last' }), stage.newLog()]
    expect(await executor.submit(jobs.square, 2)).toBe(4)
    const future = executor.submit(jobs.stray, log.path)
    await until(() => warn.mock.calls.length > 0, 'the warning')
    expect(warn.mock.calls.flat().join('\n')).toMatch(
      /^spindle\/distributed: 1 calls wait, and the queue 'last' has no worker\. Start one: .*\. .* ended by an exception that nobody has caught: RangeError: nobody handles this\\n.*jobs\.fixture/s,
    )
    warn.mockRestore()
    future.cancel()
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
    const worker = await stage.newWorker(['--url', url])
    const executor = stage.newExecutor({ queue: 'spindle', url })
    const log = stage.newLog()
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
    const other = stage.newExecutor({ queue: 'other', url })
    expect(`${other.submit(jobs.square, 1).exception()}`).toContain('NOPERM')
    owner.disconnect()
    await stage.end()
    await server.remove()
  })
})

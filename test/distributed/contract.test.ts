// The table of docs/how-to/distributed.md, line by line: a test is named after what it shows.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CancelledError, TimeoutError } from 'spindle'
import {
  ConnectionError,
  DistributedExecutor,
  type DistributedExecutorOptions,
  FunctionNotFoundError,
  WorkerLostError,
} from 'spindle/distributed'
import { BrokenExecutor, concurrent } from 'spindle/thread'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import { LOAD_TYPESCRIPT } from '../tooling/run-example.ts'
import * as jobs from './jobs.fixture.ts'
import { hello } from './old.fixture.ts'
import { freePort, hasRedis, OLD, RedisServer, sharedRedis, until, type WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

// Each process takes a second of `npm test`: what needs several of its own is for the long form.
const inLongForm = it.runIf(extent !== 'short')

const SUBMITTER = fileURLToPath(new URL('./submitter.fixture.ts', import.meta.url))

describe.skipIf(!hasRedis)('what happens when', { timeout: 300_000 }, () => {
  const stage = new Stage()
  afterAll(() => shared?.terminate())

  // An executor that blocks loads BullMQ on a separate thread, so the tests share one where they can.
  let shared: DistributedExecutor | undefined
  const newExecutor = (queue = 'spindle', options?: DistributedExecutorOptions): DistributedExecutor => {
    if (queue !== 'spindle' || options !== undefined) return stage.newExecutor({ queue, ...options })
    shared ??= new DistributedExecutor({ url: stage.url, queue, payloadLimit: 10_000 })
    return shared
  }
  const newWorker = (...args: string[]): Promise<WorkerProcess> => stage.newWorker(args)

  inLongForm('a worker is SIGKILLed: another worker runs the call from the start', async () => {
    const log = stage.newLog()
    const options = ['--queue', 'killed', '--lock', '400']
    const [first, second] = await Promise.all([newWorker(...options), newWorker(...options)])
    const executor = newExecutor('killed')
    const future = executor.submit(jobs.spin, log.path, 'spin', 1500)
    await log.has('spin begun')
    const has = first.output.includes('"begun"') ? first : second
    has.kill('SIGKILL')
    expect(await future).toBe('spin')
    expect(log.lines).toEqual(['spin begun', 'spin begun', 'spin ended', 'spin finally'])
  })

  inLongForm('the workers of a call are lost maxLost times: it fails with WorkerLostError', async () => {
    const log = stage.newLog()
    const options = ['--queue', 'poison', '--lock', '400', '--max-lost', '2']
    const first = await newWorker(...options)
    const poison = newExecutor('poison').submit(jobs.spin, log.path, 'poison')
    await log.has('poison begun')
    first.kill('SIGKILL')
    const second = await newWorker(...options)
    await log.has('poison begun', 2)
    second.kill('SIGKILL')
    await newWorker(...options)
    const error = poison.exception({ timeout: 60_000 })
    expect(error).toBeInstanceOf(WorkerLostError)
    expect((error as Error).message).toContain('jobs.fixture.spin()')
  })

  inLongForm(
    'a worker gets SIGTERM: calls have the grace time; the rest is cancelled, cleans up and returns to the queue',
    async () => {
      const log = stage.newLog()
      const worker = await newWorker('--queue', 'term', '--grace-time', '400')
      const executor = newExecutor('term')
      const short = executor.submit(jobs.spin, log.path, 'short', 100)
      const long = executor.with({ attempts: 1 }).submit(jobs.spin, log.path, 'long', 800)
      await log.has('long begun')
      worker.kill('SIGTERM')
      expect(await worker.exited()).toBe(0)
      expect(log.lines).toContain('short ended')
      expect(log.lines).toContain('long finally')
      expect(log.lines).not.toContain('long ended')
      await newWorker('--queue', 'term')
      expect(await Promise.all([short, long])).toEqual(['short', 'long'])
      expect(log.lines.filter((line) => line === 'long begun')).toHaveLength(2)
    },
  )

  inLongForm('a worker gets SIGTERM twice: its calls return to the queue at once', async () => {
    const log = stage.newLog()
    const worker = await newWorker('--queue', 'twice', '--grace-time', '600000')
    const future = newExecutor('twice').submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    worker.kill('SIGTERM')
    await until(() => worker.output.includes('"stopping"'), 'the worker to stop')
    worker.kill('SIGTERM')
    expect(await worker.exited()).toBe(0)
    expect(log.lines).toEqual(['spin begun', 'spin finally'])
    expect(future.cancel()).toBe(false)
  })

  inLongForm(
    'a coroutine blocks its loop longer than `lock`: it keeps its lock, and the worker logs which call blocks',
    async () => {
      const log = stage.newLog()
      const worker = await newWorker('--queue', 'block', '--lock', '1500')
      expect(await newExecutor('block').submit(jobs.block, log.path, 3500)).toBe('blocked')
      expect(log.lines).toEqual(['block begun'])
      expect(worker.output).toContain('jobs.fixture.block() (')
      expect(worker.output).toContain('blocks the loop')
      // While it blocks for a result, its thread takes messages, but its loop stands still all the same.
      expect(await newExecutor('block').submit(jobs.blockForResult, 3500)).toBe('blocked')
      expect(worker.output).toContain('jobs.fixture.blockForResult() (')
    },
  )

  inLongForm(
    'a process is stopped longer than `lock`: the call runs elsewhere; when it continues, its Task is cancelled',
    async () => {
      const log = stage.newLog()
      const options = ['--queue', 'stopped', '--lock', '300']
      const first = await newWorker(...options)
      const future = newExecutor('stopped').submit(jobs.spin, log.path, 'spin')
      await log.has('spin begun')
      first.kill('SIGSTOP')
      await newWorker(...options)
      await log.has('spin begun', 2)
      first.kill('SIGCONT')
      await log.has('spin finally') // of the first
      expect(future.cancel()).toBe(false)
      expect(concurrent.wait([future], { timeout: 60_000 }).done.size).toBe(1)
      await log.has('spin finally', 2)
      expect(log.lines).toEqual(['spin begun', 'spin begun', 'spin finally', 'spin finally'])
      expect(first.output).not.toContain('blocks the loop')
    },
  )

  it('the function throws: it runs again after backoff while attempts are left, then the Future has its error', async () => {
    const executor = newExecutor()
    expect(await executor.with({ attempts: 3, backoff: 5 }).submit(jobs.failUntil, 3)).toBe(3)
    const error = executor.submit(jobs.failUntil, 2).exception()
    expect(`${error}`).toBe('RangeError: attempt 1')
    const own = executor.submit(jobs.failWithCause).exception() as jobs.OrderError
    expect({ code: own.code, cause: `${own.cause}`, stack: own.stack?.includes('jobs.fixture.ts') }).toEqual({
      code: 'E_ORDER',
      cause: 'RangeError: too many',
      stack: true,
    })
    expect(own).toBeInstanceOf(jobs.OrderError)
    expect(executor.submit(jobs.throwPlain, 'plain').exception()).toEqual(new TypeError('plain'))
  })

  inLongForm('a call is cancelled while it waits: it never starts', async () => {
    const log = stage.newLog()
    const future = newExecutor('no-worker').submit(jobs.spin, log.path, 'spin')
    expect(future.cancel()).toBe(false)
    expect(concurrent.wait([future], { timeout: 60_000 }).done.size).toBe(1)
    await newWorker('--queue', 'no-worker')
    expect(await newExecutor('no-worker').submit(jobs.square, 3)).toBe(9)
    expect(log.lines).toEqual([])
  })

  it('a coroutine is cancelled while it runs: `finally` runs, then its Future is done', async () => {
    const log = stage.newLog()
    const future = newExecutor().submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    expect({ told: future.cancel(), cancelled: future.cancelled() }).toEqual({ told: false, cancelled: false })
    expect(concurrent.wait([future], { timeout: 60_000 }).done.size).toBe(1)
    expect(log.lines).toEqual(['spin begun', 'spin finally'])
    expect(() => future.result()).toThrow(CancelledError)
  })

  inLongForm(
    'a call is cancelled and redelivered: the new worker receives the cancellation as it starts the call',
    async () => {
      const log = stage.newLog()
      const options = ['--queue', 'redelivered', '--lock', '300']
      const worker = await newWorker(...options)
      const future = newExecutor('redelivered').submit(jobs.spin, log.path, 'spin')
      await log.has('spin begun')
      worker.kill('SIGKILL')
      await worker.exited()
      future.cancel()
      await newWorker(...options)
      expect(concurrent.wait([future], { timeout: 60_000 }).done.size).toBe(1)
      expect(log.lines).not.toContain('spin ended')
      const { length } = log.lines
      expect(log.lines).toEqual(length === 1 ? ['spin begun'] : ['spin begun', 'spin begun', 'spin finally'])
    },
  )

  it('a function is cancelled while it runs: it sees the request to stop, and its result counts', async () => {
    const log = stage.newLog()
    const executor = newExecutor()
    const plain = executor.submit(jobs.computeUntilStopped, log.path)
    const later = executor.submit(jobs.waitUntilStopped, log.path)
    await log.has('compute begun')
    await log.has('wait begun')
    expect({ plain: plain.cancel(), later: later.cancel() }).toEqual({ plain: false, later: false })
    expect(await Promise.all([plain, later])).toEqual(['stopped', 'stopped'])
  })

  it('the coroutine swallows the cancellation: the Future is cancelled anyway, and the worker logs a warning', async () => {
    const log = stage.newLog()
    const future = newExecutor().submit(jobs.swallow, log.path)
    await log.has('swallow begun')
    expect(future.cancel()).toBe(false)
    expect(concurrent.wait([future], { timeout: 60_000 }).done.size).toBe(1)
    expect(log.lines).toEqual(['swallow begun', 'swallow swallowed'])
    const warning = 'swallow() swallowed its cancellation'
    await until(async () => (await sharedRedis()).output.includes(warning), 'the warning')
  })

  inLongForm(
    'Redis does not come back: open calls fail with ConnectionError, nothing hangs, and a worker exits with 1',
    async () => {
      const other = await new RedisServer().start()
      const worker = await newWorker('--url', other.url)
      const executor = newExecutor('spindle', { url: other.url, connectTimeout: 2000 })
      const log = stage.newLog()
      const running = executor.submit(jobs.spin, log.path, 'spin')
      await log.has('spin begun')
      await other.stop()
      const late = executor.submit(jobs.square, 2)
      // Asked now: a client that is asked after the end of this one has never had an answer, and says so.
      const status = expect(executor.status()).rejects.toThrow(`Redis at ${other.url} has not answered for 12000 ms`)
      const message = `ConnectionError: Redis at ${other.url} has not answered for 12000 ms.`
      expect(`${running.exception({ timeout: 60_000 })}`).toContain(message)
      expect(`${late.exception({ timeout: 60_000 })}`).toContain(message)
      await status
      executor.shutdown({ wait: false })
      await executor.ended()
      worker.kill('SIGTERM')
      worker.kill('SIGTERM')
      expect(await worker.exited()).toBe(1)
      expect(worker.output).toContain('spindle-worker: Redis has not answered for 5000 ms')
      await other.remove()
    },
  )

  inLongForm(
    'Redis is full: submit fails with the server’s message; a policy that may lose calls causes a warning',
    async () => {
      const full = await new RedisServer().start('--maxmemory-policy', 'allkeys-lru')
      const worker = await newWorker('--url', full.url)
      expect(worker.output).toContain('Eviction policy is allkeys-lru. It should be "noeviction"')
      await worker.end()
      await full.stop()
      await full.start('--maxmemory', '1mb')
      const error = newExecutor('spindle', { url: full.url }).submit(jobs.square, 1).exception({ timeout: 60_000 })
      expect(error).toBeInstanceOf(BrokenExecutor)
      expect(String(error)).toContain('OOM command not allowed')
      await full.remove()
    },
  )

  inLongForm(
    'the submitter dies: its calls continue, and a new one with the same key returns their results',
    async () => {
      const log = stage.newLog()
      const submitter = spawn(process.execPath, [...LOAD_TYPESCRIPT, SUBMITTER, stage.url, 'dies', 'hang', log.path])
      await log.has('dies begun')
      submitter.kill('SIGKILL')
      await once(submitter, 'exit')
      const again = newExecutor().with({ key: 'dies' })
      expect(await again.submit(jobs.spin, log.path, 'dies', 300)).toBe('dies')
      expect(await again.submit(jobs.spin, log.path, 'dies', 300)).toBe('dies')
      expect(log.lines).toEqual(['dies begun', 'dies ended', 'dies finally'])
    },
  )

  inLongForm(
    'the submitter only waits for calls: its process stays alive until they are done; with `wait: false` it does not',
    async () => {
      const output = async (how: string): Promise<string> => {
        const program = spawn(process.execPath, [...LOAD_TYPESCRIPT, SUBMITTER, stage.url, how, how])
        let text = ''
        program.stdout.on('data', (data) => {
          text += data
        })
        await once(program, 'close')
        return text.trim()
      }
      const outputs = await Promise.all(['open', 'dropped', 'ended', 'shutdown'].map(output))
      expect(outputs).toEqual(['done 25', 'done 25', 'ended', '']) // also if the executor is garbage by then
    },
  )

  it('a result can’t be sent, or is too large: TypeError or RangeError names function, path and size', async () => {
    const executor = newExecutor()
    const unsendable = String(executor.submit(jobs.unsendable).exception())
    expect(unsendable).toContain("TypeError: the result of jobs.fixture.unsendable() can't be sent")
    expect(unsendable).toContain('at .inner[1]')
    const big = executor.submit(jobs.big, 20_000).exception()
    expect(big).toBeInstanceOf(RangeError)
    expect(String(big)).toContain('the result of jobs.fixture.big() takes 20004 bytes, more than the 10000')
    expect(executor.submit(jobs.big, 9000).result()).toHaveLength(9000) // fetched, as events hold 4 kB
  })

  it('the worker does not have the function: FunctionNotFoundError names the worker and the functions it has', () => {
    const error = newExecutor().submit(hello).exception()
    expect(error).toBeInstanceOf(FunctionNotFoundError)
    expect((error as Error).message).toMatch(
      /^the worker common has no old\.fixture\.hello\(\)\. It has jobs\.fixture\./,
    )
  })

  inLongForm('the worker does not have the function, but another worker has: that one runs it', async () => {
    const giving = stage.newWorker(['--queue', 'rolling'], [OLD])
    await Promise.all([giving, newWorker('--queue', 'rolling')])
    expect([...newExecutor('rolling').map(jobs.square, [1, 2, 3, 4])]).toEqual([1, 4, 9, 16])
  })

  it('there is no worker: the call waits, and `expires` limits that', async () => {
    // Twenty times 20: the event that a job was removed may come before the answer to the removal, and must not be
    // taken for the work of another.
    const executor = newExecutor('nobody')
    const limits = Array.from({ length: 400 }, (_, n) => 100 + 50 * Math.floor(n / 20))
    const futures = limits.map((expires) => executor.with({ expires }).submit(jobs.square, 1))
    const errors = await Promise.all(futures.map(async (future) => await future.then(String, (error) => error)))
    expect(errors).toEqual(limits.map((ms) => new TimeoutError(`jobs.fixture.square() has not begun within ${ms} ms`)))
  })

  inLongForm('there is no worker: within 10 s there is one warning, which says how to start one', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const executor = newExecutor('lonely')
    const futures = [executor.submit(jobs.square, 1), executor.submit(jobs.square, 2)]
    await until(() => warn.mock.calls.length > 0, 'the warning')
    expect(warn.mock.calls.flat()).toEqual([
      "spindle/distributed: 2 calls wait, and the queue 'lonely' has no worker. " +
        'Start one: npx spindle-worker --queue lonely --module ./jobs.ts',
    ])
    warn.mockRestore()
    for (const future of futures) future.cancel()
  })

  inLongForm('a call lasts long: the program lists the clients of Redis less and less often', async () => {
    const server = await new RedisServer().start()
    const { url } = server
    await newWorker('--url', url)
    const log = stage.newLog()
    const future = newExecutor('spindle', { url }).submit(jobs.spin, log.path, 'long')
    await log.has('long begun')
    const direct = new (await import('ioredis')).Redis(url)
    await direct.config('RESETSTAT')
    await new Promise((resolve) => setTimeout(resolve, 29_000)) // after 8 and 16 s, next after 32
    const [, lists = '0'] = /cmdstat_client\|list:calls=(\d+)/.exec(await direct.info('commandstats')) ?? []
    expect(['1', '2']).toContain(lists)
    direct.disconnect()
    future.cancel()
    concurrent.wait([future])
    await server.stop()
  })

  inLongForm('cron or another language adds a job as the guide says: it runs, and is replied', async () => {
    const guide = readFileSync(new URL('../../docs/how-to/distributed.md', import.meta.url), 'utf8')
    const [, version = '', args = ''] = /const data = \{ version: (\d+), args: '(.*?)'/.exec(guide) ?? []
    expect(guide).toContain(`| \`version\` | ${version} |`)
    const [{ Queue }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')])
    const redis = new Redis(stage.url, { maxRetriesPerRequest: null })
    const queue = new Queue('cron', { connection: redis })
    await newWorker('--queue', 'cron')
    const data = { version: Number(version), args, payloadLimit: 1_000_000, replyTo: 'cron' }
    const { id } = await queue.add('jobs.fixture.echo', data)
    const replies = 'bull:cron:spindle:reply:cron'
    await until(async () => (await redis.xlen(replies)) > 0, 'the reply')
    const [, fields] = (await redis.xrange(replies, '-', '+'))[0] ?? []
    expect(fields).toEqual(['id', id, 'kind', 'result', 'text', '["a.png"]'])
    await queue.close()
    redis.disconnect()
  })

  it('a server accepts connections, but answers nothing: ConnectionError says so', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const future = newExecutor('spindle', { url: `redis://127.0.0.1:${port}`, connectTimeout: 500 }).submit(
      jobs.square,
      2,
    )
    const seen = 'has not answered, waited 500 ms: the connection is accepted, but nothing answers'
    await expect(future).rejects.toThrow(`Redis at redis://127.0.0.1:${port} ${seen}`)
    silent.close()
  })

  it('there is no server: ConnectionError after connectTimeout says what to do', async () => {
    const executor = newExecutor('spindle', { url: `redis://127.0.0.1:${await freePort()}`, connectTimeout: 200 })
    const error = executor.submit(jobs.square, 1).exception({ timeout: 60_000 })
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toContain('Start one (`redis-server`)')
  })
})

// What is wrong is named: the call, the option, the path in the value, and what was given.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { run } from 'spindle'
import {
  ConnectionError,
  type DistributedCallOptions,
  DistributedExecutor,
  type DistributedExecutorOptions,
  ResultLostError,
  runWorker,
  type WorkerOptions,
} from 'spindle/distributed'
import { ThreadPoolExecutor } from 'spindle/thread'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installBuilt } from '../tooling/built-packages.mjs'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { freePort, hasRedis, RedisServer, until, WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

const inLongForm = it.runIf(extent !== 'short')
const NOWHERE = 'redis://127.0.0.1:1'

function thrown(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return `${error}`
  }
  return 'nothing was thrown'
}

describe('closure, bound or native function', () => {
  const executor = new DistributedExecutor({ url: NOWHERE })
  const closure = (n: number): number => n

  it.each([
    ['a closure', closure, 'closure'],
    ['a bound function', jobs.square.bind(undefined), 'bound square'],
    ['a native function', Math.max, 'max'],
  ])('%s is refused at once, and named', (_, fn, name) => {
    const text = thrown(() => executor.submit(fn as () => void))
    expect(text).toContain('TypeError')
    expect(text).toContain(name)
  })
})

describe('anything but a function, submitted', () => {
  const executor = new DistributedExecutor({ url: NOWHERE })

  it.each([undefined, null, 5, 'echo'])('%s is a TypeError at the call', (value) => {
    expect(thrown(() => executor.submit(value as unknown as () => void))).toMatch(
      /^TypeError: a function was expected, got /,
    )
  })
})

describe('class instance, function, symbol, Event, Lock, Future, Executor, Thread in args', () => {
  const executor = new DistributedExecutor({ url: NOWHERE, payloadLimit: 1000 })

  it.each(Object.keys(jobs.UNSENDABLE))('%s ends the Future, with the call and the path', (kind) => {
    const value = jobs.UNSENDABLE[kind]?.()
    const text = `${executor.submit(jobs.echo, { deep: [value] } as never).exception()}`
    expect(text).toContain("TypeError: the args of jobs.fixture.echo() can't be sent to another machine")
    expect(text).toContain('[0].deep[0]')
  })

  it('beyond payloadLimit: the size is named', () => {
    const error = executor.submit(jobs.echo, 'x'.repeat(2000)).exception()
    expect(`${error}`).toContain('RangeError: the args of jobs.fixture.echo() take 2008 bytes, more than the 1000')
  })
})

describe('options', () => {
  const executor = new DistributedExecutor({ url: NOWHERE })

  it.each<[object, string]>([
    [{ attempts: 0 }, 'attempts must be an integer >= 1, got 0'],
    [{ attempts: Number.NaN }, 'attempts must be an integer >= 1, got NaN'],
    [{ backoff: -1 }, 'backoff must be an integer >= 0, got -1'],
    [{ delay: 1.5 }, 'delay must be an integer >= 0, got 1.5'],
    [{ timeout: 0 }, 'timeout must be an integer >= 1, got 0'],
    [{ expires: '5' }, "expires must be an integer >= 1, got '5'"],
    [{ priority: 0.5 }, 'priority must be an integer'],
    [
      { retries: 3 },
      'no option `retries`. It has `signal`, `timeout`, `priority`, `onProgress`, `attempts`, `backoff`, `delay`, `expires`, `key`',
    ],
    [{ signal: {} }, 'signal must be an AbortSignal'],
    [{ onProgress: 1 }, 'onProgress must be a function, got 1'],
  ])('attempts: 0, NaN, negative or fractional numbers, unknown option: %j', (options, message) => {
    expect(thrown(() => executor.with(options as DistributedCallOptions))).toContain(message)
  })

  it.each<[object, string]>([
    [{ key: '' }, 'key must not be empty'],
    [{ key: 'a:b' }, "key must not contain ':', got 'a:b'"],
    [{ key: 'x'.repeat(10_240) }, 'key must have at most 1024 bytes, got 10240'],
    [{ key: 5 }, 'key must be a string, got 5'],
  ])("empty key, key with ':', 10 kB key: %j", (options, message) => {
    expect(thrown(() => executor.with(options as DistributedCallOptions))).toContain(message)
  })

  it("queue name with ':'", () => {
    const message = "queue must be a name without ':'"
    expect(thrown(() => new DistributedExecutor({ queue: 'a:b' }))).toContain(`${message}, got 'a:b'`)
    expect(thrown(() => new DistributedExecutor({ queue: '' }))).toContain(`${message}, got ''`)
  })

  it.each<[object, string]>([
    [{ url: 'http://localhost' }, "url must begin with redis:// or rediss://, got 'http://localhost'"],
    [{ url: 'localhost:6379' }, 'url must begin with redis://'],
    [{ resultTtl: -1 }, 'resultTtl must be an integer >= 1000, got -1'],
    [{ payloadLimit: 0 }, 'payloadLimit must be an integer >= 1, got 0'],
    [{ connectTimeout: Number.NaN }, 'connectTimeout must be an integer >= 1, got NaN'],
    [{ host: 'x' }, 'host'],
    [{ redis: 'localhost' }, 'redis must be an object of options'],
    [{ redis: [] }, 'redis must be an object of options'],
    [{ redis: { tls: () => {} } }, 'redis must be an object of options'],
  ])('url not redis, and other options of an executor: %j', (options, message) => {
    expect(thrown(() => new DistributedExecutor(options as DistributedExecutorOptions))).toContain(message)
  })

  it('submit after shutdown', () => {
    const ended = new DistributedExecutor({ url: NOWHERE })
    const view = ended.with({ attempts: 2 })
    ended.shutdown()
    expect(thrown(() => ended.submit(jobs.square, 1))).toContain('cannot schedule new futures after shutdown')
    expect(thrown(() => view.map(jobs.square, [1]))).toContain('cannot schedule new futures after shutdown')
  })

  it('a call that is streamed is refused, with what to do instead', () => {
    const text = thrown(() => executor.stream(jobs.squares, 3))
    expect(text).toContain("jobs.fixture.squares() can't be streamed from another machine")
  })
})

describe('submit', () => {
  it('while importing: the worker that loads the module says what to write', async () => {
    const program = new URL('./unguarded.fixture.ts', import.meta.url)
    const loading = run(runWorker({ url: NOWHERE, modules: [program] }), { interrupt: false })
    await expect(loading).rejects.toThrow(
      "can't be loaded: square() was submitted while its module was imported, by a worker or a " +
        'thread: that would go on forever. Write: if (isMain(import.meta)) main()',
    )
  })

  it('in a worker thread, with an executor of this one: it belongs to the thread that made it', async () => {
    using pool = new ThreadPoolExecutor(1)
    const executor = new DistributedExecutor({ url: NOWHERE })
    const error = pool.submit(jobs.submitWith, executor).exception()
    expect(`${error}`).toMatch(
      /^TypeError: the args of submitWith\(\) can't be sent .* belongs to the thread that made it\. Make another/,
    )
  })
})

describe('a worker', () => {
  const files = new RedisServer()
  const { folder } = files
  afterAll(() => files.remove())
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const failure = async (options: Partial<WorkerOptions>): Promise<string> => {
    try {
      await run(runWorker({ url: NOWHERE, connectTimeout: 1, ...options } as WorkerOptions), { interrupt: false })
    } catch (error) {
      return `${error}`
    }
    return 'it ran'
  }

  it('no module, module that throws, two of one name, no functions', async () => {
    const one = file('same.mjs', 'export function hello() {}')
    const other = file('same.js', 'export function hello() {}')
    expect(await failure({ modules: [] })).toContain('modules must be a list of at least one module, got []')
    expect(await failure({ modules: [join(folder, 'none.mjs')] })).toMatch(/none\.mjs can't be loaded/)
    expect(await failure({ modules: [file('bad.mjs', 'throw new Error("my own")')] })).toMatch(
      /bad\.mjs can't be loaded: my own/,
    )
    const clash = await failure({ modules: [one, other] })
    expect(clash).toContain('two functions are called same.hello')
    expect(clash).toContain(one)
    expect(clash).toContain(other)
    const empty = file('empty.mjs', 'export const x = 1; export class C {}')
    expect(await failure({ modules: [empty] })).toContain('there is no exported function in')
    expect(await failure({ modules: [one], only: ['other.*', 'x'] })).toContain('that matches other.* or x')
  })

  it('concurrency 0, unknown option', async () => {
    const modules = ['./x.ts']
    expect(await failure({ modules, concurrency: 0 })).toContain('concurrency must be an integer >= 1, got 0')
    expect(await failure({ modules, health: 99_999 })).toContain('health must be a port, at most 65535, got 99999')
    expect(await failure({ modules, lock: 10 })).toContain('lock must be an integer >= 100, got 10')
    expect(await failure({ modules, anyCode: 'yes' } as never)).toContain("anyCode must be a boolean, got 'yes'")
    expect(await failure({ modules, workers: 3 } as never)).toContain('workers')
    expect(await failure({ modules, queue: 'a:b' })).toContain("queue must be a name without ':'")
  })

  const loadsTypeScript = Number(process.versions.node.split('.')[0]) > 20
  it.runIf(extent !== 'short' && !loadsTypeScript)(
    'a module in TypeScript, and no tsx: it says what to install',
    () => {
      installBuilt(folder)
      const program = join(folder, 'node_modules/@spindle/distributed/dist/main.js')
      const module = file('typed.ts', 'export function hello(): void {}')
      const { status, stderr } = spawnSync(process.execPath, [program, '--module', module], { env: {} })
      expect(status).toBe(1)
      expect(`${stderr}`).toMatch(/typed\.ts can't be loaded: Unknown file extension.*install tsx beside the module/)
    },
  )

  inLongForm.each([
    [[], /required option '--module <path\.\.\.>'/],
    [['--module', 'x.ts', '--concurrency', '0'], /concurrency must be an integer >= 1, got 0/],
    [['--module', 'x.ts', '--concurrency', '4x'], /'--concurrency <n>' argument '4x' is invalid\. Write a number/],
    [['--module', 'x.ts', '--speed', '9'], /unknown option '--speed'/],
    [['--modul', 'x.ts'], /unknown option '--modul'\s+\(Did you mean --module\?\)/],
    [['--module', 'none.ts'], /none\.ts can't be loaded/],
  ] as const)('as a program ends with 1 and says why: %s', async (args, message) => {
    const worker = new WorkerProcess(NOWHERE, args, [])
    expect(await worker.exited()).toBe(1)
    expect(worker.output).toMatch(message)
  })
})

describe.skipIf(!hasRedis || extent === 'short')('on a Redis server', { timeout: 300_000 }, () => {
  const stage = new Stage()
  // The short form does without the time to load them.
  let newQueue: (name: string) => Queue
  let connect: () => Redis
  beforeAll(async () => {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')])
    newQueue = (name) => new bullmq.Queue(name, { connection: { url: stage.url } })
    connect = () => new ioredis.Redis(stage.url)
  })

  it('cyclic (works), as all kinds do that can be sent', () => {
    const cyclic: Record<string, unknown> = {
      map: new Map([[1, new Set(['a'])]]),
      date: new Date(0),
      big: 12n ** 20n,
      bytes: new Uint8Array([1, 2]),
      nothing: [undefined, null, Number.NaN, -0, Number.POSITIVE_INFINITY],
      text: '\u2028</script>\0🎈',
    }
    cyclic['self'] = cyclic
    expect(stage.newExecutor().submit(jobs.echo, cyclic).result()).toEqual(cyclic)
  })

  it('submit in a worker thread, with an executor made there, works: in a local pool, and in a worker', async () => {
    using pool = new ThreadPoolExecutor(1)
    expect(await pool.submit(jobs.submitFromHere, stage.url, 3)).toBe(9)
    expect(await stage.newExecutor().submit(jobs.submitFromHere, stage.url, 4)).toBe(16)
  })

  it('`__proto__` in args changes no prototype', () => {
    const given = JSON.parse('{"__proto__": {"admin": true}}') as object
    const text = `${stage.newExecutor().submit(jobs.isAdmin, given).exception() ?? stage.newExecutor().submit(jobs.isAdmin, given).result()}`
    expect(text).toMatch(/^false$|__proto__/)
  })

  it('message of another version, broken JSON: it fails as the call it is, and the worker continues', async () => {
    const queue = newQueue('spindle')
    const { PROTOCOL_VERSION } = await import('../../packages/distributed/src/calls/protocol.ts')
    const good = { version: PROTOCOL_VERSION, args: '[[1],2]', payloadLimit: 1000 }
    const failureOf = async (data: unknown): Promise<string> => {
      const job = await queue.add('jobs.fixture.square', data)
      await until(async () => (await job.getState()) === 'failed', 'the job to fail')
      return (await queue.getJob(job.id as string))?.failedReason ?? ''
    }
    try {
      expect(await failureOf({ ...good, args: '{broken' })).toContain("the args of jobs.fixture.square() can't be read")
      expect(await failureOf({ ...good, args: 5 })).toContain("the args of jobs.fixture.square() can't be read")
      expect(await failureOf({ ...good, args: '[{"a":1},2]' })).toContain('the args of jobs.fixture.square()')
      for (const data of [{}, null, 'text', 7]) expect(await failureOf(data)).toContain('another version')
      expect(await stage.newExecutor().submit(jobs.square, 5)).toBe(25)
    } finally {
      await queue.close()
    }
  })

  it('replies that Redis would refuse, in a job by hand: it ends all the same', async () => {
    const queue = newQueue('spindle')
    const { PROTOCOL_VERSION } = await import('../../packages/distributed/src/calls/protocol.ts')
    const good = { version: PROTOCOL_VERSION, args: '[[1],2]', payloadLimit: 1000 }
    const times = ['soon', -5, 0.5, 1e300, null, ['a', 'b'], {}].map((resultTtl) => ({ resultTtl, replyTo: 'me' }))
    const waiters = [5, null, ['a', 'b'], {}].map((replyTo) => ({ replyTo }))
    try {
      for (const wrong of [...times, ...waiters])
        for (const jobId of [undefined, `jobs.fixture.square/${JSON.stringify(wrong)}`.replaceAll(':', ' ')]) {
          const job = await queue.add(
            'jobs.fixture.square',
            { ...good, ...wrong },
            jobId === undefined ? {} : { jobId },
          )
          await until(async () => (await job.getState()) === 'completed', `${JSON.stringify(wrong)} to end`)
        }
    } finally {
      await queue.close()
    }
  })

  it('broken JSON in the job itself: the worker says so, and continues', async () => {
    const direct = connect()
    const queue = newQueue('broken')
    const { id } = await queue.add('jobs.fixture.square', {})
    await direct.hset(`bull:broken:${id}`, 'data', '{"version":')
    const other = await stage.newWorker(['--queue', 'broken'])
    await until(() => other.output.includes("a job of this queue can't be read"), 'the warning')
    expect(await stage.newExecutor({ queue: 'broken' }).submit(jobs.square, 5)).toBe(25)
    await queue.close()
    direct.disconnect()
  })

  it('the port for GET /health is taken: it is named', async () => {
    const server = createServer().listen(0)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const busy = new WorkerProcess(stage.url, ['--health', `${port}`, '--queue', 'busy'])
    expect(await busy.exited()).toBe(1)
    expect(busy.output).toContain(`spindle-worker: port ${port} can't be opened for GET /health: listen EADDRINUSE`)
    server.close()
  })

  it('job removed while it is awaited: it is lost; retried, as by bull-board: it ends once', async () => {
    const queue = newQueue('by-hand')
    try {
      const executor = stage.newExecutor({ queue: 'by-hand' })
      const removed = executor.submit(jobs.square, 1)
      await until(async () => (await queue.getPrioritizedCount()) === 1, 'the job to wait')
      for (const job of await queue.getPrioritized()) await job.remove()
      expect(removed.exception({ timeout: 60_000 })).toBeInstanceOf(ResultLostError)
      await stage.newWorker(['--queue', 'by-hand'])
      const retried = executor.submit(jobs.failUntil, 2)
      let ends = 0
      retried.addDoneCallback(() => ends++)
      expect(`${retried.exception({ timeout: 60_000 })}`).toBe('RangeError: attempt 1')
      await until(async () => (await queue.getFailedCount()) === 1, 'the job to have failed')
      for (const job of await queue.getFailed()) await job.retry()
      await until(
        async () => (await queue.getJobCountByTypes('failed', 'wait', 'prioritized', 'active')) === 0,
        'the retry',
      )
      expect({ ends, error: `${retried.exception()}` }).toEqual({ ends: 1, error: 'RangeError: attempt 1' })
    } finally {
      await queue.close()
    }
  })

  it('wrong password, a Redis that is too old: they are named', async () => {
    const closed = await new RedisServer().start('--requirepass', 'right')
    const wrong = stage
      .newExecutor({ url: `redis://:wrong@127.0.0.1:${closed.port}` })
      .submit(jobs.square, 1)
      .exception({ timeout: 60_000 })
    expect(wrong).toBeInstanceOf(ConnectionError)
    expect(`${wrong}`).toContain('refused the password')
    expect(`${wrong}`).not.toContain('wrong@')
    expect(
      stage
        .newExecutor({ url: `redis://:right@127.0.0.1:${closed.port}` })
        .ready()
        .exception({ timeout: 60_000 }),
    ).toBeUndefined()
    await closed.remove()
    const port = await freePort()
    const info = 'redis_version:4.0.14\r\n'
    const old = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (data) => {
        for (const _ of String(data).match(/\*\d+\r\n/g) ?? []) socket.write(`$${info.length}\r\n${info}\r\n`)
      })
    }).listen(port, '127.0.0.1')
    const future = stage.newExecutor({ url: `redis://127.0.0.1:${port}` }).submit(jobs.square, 1)
    const error = await Promise.resolve(future).catch((reason) => reason) // the server is on this thread: no blocking
    expect(`${error}`).toMatch(/can't be used: Redis version .* greater or equal than 5.* Current: 4\.0\.14/)
    old.close()
  })
})

import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { serialize } from 'node:v8'
import { type JobsOptions, Queue } from 'bullmq'
import fc from 'fast-check'
import { DistributedExecutor } from 'spindle/distributed'
import { ProcessPoolExecutor } from 'spindle/thread'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROTOCOL_VERSION } from '../../packages/distributed/src/calls/protocol.ts'
import { freePort, hasRedis, RedisServer } from '../distributed/redis-server.fixture.ts'
import { Child } from '../tooling/child.ts'
import { linesEnvironment } from '../tooling/run-example.ts'
import { ask, CONTROL, few, fuzzOptions, HOSTILE, hostileBytes, LONG, PERMISSION, request } from './on-built.ts'
import * as work from './work.fixture.ts'

// In a folder of their own, without a package.json that would say whose they are.
const FOLDER = mkdtempSync(join(tmpdir(), 'spindle-jobs-'))
const MODULE = join(FOLDER, 'jobs.mjs')
writeFileSync(
  MODULE,
  `export { execSync } from 'node:child_process'
  export const max = Math.max
  export const fn = Function
  export class Class {}
  export default 5
  export const own = () => 'own'
  const PLAIN = [Object, Array, Date, Map, Set, RegExp, String, Number, Boolean, BigInt, URL, URLSearchParams]
  const isPlain = (value, seen = new Set()) => {
    if (typeof value === 'function' || typeof value === 'symbol') return false
    if (typeof value !== 'object' || value === null || seen.has(value)) return true
    seen.add(value)
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== null && !PLAIN.some((each) => each.prototype === prototype) && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer) && !String(prototype.constructor?.name).startsWith('Temporal')) return false
    return Object.values(Object.getOwnPropertyDescriptors(value)).every((each) => 'value' in each && isPlain(each.value, seen))
  }
  export const kind = (...args) => ({}).polluted === undefined && args.every((each) => isPlain(each)) ? 'plain' : (() => { throw new Error('SOMETHING ELSE') })()`,
)
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

describe('A message from a pool process can at most make that process fail', LONG, () => {
  it('whatever it writes to its pipe, or sends', async () => {
    const frame = fc.tuple(fc.integer(), fc.uint8Array({ maxLength: 40 })).map(([length, rest]) => {
      const bytes = Buffer.alloc(4 + rest.length)
      bytes.writeInt32LE(length)
      bytes.set(rest, 4)
      return new Uint8Array(bytes)
    })
    const json = fc.jsonValue().map((value) => new TextEncoder().encode(`${JSON.stringify(value)}\n`))
    const bytes = fc.oneof(frame, json, fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(200_000)))
    const reply = fc.record({ kind: fc.constantFrom('result', 'error', 'ended'), id: fc.nat(9), value: fc.jsonValue() })
    const message = fc.oneof(fc.anything().filter(isCloneable), fc.array(fc.jsonValue(), { maxLength: 4 }), reply)
    await fc.assert(
      fc.asyncProperty(bytes, message, fc.boolean(), async (written, sent, writes) => {
        const pool = new ProcessPoolExecutor(2)
        try {
          await Promise.all([pool.submit(work.later, 1), pool.submit(work.later, 2)]) // both processes run
          const busy = pool.submit(work.later, 5) // in one of them, and the other has the message
          const own = writes ? pool.submit(work.writesItself, written) : pool.submit(work.sends, sent)
          const others = Array.from({ length: 4 }, (_, n) => pool.submit(work.square, n))
          expect(await own.then(String, () => 'failed')).toMatch(/^(?:sent|failed)$/)
          // A call of a process that failed may fail with it: none has the result of another.
          for (const [n, other] of others.entries())
            expect(await other.then(String, () => 'failed')).toMatch(new RegExp(`^(?:${n * n}|failed)$`))
          expect(await busy).toBe(5)
        } finally {
          pool.terminate()
        }
      }),
      few(8),
    )
  })
})

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

const MAIN = 'node_modules/@spindle/distributed/dist/main.js'

/** A `spindle-worker` as it is installed. */
class Worker extends Child {
  constructor(...args: string[]) {
    super([MAIN, ...args], { cwd: linesEnvironment().cwd })
  }
}

describe.skipIf(!hasRedis)('Nothing that a client sends to the health port', LONG, () => {
  it('ends the worker', async () => {
    const redis = await new RedisServer().start()
    const port = await freePort()
    const worker = new Worker('--module', MODULE, '--url', redis.url, '--health', `${port}`)
    try {
      await worker.printed('ready')
      await fc.assert(
        fc.asyncProperty(fc.array(hostileBytes, { minLength: 10 }), async (all) => {
          await Promise.all(all.map((sent) => ask(port, sent)))
        }),
        fuzzOptions(30),
      )
      expect(await ask(port, request('GET', '/health'))).toMatch(/^HTTP\/1\.1 200 .*ready/s)
      const others = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
      for (const { address, internal, family } of others)
        if (!internal && family === 'IPv4')
          expect(await ask(port, request('GET', '/health'), { host: address })).toBe('')
      expect(worker.code).toBe(null)
    } finally {
      await worker.end('SIGKILL')
      await redis.remove()
    }
  })
})

describe.skipIf(!hasRedis)('The password of a Redis server is never printed', LONG, () => {
  const redis = new RedisServer()
  const SECRET = 'hidden/@pass'
  beforeAll(() => redis.start('--requirepass', SECRET))
  afterAll(() => redis.remove())

  it('whatever the address looks like, and whether it is right', async () => {
    const encoded = encodeURIComponent(SECRET)
    const at = `127.0.0.1:${redis.port}`
    const wrong = encodeURIComponent('hidden-wrong')
    const urls = [
      `redis://:${encoded}@${at}`,
      `redis://${at}?password=${encoded}`,
      `redis://:${SECRET}@${at}`,
      `redis://:${wrong}@${at}`,
      `redis://hidden:${wrong}@${at}`,
      `redis://${at}/?password=${wrong}`,
      `redis://:${encoded}@127.0.0.1:1`,
      `redis:user:${encoded}@${at}`,
      `redis:user:${encoded}`,
      `redis:user:${encoded}//${at}`,
    ]
    for (const url of urls) {
      const worker = new Worker('--module', MODULE, '--url', url, '--connect-timeout', '300')
      await worker.printed('ready').catch(() => {}) // or it ends
      await worker.end('SIGKILL')
      expect(worker.output).not.toMatch(/hidden|@pass|%40pass/)
      expect(worker.output).not.toBe('')
      const said = await failureOf(() => new DistributedExecutor({ url, queue: 'q', connectTimeout: 300 } as object))
      expect(said).not.toMatch(/hidden|@pass|%40pass/)
    }
  })
})

/** What an executor says that is made by `make`: when it is made, or of its first call. */
async function failureOf(make: () => DistributedExecutor): Promise<string> {
  try {
    const executor = make()
    const call = executor.submit(work.square, 2)
    const said = await Promise.race([call.then(String, String), new Promise((resolve) => setTimeout(resolve, 500))])
    executor.terminate()
    return `${said}${executor}`
  } catch (error) {
    return `${error}${(error as Error).stack}`
  }
}

describe.skipIf(!hasRedis)('A worker runs only functions that its modules themselves define', LONG, () => {
  it('and reads plain values, and prints what it is sent without control characters', async () => {
    await withWorker(async (add, worker) => {
      const names = 'execSync max fn Class default constructor __proto__ own.call own.constructor'.split(' ')
      const name = fc.oneof(
        fc.constantFrom(...names.map((each) => `jobs.${each}`), 'own', '../jobs.own', 'node:child_process.execSync'),
        fc
          .array(fc.oneof(fc.constantFrom(...HOSTILE, 'jobs.own'), fc.string()), { minLength: 1 })
          .map((all) => all.join('')),
      )
      await fc.assert(
        fc.asyncProperty(
          name.filter((text) => text !== 'jobs.own' && text !== ''),
          async (text) => {
            expect((await add(text, { args: '[[1],"id"]' })).state).toBe('failed')
          },
        ),
        few(40),
      )
      expect((await add('jobs.own', { args: '[[]]' })).state).toBe('completed')
      expect(worker.output.replaceAll('\n', '')).not.toMatch(CONTROL)
    })
  })

  it('and under the permission model only those that fromModule names', async () => {
    const { cwd } = linesEnvironment()
    const module = join(cwd, `named-${process.pid}.mjs`)
    const redis = await new RedisServer().start()
    writeFileSync(
      module,
      `import { fromModule } from 'spindle/thread'
      export const named = fromModule(import.meta, () => 1)
      export const unnamed = () => 2`,
    )
    const worker = new Child([...PERMISSION, '--allow-worker', MAIN, '--module', module, '--url', redis.url], { cwd })
    await worker.printed('ready')
    expect(worker.output).toMatch(/ready for named-\d+\.named$/m)
    await worker.end('SIGKILL')
    await redis.remove()
    rmSync(module)
  })
})

describe.skipIf(!hasRedis)('Args and results are read by devalue', LONG, () => {
  it('and are plain values, or fail', async () => {
    await withWorker(async (add, worker) => {
      const words = 'Date Map Set null Object RegExp BigInt URL Function Buffer Symbol __proto__'.split(' ')
      const word = fc.constantFrom(...words)
      const part = fc.oneof(
        fc.nat(9),
        word,
        fc.tuple(word, fc.nat(9), fc.nat(9)),
        fc.dictionary(fc.oneof(word, fc.string()), fc.nat(9)),
        fc.jsonValue(),
      )
      const args = fc.oneof(
        fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => JSON.stringify([[1], ...parts])),
        fc
          .anything()
          .filter(isCloneable)
          .map((value) => `v8:${serialize([value]).toString('base64')}`),
        fc.string(),
      )
      await fc.assert(
        fc.asyncProperty(args, async (text) => {
          const { state, reason } = await add('jobs.kind', { args: text })
          if (text.startsWith('v8:')) expect(state).toBe('failed')
          expect(reason).not.toContain('SOMETHING ELSE')
        }),
        few(60),
      )
      expect((await add('jobs.kind', { args: '[[1],{"a":2},3]' })).state).toBe('completed')
      expect(worker.code).toBe(null)
    })
  })
})

describe.skipIf(!hasRedis)('With a secret on both sides', LONG, () => {
  it('a worker runs a call as it was signed, and no other', async () => {
    await withWorker(
      async (add) => {
        const data = { ...VALID, args: '[[]]' }
        const sign = (id: string, attempts: number): string =>
          createHmac('sha256', 'open sesame')
            .update(JSON.stringify(['bull:spindle:', 'call', id, 'jobs.own', data, [attempts, null, null, null, null]]))
            .digest('base64url')
        const signature = sign('signed', 1)
        const right = { jobId: 'signed', attempts: 1 }
        expect((await add('jobs.own', { ...data, signature }, right)).state).toBe('completed')
        const change = fc.oneof(
          fc.record({ signature: fc.oneof(fc.string(), fc.base64String(), fc.constantFrom(undefined, null, 0, {})) }),
          fc.record({ args: fc.string() }),
          fc.record({ timeout: fc.nat() }),
          fc.record({ parents: fc.array(fc.string()) }),
          fc.record({ expiresAt: fc.nat() }),
          fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        )
        let n = 0
        await fc.assert(
          fc.asyncProperty(change, fc.constantFrom('jobs.own', 'jobs.kind'), async (changes, name) => {
            const id = `changed-${n++}`
            const whole = { ...data, signature: sign(id, 1) }
            const changed = JSON.parse(JSON.stringify({ ...whole, ...changes })) as object
            if (name === 'jobs.own' && isDeepStrictEqual(changed, whole)) return
            expect((await add(name, changed, { jobId: id, attempts: 1 })).reason).toContain('is not signed with')
          }),
          few(40),
        )
        // A call that was signed, under another id or key, and with other options.
        for (const moved of [{ jobId: 'moved' }, { jobId: 'jobs.own/key' }])
          expect((await add('jobs.own', { ...data, signature }, { ...right, ...moved })).reason).toContain('not signed')
        for (const other of [{ attempts: 2 }, { delay: 1 }, { timestamp: 1 }, { backoff: 1 }]) {
          const jobId = `changed-${n++}`
          const whole = { ...data, signature: sign(jobId, 1) }
          expect((await add('jobs.own', whole, { ...right, jobId, ...other })).reason).toContain('not signed')
        }
      },
      { secret: 'open sesame' },
    )
  })
})

/** What every job has, beside its args. */
const VALID = { version: PROTOCOL_VERSION, payloadLimit: 1_000_000 }

interface Outcome {
  readonly state: string
  readonly reason: string
}

/** Runs a worker of jobs.mjs, to whose queue jobs are added as anybody could who can write to Redis. */
async function withWorker(
  block: (
    add: (name: string, data: object, options?: JobsOptions) => Promise<Outcome>,
    worker: Worker,
  ) => Promise<void>,
  options: object = {},
): Promise<void> {
  const redis = await new RedisServer().start()
  const queue = new Queue('spindle', { connection: { url: redis.url } })
  const config = join(redis.folder, 'config.mjs')
  writeFileSync(config, `export default ${JSON.stringify(options)}`)
  const worker = new Worker('--module', MODULE, '--url', redis.url, '--config', config)
  try {
    await worker.printed('ready')
    await block(async (name, data, jobOptions = {}) => {
      const { id = '' } = await queue.add(name, { ...VALID, ...data }, jobOptions)
      for (;;) {
        const state = await queue.getJobState(id)
        if (state === 'completed' || state === 'failed') {
          const reason = `${(await queue.getJob(id))?.failedReason}`
          expect(reason).not.toContain('another version') // otherwise the test would pass for the wrong reason
          return { state, reason }
        }
        if (worker.code !== null) throw new Error(`the worker has ended: ${worker.output}`)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    }, worker)
  } finally {
    await worker.end('SIGKILL')
    await queue.close()
    await redis.remove()
  }
}

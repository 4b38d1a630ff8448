// An attacker who can write to Redis, but does not know the secret: what remains is to remove, to delay and to repeat,
// as docs/explanation/security.md says.

import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { CancelledError } from 'spindle'
import type { DistributedExecutor } from 'spindle/distributed'
import type { concurrent } from 'spindle/thread'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extent, seed } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { CuttableNetwork, hasRedis, JOBS, RedisServer, until } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

const SECRET = 'open sesame'
const MUTATIONS = extent === 'full' ? 10_200 : 600
const AT_ONCE = extent === 'full' ? 850 : 100

describe.skipIf(!hasRedis || extent === 'short')(
  'who can write to Redis, without the secret',
  {
    timeout: 1_800_000,
  },
  () => {
    const redis = new RedisServer()
    const stage = new Stage(redis)
    let direct: Redis
    beforeAll(() => {
      direct = new Redis(redis.url, { maxRetriesPerRequest: null })
    })
    afterAll(() => direct.disconnect())

    const newProgram = (queue: string): DistributedExecutor => stage.newExecutor({ queue, secret: SECRET })
    const newWorker = (queue: string, ...args: string[]) =>
      stage.newWorker(['--queue', queue, '--concurrency', '20', ...args], [JOBS], { SPINDLE_SECRET: SECRET })
    const outcome = async (future: concurrent.Future<unknown>): Promise<unknown> =>
      await future.then(
        (value) => value,
        (error) => error,
      )
    const SCORE = 4_503_603_922_337_793
    /** Adds a job that is there to those that workers take. */
    const enqueue = async (queue: string, id: string, to = direct): Promise<unknown> => {
      await to.zadd(`bull:${queue}:prioritized`, SCORE, id)
      return await to.zadd(`bull:${queue}:marker`, 0, '0')
    }
    const idsOf = async (queue: string, count: number, state = 'prioritized'): Promise<string[]> => {
      await until(async () => (await direct.zcard(`bull:${queue}:${state}`)) >= count, 'the calls to wait')
      return await direct.zrange(`bull:${queue}:${state}`, '0', '-1')
    }

    it('removes calls, and removes or changes replies: they fail, and are not cancelled', async () => {
      const network = await new CuttableNetwork(redis).start()
      const program = stage.newExecutor({ queue: 'removed', secret: SECRET, url: network.url })
      const log = stage.newLog()
      const waits = newProgram('nobody').submit(jobs.note, log.path, 'waits')
      const [id = ''] = await idsOf('nobody', 1)
      await direct.del(`bull:nobody:${id}`)
      await newWorker('removed')
      const futures = ['removed', 'changed'].map((name) => program.submit(jobs.spinUntilTold, log.path, name))
      for (const name of ['removed', 'changed']) await log.has(`${name} begun`)
      network.cut()
      for (const name of ['removed', 'changed']) log.add(`${name} may end`)
      const [running = ''] = await direct.lrange('bull:removed:active', 0, -1)
      const stream = `bull:removed:spindle:reply:${running.replace(/-\d+$/, '')}`
      await until(async () => (await direct.xlen(stream)) === 2, 'the replies')
      const replies = (await direct.xrange(stream, '-', '+')).map(([, fields]) => fields)
      await direct.del(stream)
      const [removed, changed] = ['removed', 'changed'].map((name) =>
        replies.find(({ 5: text }) => text?.includes(name)),
      )
      await direct.xadd(stream, '*', ...['id', changed?.[1], ...(removed?.slice(2) ?? [])].map(String))
      network.mend()
      const ends = await Promise.all([waits, ...futures].map(outcome))
      expect(ends.map(String)).toEqual([
        expect.stringMatching(/^ResultLostError: .*Redis does not know it any more/),
        expect.stringMatching(/^ResultLostError: .*Redis does not know it any more/),
        expect.stringMatching(/^BrokenExecutor: .*not signed with the secret/),
      ])
      await stage.end()
      await network.stop()
    })

    it('reads calls, holds them back, and reorders them: none begins early, or when it has expired', async () => {
      const [queue, log] = ['delayed', stage.newLog()]
      const program = newProgram(queue)
      const expired = program.with({ expires: 3000 }).submit(jobs.note, log.path, 'expired')
      const [held = ''] = await idsOf(queue, 1)
      await direct.zrem(`bull:${queue}:prioritized`, held)
      const others = ['first', 'second'].map((name) => program.submit(jobs.note, log.path, name))
      const [first = '', second = ''] = await idsOf(queue, 2)
      expect(await direct.hget(`bull:${queue}:${first}`, 'data')).toContain('first')
      await direct.zadd(`bull:${queue}:prioritized`, 2, second)
      await new Promise((resolve) => setTimeout(resolve, 3000))
      await direct.zadd(`bull:${queue}:prioritized`, 1, held)
      await newWorker(queue, '--concurrency', '1')
      expect(String(await outcome(expired))).toContain('TimeoutError')
      await Promise.all(others)
      expect(log.lines).toEqual(['second', 'first'])
      const begin = performance.now()
      const early = program.with({ delay: 4000 }).submit(jobs.note, log.path, 'early')
      const [delayed = ''] = await idsOf(queue, 1, 'delayed')
      await direct.zrem(`bull:${queue}:delayed`, delayed)
      await enqueue(queue, delayed)
      await early
      expect(performance.now() - begin).toBeGreaterThan(3800)
    })

    it('repeats calls, results of a key, and cancellations of a key, also on another server', async () => {
      const [queue, log, other] = ['repeated', stage.newLog(), await new RedisServer().start()]
      const program = newProgram(queue)
      const once = program.submit(jobs.note, log.path, 'once')
      const [id = ''] = await idsOf(queue, 1)
      const job = await direct.dumpBuffer(`bull:${queue}:${id}`)
      const elsewhere = new Redis(other.url)
      await newWorker(queue)
      await once
      await direct.restore(`bull:${queue}:${id}`, 0, job, 'REPLACE')
      await enqueue(queue, id)
      await log.has('once', 2)
      await newWorker(queue, '--url', other.url)
      await elsewhere.restore(`bull:${queue}:${id}`, 0, job)
      await enqueue(queue, id, elsewhere)
      await log.has('once', 3)

      const keyed = program.with({ key: 'k' })
      const result = `bull:${queue}:spindle:result:jobs.fixture.echo/k`
      expect(await keyed.submit(jobs.echo, 'earlier')).toBe('earlier')
      const kept = await direct.hgetall(result)
      await direct.del(result) // as if it had expired
      expect(await keyed.submit(jobs.echo, 'later')).toBe('later')
      await direct.hset(result, kept)
      expect(await keyed.submit(jobs.echo, 'now')).toBe('earlier')

      const channel = `bull:${queue}:spindle:cancel@0`
      const spy = direct.duplicate()
      await spy.subscribe(channel)
      const proof = new Promise<string>((resolve) => spy.once('message', (_, text: string) => resolve(text)))
      const run = (name: string) => keyed.submit(jobs.spin, log.path, name)
      const real = run('real')
      await log.has('real begun')
      real.cancel()
      expect(await outcome(real)).toBeInstanceOf(CancelledError)
      const victim = run('victim')
      await log.has('victim begun')
      await direct.publish(channel, await proof)
      expect(await outcome(victim)).toBeInstanceOf(CancelledError)
      spy.disconnect()
      elsewhere.disconnect()
      await stage.end()
      await other.remove()
    })

    it('changes and transplants calls, replies and cancellations: no call has a foreign result, or a foreign end', async () => {
      const [queue, other] = ['attacked', 'attacked-too']
      const [worker, second] = [await newWorker(queue), await newWorker(other)]
      const program = newProgram(queue)
      await program.ready()
      const pausing = new Queue(queue, { connection: { url: redis.url } })
      const random = randomFrom(seed)
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

      // What it has seen so far: replies, and cancellations that were real.
      const replies: Record<'id' | 'kind' | 'text', string>[] = []
      const proofs: [id: string, proof: string][] = []
      const spy = direct.duplicate()
      await spy.subscribe(`bull:${queue}:spindle:cancel@0`)
      spy.on('message', (_, text: string) => proofs.push(...(JSON.parse(text) as typeof proofs)))
      const log = stage.newLog()
      for (let n = 0; n < 5; n++) {
        const real = program.submit(jobs.spin, log.path, `real ${n}`)
        await log.has(`real ${n} begun`)
        real.cancel()
        expect(await outcome(real)).toBeInstanceOf(CancelledError)
      }
      await until(() => proofs.length >= 5, 'the proofs')

      const attacks: Record<string, (id: string, ids: readonly string[]) => Promise<unknown>> = {
        swaps: async (id, ids) => {
          const [mine, theirs] = [`bull:${queue}:${id}`, `bull:${queue}:${pick(ids)}`]
          const [a, b] = await Promise.all([direct.hget(mine, 'data'), direct.hget(theirs, 'data')])
          return await Promise.all([direct.hset(mine, 'data', b ?? ''), direct.hset(theirs, 'data', a ?? '')])
        },
        'changes args': (id) => change(id, 'data', { args: `[[1,2],${Math.floor(random() * 1000)},0]` }),
        'changes a field': (id) =>
          change(
            id,
            'data',
            pick([{ timeout: 1 }, { parents: [pick(proofs)[0]] }, { expiresAt: 1 }, { isMany: true }]),
          ),
        'changes options': (id) => change(id, 'opts', pick([{ attempts: 5 }, { delay: 1 }, { timestamp: 1 }])),
        'changes the function': (id) =>
          direct.hset(`bull:${queue}:${id}`, 'name', pick(['jobs.fixture.echo', 'jobs.fixture.square'])),
        'copies to another id': async (id, ids) => {
          const to = pick([pick(ids), `jobs.fixture.squareSlowly/${pick(ids)}`])
          await direct.copy(`bull:${queue}:${id}`, `bull:${queue}:${to}`, 'REPLACE')
          return await direct.zadd(`bull:${queue}:prioritized`, SCORE, to)
        },
        'copies to another queue': async (id) => {
          await direct.copy(`bull:${queue}:${id}`, `bull:${other}:${id}`)
          return await enqueue(other, id)
        },
        cancels: async (id) => {
          const [, proof] = pick([...proofs, ['', ''], ['', 'hmac:forged']])
          await direct.set(`bull:${queue}:spindle:cancelled:${id}`, proof)
          await direct.hset(`bull:${queue}:${id}`, 'spindle:cancelled', proof)
          return await direct.publish(`bull:${queue}:spindle:cancel@0`, JSON.stringify([[id, proof]]))
        },
        replies: async (id) => {
          const made = { id, kind: pick(['result', 'cancelled', 'error', 'lost', 'progress']), text: '[1]' }
          const reply = pick([...replies, made])
          const changed = pick([{ ...reply, id }, { ...reply, kind: made.kind, id }, made])
          const stream = `bull:${queue}:spindle:reply:${id.slice(0, id.lastIndexOf('-'))}`
          return await direct.xadd(stream, '*', ...Object.entries(changed).flat())
        },
      }
      const change = async (id: string, field: string, changes: object): Promise<unknown> => {
        const text = (await direct.hget(`bull:${queue}:${id}`, field)) ?? '{}'
        return await direct.hset(`bull:${queue}:${id}`, field, JSON.stringify({ ...JSON.parse(text), ...changes }))
      }

      const wrong: unknown[] = []
      const ends = { right: 0, refused: 0 }
      for (let done = 0, round = 0; done < MUTATIONS; done += AT_ONCE, round++) {
        await pausing.pause()
        const futures = Array.from({ length: AT_ONCE }, (_, n) => {
          const value = round * AT_ONCE + n
          const view = n % 5 === 0 ? program.with({ key: `k${value}` }) : program
          return { value, future: view.submit(jobs.squareSlowly, value, 0) }
        })
        const ids = await idsOf(queue, AT_ONCE)
        for (const id of ids) await attacks[pick(Object.keys(attacks))]?.(id, ids)
        const stream = `bull:${queue}:spindle:reply:${ids.find((id) => !id.includes('/'))?.replace(/-\d+$/, '')}`
        await pausing.resume()
        for (const { value, future } of futures) {
          const end = await outcome(future)
          if (end instanceof CancelledError || (typeof end !== 'number' && !(end instanceof Error)))
            wrong.push({ value, end: `${end}` })
          else if (typeof end === 'number' && end !== value * value) wrong.push({ value, end })
          else ends[typeof end === 'number' ? 'right' : 'refused']++
        }
        for (const [, fields] of await direct.xrevrange(stream, '+', '-', 'COUNT', 20)) {
          const [, id = '', , kind = '', , text = ''] = fields
          replies.push({ id, kind, text })
        }
        replies.splice(0, Math.max(0, replies.length - 200))
        // What it has added is removed, or it would come into the next round.
        await direct.del(`bull:${queue}:prioritized`)
      }
      expect(wrong).toEqual([])
      expect(ends.right).toBeGreaterThan(0)
      expect(ends.refused).toBeGreaterThan(0)
      expect(second.output).not.toContain('"begun"') // what was signed for the other queue
      expect(worker.isAlive && second.isAlive).toBe(true)
      console.log(`${MUTATIONS} mutations:`, ends)
      spy.disconnect()
      await pausing.close()
    })
  },
)

/** Numbers from 0 to 1, the same for each seed: mulberry32. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

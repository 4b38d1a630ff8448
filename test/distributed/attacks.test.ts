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
import { hasRedis, JOBS, RedisServer, until } from './redis-server.fixture.ts'
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
    /** The ids of the jobs that wait. */
    const waiting = (queue: string): Promise<string[]> => direct.zrange(`bull:${queue}:prioritized`, '0', '-1')

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
          return await direct.zadd(`bull:${queue}:prioritized`, 4_503_603_922_337_793, to)
        },
        'copies to another queue': async (id) => {
          await direct.copy(`bull:${queue}:${id}`, `bull:${other}:${id}`)
          await direct.zadd(`bull:${other}:prioritized`, 4_503_603_922_337_793, id)
          return await direct.zadd(`bull:${other}:marker`, 0, '0')
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
        await until(async () => (await waiting(queue)).length >= AT_ONCE, 'all to wait')
        const ids = await waiting(queue)
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

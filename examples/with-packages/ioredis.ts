// Waits for a job in a list of Redis, and does it. Look at: call(), where a stop closes the connection, as nothing else
// ends a command that blocks; and the lists of the worker, from which a stop puts its job back, so that none is lost.
// Recipe for ioredis: to close the connection, the only way to end a command that blocks
// Write: `CLIENT KILL` in the release, after which the server takes no more of its commands
// Run: npx tsx examples/with-packages/ioredis.ts     with --stops 1000, for example; apt-get install redis-server
// Prints: a job, and what stops at random moments leave     Next: playwright.ts
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { type Coroutine, call, exitStack, sleep } from 'spindle'
import { runMain } from 'spindle/node'
import { startRedis } from '../support/redis.ts'
import { stopped } from '../support/stopped.ts'

const { path, end } = await startRedis()
const admin = new Redis({ path })

async function connect(): Promise<{ redis: Redis; id: number }> {
  const redis = new Redis({ path, retryStrategy: null })
  redis.on('error', () => {})
  return { redis, id: await redis.client('ID') }
}

function* work(): Coroutine<string> {
  return yield* exitStack(function* (stack) {
    const mine = `doing:${randomUUID()}`
    stack.defer(({ status }) => (status === 'returned' ? admin.del(mine) : admin.lmove(mine, 'jobs', 'LEFT', 'LEFT')))
    const { redis } = yield* stack.enter(connect, ({ redis, id }) => {
      redis.disconnect()
      return admin.client('KILL', 'ID', id) // the server takes no more commands of it when this has returned
    })
    yield* call(async (signal) => {
      signal.addEventListener('abort', () => redis.disconnect(), { once: true })
      return await redis.blmove('jobs', mine, 'LEFT', 'RIGHT', 0)
    })
    yield* sleep(5) // doing it
    return 'a job is done'
  })
}

/** In plain TypeScript. */
async function workPlain(signal: AbortSignal): Promise<string> {
  const mine = `doing:${randomUUID()}`
  const { redis } = await connect()
  const stop = (): void => redis.disconnect()
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await redis.blmove('jobs', mine, 'LEFT', 'RIGHT', 0)
    await new Promise((resolve) => setTimeout(resolve, 5))
    signal.throwIfAborted()
    await admin.del(mine)
    return 'a job is done'
  } catch (error) {
    await admin.lmove(mine, 'jobs', 'LEFT', 'LEFT')
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    redis.disconnect()
  }
}

/** Connections that the server has, and jobs that are being done. */
async function held(): Promise<number> {
  const clients = String(await admin.client('LIST'))
  return clients.trim().split('\n').length + (await admin.keys('doing:*')).length
}

const jobs = setInterval(async () => {
  if ((await admin.llen('jobs')) === 0) await admin.rpush('jobs', 'a job')
}, 5)
const tidy = async (): Promise<void> => {
  for (const key of await admin.keys('doing:*')) await admin.del(key)
}
await runMain(stopped({ spindle: work, plain: workPlain, held, tidy }))
clearInterval(jobs)
admin.disconnect()
await end()

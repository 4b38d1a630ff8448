// A worker of BullMQ, stopped while it does a job. Look at: asyncFunction(), whose coroutine is cancelled by the signal
// of its job; and the release, after which the job is in the queue again, and the connections are closed.
// Recipe for bullmq: a worker that cancels its job and closes
// Write: `asyncFunction('host', function* (job, token, signal) { … })`; `cancelAllJobs()` and `close()` in a release
// Run: npx tsx examples/with-packages/bullmq.ts     with --stops 1000, for example; apt-get install redis-server
// Prints: a job, and what stops at random moments leave     Next: playwright.ts
import { once as emitted } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { type Job, type Processor, Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { type Coroutine, once, resource, sleep } from 'spindle'
import { asyncFunction, runMain } from 'spindle/node'
import { startRedis } from '../support/redis.ts'
import { stopped } from '../support/stopped.ts'

const { path, end } = await startRedis()
const admin = new Redis({ path, maxRetriesPerRequest: null })
const options = { connection: { path, maxRetriesPerRequest: null } }
const queue = new Queue('jobs', { connection: admin, defaultJobOptions: { attempts: 1e6, removeOnComplete: true } })
await queue.addBulk(Array.from({ length: 5000 }, (_, n) => ({ name: 'job', data: n })))

const job = asyncFunction('host', function* (_job: Job, _token?: string, _signal?: AbortSignal) {
  yield* sleep(20)
  return 'a job is done'
})

async function start(processor: Processor): Promise<Worker> {
  const worker = new Worker('jobs', processor, options).on('error', () => {})
  return worker.waitUntilReady().then(() => worker)
}

function* work(): Coroutine<string> {
  return yield* resource(
    () => start(job),
    (worker) => {
      worker.cancelAllJobs('stopped')
      return worker.close()
    },
    function* (worker) {
      const [, result] = yield* once<[Job, string]>(worker, 'completed')
      return result
    },
  )
}

/** In plain TypeScript. */
async function workPlain(signal: AbortSignal): Promise<string> {
  const worker = await start(async (_job, _token, signal) => {
    await pause(20, undefined, { signal })
    return 'a job is done'
  })
  try {
    const [, result] = await emitted(worker, 'completed', { signal })
    return result
  } finally {
    worker.cancelAllJobs('stopped')
    await worker.close()
  }
}

/** Jobs that are being done or are lost, and connections that the server has. */
async function held(): Promise<number> {
  const clients = String(await admin.client('LIST'))
  return clients.trim().split('\n').length + (await queue.getJobCountByTypes('active', 'failed'))
}

await runMain(stopped({ spindle: work, plain: workPlain, held }))
await queue.close()
admin.disconnect()
await end()

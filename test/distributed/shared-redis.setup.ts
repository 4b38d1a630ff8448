// One Redis server and one worker for all tests of a run that need no others. They start when the first test asks for
// them. For Vitest's `globalSetup`.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { changeSettings, settings } from '../tooling/settings.mjs'
import type { SharedRedis } from './redis-server.fixture.ts'

export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (settings().redis !== undefined) return undefined // Vitest calls it for each project
  let started: ReturnType<typeof start> | undefined
  const server = createServer(async (_, response) => {
    started ??= start()
    const { redis, worker } = await started
    const shared: SharedRedis = { url: redis.url, folder: redis.folder, output: worker.output }
    response.end(JSON.stringify(shared))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const { port } = server.address() as { port: number }
  changeSettings({ redis: `http://127.0.0.1:${port}` })
  return async () => {
    server.close()
    const { redis, worker } = (await started) ?? {}
    await worker?.end()
    await redis?.remove()
  }
}

async function start() {
  const { JOBS, RedisServer, WorkerProcess } = await import('./redis-server.fixture.ts')
  const redis = await new RedisServer().start()
  // A second thread, as a function may submit another and wait for it.
  const options = ['--name', 'common', '--threads', '2', '--concurrency', '50']
  const worker = new WorkerProcess(redis.url, options, [JOBS])
  return { redis, worker: await worker.ready() }
}

// A Redis server of one's own, which ends with the program.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startServer } from './own_server.ts'

export interface OwnRedis {
  /** Its Unix socket. */
  readonly path: string
  readonly end: () => Promise<void>
}

/** Starts a server on a Unix socket, and on a port of this machine if it gets one. */
export async function startRedis(port = 0): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'spindle-redis-'))
  const path = join(folder, 'redis.sock')
  const tcp = ['--port', `${port}`, '--bind', '127.0.0.1']
  const { end } = startServer(['redis-server', ...tcp, '--unixsocket', path, '--save', '', '--dir', folder], folder)
  const client = new Redis({ path, retryStrategy: (times) => (times < 200 ? 25 : null), maxRetriesPerRequest: null })
  client.on('error', () => {}) // it is starting
  await client.ping()
  client.disconnect()
  return { path, end }
}

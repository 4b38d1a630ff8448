// A Redis server of one's own, which ends with the program.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

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
  const server = spawn('redis-server', [...tcp, '--unixsocket', path, '--save', '', '--dir', folder], {
    stdio: 'ignore',
  })
  server.once('error', () => {}) // it is missing: the client below says so
  process.once('exit', () => server.kill('SIGKILL'))
  const client = new Redis({ path, retryStrategy: (times) => (times < 200 ? 25 : null), maxRetriesPerRequest: null })
  client.on('error', () => {}) // it is starting
  await client.ping()
  client.disconnect()
  return {
    path,
    async end() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

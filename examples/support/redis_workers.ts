// A Redis server and workers, for `npx tsx examples/compare.ts`.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type OwnRedis, startRedis } from './redis.ts'

export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0

const WORKER = fileURLToPath(new URL('../../packages/distributed/src/main.ts', import.meta.url))

export class RedisWorkers implements AsyncDisposable {
  readonly #workers: ChildProcess[] = []
  readonly #program: readonly string[]
  #redis: OwnRedis | undefined
  url = ''

  /** @param program how Node runs `spindle-worker` */
  constructor(program: readonly string[] = ['--import', 'tsx', WORKER]) {
    this.#program = program
  }

  /** Starts a number of workers of a module, with options of `spindle-worker`. */
  async start(module: string, workers: number, ...options: string[]): Promise<this> {
    const port = await freePort()
    this.#redis = await startRedis(port)
    this.url = `redis://127.0.0.1:${port}`
    const command = [...this.#program, '--url', this.url, '--module', module, ...options]
    for (let n = 0; n < workers; n++)
      this.#workers.push(spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] }))
    await Promise.all(this.#workers.map(isReady))
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) {
      const exited = worker.exitCode === null ? once(worker, 'exit') : undefined
      worker.kill('SIGKILL')
      await exited
    }
    await this.#redis?.end()
  }
}

/** A worker says when it is ready. */
async function isReady(worker: ChildProcess): Promise<void> {
  let output = ''
  for await (const text of worker.stderr ?? []) {
    output += text
    if (!output.includes('ready for')) continue
    worker.stderr?.resume()
    return
  }
  throw new Error(`a worker did not start:\n${output}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

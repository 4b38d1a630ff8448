// A Redis server and workers, for `npx tsx examples/compare.ts` and `pnpm bench distributed`.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0

const WORKER = fileURLToPath(new URL('../../packages/distributed/src/main.ts', import.meta.url))

export class RedisWorkers implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spindle-redis-'))
  readonly #children: ChildProcess[] = []
  url = ''

  /** Starts a number of workers of a module, with options of `spindle-worker`. */
  async start(module: string, workers: number, ...options: string[]): Promise<this> {
    const port = await freePort()
    this.url = `redis://127.0.0.1:${port}`
    this.#spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''])
    const command = ['--import', 'tsx', WORKER, '--url', this.url, '--module', module, ...options]
    await Promise.all(Array.from({ length: workers }, () => isReady(this.#spawn(process.execPath, command))))
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined
      child.kill('SIGKILL')
      await exited
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #spawn(command: string, args: readonly string[]): ChildProcess {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#children.push(child)
    return child
  }
}

/** A worker looks for Redis for ten seconds, and says when it is ready. */
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

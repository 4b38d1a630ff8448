// What the tests of a file make on a Redis server. It ends after each test, the server after the last.

import { randomUUID } from 'node:crypto'
import { DistributedExecutor, type DistributedExecutorOptions } from 'spindle/distributed'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { JOBS, Log, type RedisServer, sharedRedis, WorkerProcess } from './redis-server.fixture.ts'

export class Stage {
  url = ''
  folder = ''
  readonly #executors: DistributedExecutor[] = []
  readonly #workers = new Set<WorkerProcess>()

  /** @param server its own, or the one that all files share */
  constructor(server?: RedisServer, ...options: string[]) {
    beforeAll(async () => {
      const { url, folder } = server === undefined ? await sharedRedis() : await server.start(...options)
      this.url = url
      this.folder = folder
    })
    afterEach(() => this.end())
    afterAll(() => server?.remove())
  }

  newExecutor(options: DistributedExecutorOptions = {}): DistributedExecutor {
    const executor = new DistributedExecutor({ url: this.url, ...options })
    this.#executors.push(executor)
    return executor
  }

  /** A worker that is ready. */
  async newWorker(args: readonly string[] = [], modules = [JOBS], env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
    const worker = new WorkerProcess(this.url, args, modules, env) // the last --url counts
    this.#workers.add(worker)
    return await worker.ready()
  }

  newLog(): Log {
    return new Log(this.folder, `log-${randomUUID()}`) // files that share a server share its folder
  }

  /** Ends the executors, and the workers. */
  async end(): Promise<void> {
    for (const executor of this.#executors) executor.terminate()
    for (const executor of this.#executors.splice(0)) await executor.ended()
    await Promise.all([...this.#workers].map((worker) => worker.end()))
    this.#workers.clear()
  }
}

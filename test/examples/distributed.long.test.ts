// The examples for workers, each with a worker of the module that it names.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, RedisServer, WorkerProcess } from '../distributed/redis-server.fixture.ts'
import { longForm } from '../tooling/long-form.ts'
import { root, runOnBuiltPackages } from '../tooling/run-example.ts'
import { FlagFolder } from './flag-folder.ts'

describe.skipIf(!hasRedis || !longForm)('the examples for workers', { timeout: 120_000 }, () => {
  const redis = new RedisServer()
  const workers: WorkerProcess[] = []
  beforeAll(() => redis.start())
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.end()))
  })
  afterAll(() => redis.remove())

  const startWorker = async (module: string): Promise<WorkerProcess> => {
    const worker = new WorkerProcess(redis.url, [], [`${root}${module}`])
    workers.push(worker)
    return await worker.ready()
  }
  const run = async (program: string, ...args: string[]): Promise<string> => {
    const env = { SPINDLE_REDIS_URL: redis.url }
    const { stdout, stderr, code } = await runOnBuiltPackages(program, { args, env })
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    return stdout
  }

  it('examples/flags/flags_distributed.ts has workers download all flags', async () => {
    using folder = new FlagFolder()
    await Promise.all([startWorker('examples/flags/flags.ts'), startWorker('examples/flags/flags.ts')])
    const stdout = await run('examples/flags/flags_distributed.ts', '--delay', '10', '--into', folder.path)
    expect(stdout).toMatch(/^\n20 flags downloaded in \d+\.\d\ds\n$/)
    expect(folder.flags).toHaveLength(20)
    const shares = workers.map(({ output }) => output.match(/"event":"done"/g)?.length ?? 0)
    expect(shares.reduce((sum, share) => sum + share)).toBe(20)
  })

  it('examples/cpu_bound/cpu_distributed.ts has threads of a worker compute', async () => {
    const worker = await startWorker('examples/cpu_bound/cpu_distributed.ts')
    const stdout = await run('examples/cpu_bound/cpu_distributed.ts', '4', '4')
    expect(stdout).toMatch(/^\[\n(?: {2}1023490369077469249536n,?\n){4}\]\n\d+(?:\.\d+)?\n$/)
    expect(worker.output.match(/\d+ process \| [1-9]\d* thread, 4/g)).toHaveLength(4)
  })

  it('examples/distributed/progress.ts prints how far the worker is', async () => {
    await startWorker('examples/distributed/progress.ts')
    const steps = [25, 50, 75, 100].map((share) => `convert ${share} %\n`).join('')
    expect(await run('examples/distributed/progress.ts')).toBe(`${steps}converted at attempt 1\n`)
  })

  it('examples/distributed/cancel_everywhere.ts cancels the spinners where they run', async () => {
    const [first, second] = await Promise.all([
      startWorker('examples/distributed/cancel_everywhere.ts'),
      startWorker('examples/distributed/cancel_everywhere.ts'),
    ])
    const stdout = await run('examples/distributed/cancel_everywhere.ts')
    expect(stdout).toBe('it failed: the engine stalled\n3 spinners were cancelled\n')
    const output = first.output + second.output
    const seen = [1, 2, 3].map((id) => [output.includes(`spinner ${id} spins`), output.includes(`spinner ${id} stops`)])
    expect(seen.filter(([spins, stops]) => spins !== stops)).toEqual([])
    expect(output).toContain('stops')
  })
})

// Two versions on one queue, and machines whose clocks differ: a rolling update loses no call.

import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Queue } from 'bullmq'
import { describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import { LOAD_TYPESCRIPT } from '../tooling/run-example.ts'
import * as jobs from './jobs.fixture.ts'
import { hasRedis, JOBS, RedisServer, until, type WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

const PROGRAM = fileURLToPath(new URL('./program.fixture.ts', import.meta.url))

// In a test runner, the text of a function is not that which a worker has.
const { VITEST: _, ...OUTSIDE } = process.env
const WITHOUT_RUNNER = Object.fromEntries(
  Object.keys(process.env).flatMap((name) => (/^VITEST/.test(name) ? [[name, undefined]] : [])),
)

// 10,200 calls in the full form
const timeout = extent === 'full' ? 900_000 : 300_000

describe.skipIf(!hasRedis || extent === 'short')('on one queue', { timeout }, () => {
  const redis = new RedisServer()
  const stage = new Stage(redis)

  /** A module whose function has this text. */
  const moduleOf = (version: string, text: string): string => {
    mkdirSync(join(redis.folder, version), { recursive: true })
    const path = join(redis.folder, version, 'shop.mjs')
    writeFileSync(path, `${text}\n`)
    return path
  }
  const newWorker = (queue: string, module: string, ...args: string[]): Promise<WorkerProcess> =>
    stage.newWorker(['--queue', queue, ...args], [module], WITHOUT_RUNNER)
  /** The ends of the calls of a program. */
  const endsOf = async (queue: string, module: string, calls = 1): Promise<string[]> => {
    const args = [...LOAD_TYPESCRIPT, PROGRAM, redis.url, queue, pathToFileURL(module).href, `${calls}`]
    const child = spawn(process.execPath, args, { env: OUTSIDE, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const chunk of child.stdout) text += chunk
    return JSON.parse(text) as string[]
  }

  it('a function with other code is run by the worker that has it, and otherwise refused', async () => {
    const first = moduleOf('v1', 'export function* mine(a) { return `v1 ${a}` }')
    const second = moduleOf('v2', 'export function* mine(a, b) { return `v2 ${a}` }')
    const same = moduleOf(
      'v3',
      '// another comment\nexport function* mine( a ) {\n  /* here, too */ return `v1 ${a}`\n}',
    )
    const old = await newWorker('code', first, '--name', 'old')
    expect(await endsOf('code', first)).toEqual(['v1 0'])
    expect(await endsOf('code', same)).toEqual(['v1 0'])
    const [refused] = await endsOf('code', second)
    expect(refused).toMatch(
      /^FunctionNotFoundError: the shop\.mine\(\) of the worker old is not that of the program: its code is .*, and the program has .*--any-code/,
    )
    await newWorker('code', second)
    const both = await Promise.all([endsOf('code', first, 20), endsOf('code', second, 20)])
    expect(both.map((ends) => new Set(ends.map((end) => end.slice(0, 3))))).toEqual([
      new Set(['v1 ']),
      new Set(['v2 ']),
    ])
    await until(() => old.output.includes('given back to other workers: the shop.mine() of'), 'it to be said')
    expect(old.output.match(/given back to other workers/g)).toHaveLength(1)
    await newWorker('any', first, '--any-code')
    expect(await endsOf('any', second)).toEqual(['v1 0'])
  })

  it('a call in the form of another version is given back, which is said once, and others run', async () => {
    const worker = await stage.newWorker(['--queue', 'form'])
    const queue = new Queue('form', { connection: { url: redis.url } })
    const other = await Promise.all(
      [1, 2, 3].map(() => queue.add('jobs.fixture.square', { version: 99, args: '[[1],2]' })),
    )
    await until(() => worker.output.includes('its form is 99'), 'it to be said')
    expect(await stage.newExecutor({ queue: 'form' }).submit(jobs.square, 3)).toBe(9)
    const states = async (): Promise<string[]> => await Promise.all(other.map((job) => job.getState()))
    await until(async () => (await states()).every((state) => state === 'delayed'), 'all to be given back')
    expect(worker.output.match(/its form is 99/g)).toHaveLength(1)
    await queue.close()
  })

  it.each([-120_000, 120_000])(
    'the clock of a worker is %i ms ahead: `delay` and `expires` are those of Redis',
    async (ms) => {
      const queue = `clock-${ms}`
      const shift = `const now = Date.now; Date.now = () => now() + ${ms}`
      const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` }
      await stage.newWorker(['--queue', queue], [JOBS], env)
      const executor = stage.newExecutor({ queue })
      expect(await executor.submit(jobs.square, 1)).toBe(1)
      const begin = performance.now()
      expect(await executor.with({ delay: 700 }).submit(jobs.square, 2)).toBe(4)
      expect(performance.now() - begin).toBeGreaterThan(690)
      expect(await executor.with({ expires: 30_000 }).submit(jobs.square, 3)).toBe(9)
      expect(await executor.with({ attempts: 2, backoff: 20 }).submit(jobs.failUntil, 2)).toBe(2)
    },
  )

  it('workers and programs are replaced one by one under load: no call fails, and none runs twice', async () => {
    const log = stage.newLog()
    const text = (version: string): string =>
      `import { appendFileSync } from 'node:fs'
      export function* mine(n) { appendFileSync(${JSON.stringify(log.path)}, '${version} ' + n + '\\n'); return '${version} ' + n }`
    const [first, second] = [moduleOf('r1', text('r1')), moduleOf('r2', text('r2'))]
    const args = ['--grace-time', '10000']
    const old = await Promise.all([1, 2, 3].map(() => newWorker('rolling', first, ...args)))
    const calls = extent === 'full' ? 1700 : 150
    const programs: Promise<string[]>[] = []
    for (let n = 0; n < 3; n++) {
      programs.push(endsOf('rolling', first, calls))
      await newWorker('rolling', second, ...args)
      programs.push(endsOf('rolling', second, calls))
      if (n < 2) old[n]?.kill('SIGTERM') // the last one leaves when no program has its code any more
    }
    const ends = (await Promise.all(programs)).flat()
    old[2]?.kill('SIGTERM')
    expect(await Promise.all(old.map((worker) => worker.exited()))).toEqual([0, 0, 0])
    expect(ends.filter((end) => !/^r[12] \d+$/.test(end))).toEqual([])
    expect(ends).toHaveLength(6 * calls)
    expect(log.lines.sort()).toEqual(ends.sort())
  })
})

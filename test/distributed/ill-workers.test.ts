// A worker that cannot work answers quickest: it leaves the line, says why, and comes back by itself.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import { breakMath, cube, exit, query, save, work } from './ill.fixture.ts'
import { freePort, hasRedis, RedisServer, until, type WorkerProcess } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

const MODULE = fileURLToPath(new URL('./ill.fixture.ts', import.meta.url))

describe.skipIf(!hasRedis || extent === 'short')('a worker of a queue', { timeout: 300_000 }, () => {
  const redis = new RedisServer()
  const stage = new Stage(redis)
  let file = ''
  beforeAll(() => {
    file = join(redis.folder, 'away')
  })
  afterEach(() => rmSync(file, { force: true }))

  /** One that is ill while the file is there, or one that is always well. */
  const newWorker = (queue: string, isWell: boolean, ...args: string[]): Promise<WorkerProcess> =>
    stage.newWorker(['--queue', queue, ...args], [MODULE], { SPINDLE_AWAY: isWell ? '' : file })
  const health = async (port: number): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}/health`)
    return { status: response.status, text: await response.text() }
  }

  it('cannot load a module on its threads: another worker gets its calls, health is 503, and it comes back', async () => {
    const port = await freePort()
    const executor = stage.newExecutor({ queue: 'away' })
    writeFileSync(file, '')
    const ill = await newWorker('away', false, '--health', `${port}`)
    await newWorker('away', true)
    const futures = Array.from({ length: 100 }, (_, n) => executor.submit(query, n))
    expect(await Promise.all(futures)).toEqual(futures.map((_, n) => n + 1))
    // If the other was quicker for all of them, it has not noticed yet.
    while (!ill.output.includes('cannot work')) await Promise.all([1, 2, 3].map((n) => executor.submit(query, n)))
    expect(await health(port)).toEqual({ status: 503, text: expect.stringMatching(/failing.*the database is away/) })
    rmSync(file)
    const isWell = async (): Promise<boolean> => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => executor.submit(query, n)))
      return (await health(port)).status === 200
    }
    await until(isWell, 'it to be well')
    expect(ill.output).toContain('can work again')
    expect(ill.output).not.toContain('"failed"')
  })

  it('is the only one, and can never load it: the call fails in the end', async () => {
    writeFileSync(file, '')
    await newWorker('alone', false)
    const error = await stage.newExecutor({ queue: 'alone' }).submit(query, 1).then(String, String)
    expect(error).toMatch(/can't be loaded on a thread: the database is away/)
  })

  it('cannot load a module any more after a call has ended its thread: only that call fails', async () => {
    const executor = stage.newExecutor({ queue: 'after' })
    const ill = await newWorker('after', false, '--threads', '1')
    expect(await executor.submit(query, 1)).toBe(2)
    writeFileSync(file, '')
    expect(await executor.submit(exit).then(String, String)).toContain('BrokenThreadPool')
    const futures = Array.from({ length: 20 }, (_, n) => executor.submit(query, n))
    await until(() => ill.output.includes('cannot work'), 'it to be said')
    rmSync(file)
    expect(await Promise.all(futures)).toEqual(futures.map((_, n) => n + 1))
    await until(() => ill.output.includes('can work again'), 'it to be said')
  })

  it('is slow by 100 times: no call fails, the others do the most, until it is quick again', async () => {
    const executor = stage.newExecutor({ queue: 'slow' })
    writeFileSync(file, '')
    const [slow] = [await newWorker('slow', false), await newWorker('slow', true)]
    const share = async (): Promise<number> => {
      const ends = await Promise.all(Array.from({ length: 400 }, (_, n) => executor.submit(work, n)))
      expect(ends.map(({ n }) => n)).toEqual(ends.map((_, n) => n))
      return ends.filter(({ pid }) => pid === slow.process.pid).length / ends.length
    }
    expect(await share()).toBeLessThan(0.3)
    rmSync(file)
    await until(async () => (await share()) > 0.3, 'it to do its share')
  })

  it.each(['ENOSPC', 'EMFILE'])('has no disk or no files left, %s: one call fails, and it comes back', async (code) => {
    writeFileSync(file, code)
    const [ill, executor] = [await newWorker(code, false, '--concurrency', '1'), stage.newExecutor({ queue: code })]
    const futures = Array.from({ length: 5 }, (_, n) => executor.submit(save, n))
    await until(() => ill.output.includes('cannot work'), 'it to be said')
    rmSync(file)
    const ends = await Promise.all(futures.map(async (future) => await future.then(String, String)))
    expect(ends.filter((end) => end === `Error: there is no more: ${code}`)).toHaveLength(1)
    await until(() => ill.output.includes('can work again'), 'it to be said')
  })

  it('has broken globals: one call fails, and it ends, so that it is started again', async () => {
    const executor = stage.newExecutor({ queue: 'broken' })
    const ill = await newWorker('broken', true)
    await executor.submit(breakMath)
    expect(await executor.submit(cube, 27).then(String, String)).toContain('broken')
    expect(await ill.exited()).toBe(1)
    expect(ill.output).toContain('a call has replaced Math.cbrt')
    await newWorker('broken', true)
    expect(await executor.submit(cube, 27)).toBe(3)
  })
})

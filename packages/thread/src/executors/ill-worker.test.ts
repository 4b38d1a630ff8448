// A worker that answers quickest because it cannot work would get most of the calls: it leaves the pool.

import { rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { awayFile, query } from './ill-worker.fixture.ts'
import {
  add,
  breakJson,
  changeWithoutHarm,
  fail,
  failWithOthers,
  leaveFilesOpen,
  read,
  slowDown,
  waits,
} from './ill-worker-calls.fixture.ts'
import { ProcessPoolExecutor } from './process-pool-executor.ts'
import { ThreadPoolExecutor } from './thread-pool-executor.ts'

const file = awayFile(process.pid)

describe.each([ThreadPoolExecutor, ProcessPoolExecutor])('a worker of a %o', { timeout: 120_000 }, (Pool) => {
  beforeAll(() => {
    process.env['SPINDLE_AWAY_OWNER'] = `${process.pid}`
  })
  afterEach(() => rmSync(file, { force: true }))

  it('cannot load a module that others have loaded: its calls go to them, and it is replaced', async () => {
    using pool = new Pool(3)
    const ended: unknown[] = []
    pool.events.on('worker:ended', ({ how }) => ended.push(how))
    expect(await Promise.all([pool.submit(query, 1), pool.submit(query, 2)])).toEqual([2, 3])
    writeFileSync(file, '')
    const whileAway = Array.from({ length: 12 }, (_, n) => pool.submit(query, n))
    expect(await Promise.all(whileAway)).toEqual(whileAway.map((_, n) => n + 1))
    rmSync(file)
    await until(() => ended.length > 0)
    expect(ended[0]).toContain('has failed, and is never loaded again there')
    const later = Array.from({ length: 30 }, (_, n) => pool.submit(query, n))
    expect(await Promise.all(later)).toEqual(later.map((_, n) => n + 1))
  })

  it('cannot load a module that nobody has loaded: its call fails, and the pool works when the module does', async () => {
    using pool = new Pool(1)
    writeFileSync(file, '')
    await expect(Promise.resolve(pool.submit(query, 1))).rejects.toThrow('the database is away')
    rmSync(file)
    expect(await pool.submit(query, 1)).toBe(2)
  })

  it('cannot load a module that never loads: functions of others go on', async () => {
    using pool = new Pool(1)
    let ended = 0
    pool.events.on('worker:ended', () => ended++)
    writeFileSync(file, '')
    for (let n = 0; n < 4; n++) {
      await expect(Promise.resolve(pool.submit(query, n))).rejects.toThrow('the database is away')
      expect(await pool.submit(add, n, 1)).toBe(n + 1)
    }
    expect(ended).toBeLessThanOrEqual(4)
  })

  it('has broken globals: one call fails, then it is replaced', async () => {
    using pool = new Pool(1)
    expect(await pool.submit(add, 1, 2)).toBe(3)
    await pool.submit(breakJson)
    await expect(Promise.resolve(pool.submit(add, 1, 2))).rejects.toThrow('broken')
    for (let n = 0; n < 5; n++) expect(await pool.submit(add, n, 2)).toBe(n + 2)
  })

  it('can open no more files: at most four calls fail, then it is replaced', async () => {
    using pool = new Pool(3)
    await Promise.all([1, 2, 3].map((n) => pool.submit(read, n)))
    await pool.submit(leaveFilesOpen)
    const ends = await Promise.allSettled(Array.from({ length: 60 }, (_, n) => pool.submit(read, n)))
    const failed = ends.flatMap((end) => (end.status === 'rejected' ? [`${end.reason}`] : []))
    expect([...new Set(failed)]).toEqual(['Error: EMFILE: too many open files'])
    expect(failed.length).toBeLessThanOrEqual(4)
    expect(await Promise.all([1, 2, 3].map((n) => pool.submit(read, n)))).toHaveLength(3)
  })

  it('is slow by 100 times: no call fails, and the others do the most', async () => {
    using pool = new Pool(3)
    await Promise.all([1, 2, 3].map((n) => pool.submit(read, n)))
    await pool.submit(slowDown)
    const ends = await Promise.all(Array.from({ length: 100 }, (_, n) => pool.submit(read, n)))
    expect(ends.filter(({ isSlow }) => isSlow).length).toBeLessThan(20)
  })

  it('has begun the next call when it is found to be ill: that call ends as it would', async () => {
    using pool = new Pool(1)
    await Promise.all([pool.submit(waits, 1), pool.submit(read, 1)])
    await pool.submit(leaveFilesOpen)
    const ends = Promise.allSettled([pool.submit(read, 2), pool.submit(waits, 100), pool.submit(waits, 1)])
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50) // this thread hears of the first two only later
    expect((await ends).map((end) => (end.status === 'fulfilled' ? end.value : `${end.reason}`))).toEqual([
      'Error: EMFILE: too many open files',
      100,
      1,
    ])
  })

  it('runs other calls when it is found to be ill: they end as they would', async () => {
    using pool = new Pool(1, { callsPerWorker: 4 })
    await pool.submit(add, 1, 2)
    await pool.submit(breakJson)
    const log = new Int32Array(new SharedArrayBuffer(8))
    const other = Pool === ThreadPoolExecutor ? pool.submit(failWithOthers, log) : undefined
    await expect(Promise.resolve(pool.submit(add, 1, 2))).rejects.toThrow('broken')
    await other
    expect(await pool.submit(add, 1, 2)).toBe(3)
    if (other !== undefined) expect([...log]).toEqual([1, 1])
  })

  it('stays when a call throws that has harmed nothing', async () => {
    using pool = new Pool(1)
    let started = 0
    pool.events.on('worker:started', () => started++)
    await pool.submit(changeWithoutHarm)
    for (let n = 0; n < 5; n++) await expect(Promise.resolve(pool.submit(fail))).rejects.toThrow('no')
    expect(started).toBe(1)
  })
})

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}

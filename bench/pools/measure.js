// The process that is measured: `node measure.js <contender>`. First it prints which workloads it does not support.
// Then pools.js requests rounds of workloads, and it prints the time per call, in µs.

import { availableParallelism } from 'node:os'

/**
 * @typedef {typeof import('./calls/calls.js')} Calls
 *
 * @typedef {object} Pool A contender's pool. Its methods may return a promise or block.
 * @property {(name: keyof Calls, value?: any) => any} call
 * @property {(name: keyof Calls, values: any[]) => any} callAll
 * @property {(name: keyof Calls, values: any[]) => any} [map] As `callAll`, in the way the pool has for many.
 * @property {(buffer: ArrayBuffer) => any} [move] There and back.
 * @property {() => any} close
 *
 * @typedef {(threads: number) => Pool} Open
 */

const THREADS = Math.max(2, availableParallelism())
const MB = 2 ** 20

/** @type {{ open: Open, cannot?: Record<string, string> }} */
const { open, cannot = {} } = await import(`./contenders/${process.argv[2]}.js`)

/** @type {Pool | undefined} */
let opened

/**
 * One for all rounds: for each new one V8 marks the whole heap, and that would be measured. It does so, too, for the
 * buffer in which the message from pools.js has come: the first calls of a round are not measured.
 */
let moving = new ArrayBuffer(0)

/** @param {Pool} pool @param {number} calls */
async function move(pool, calls) {
  const before = lastByte(moving)
  for (let n = 0; n < calls; n++) {
    const sent = moving
    moving = await pool.move?.(sent)
    expect(sent.byteLength, 0)
  }
  expect(lastByte(moving), (before + calls) % 256)
}

/** Only while they are measured, as a larger heap takes longer to collect. @type {object[] | undefined} */
let objects

/** Each workload returns how many calls it has made. @type {Record<string, (pool: Pool) => Promise<number>>} */
const workloads = {
  async 'round-trip'(pool) {
    for (let n = 0; n < 500; n++) expect(await pool.call('nothing'), undefined)
    return 500
  },
  async 'small-calls'(pool) {
    const results = await pool.callAll(
      'square',
      Array.from({ length: 10_000 }, (_, n) => n),
    )
    for (let n = 0; n < 10_000; n++) expect(results[n], n * n)
    return 10_000
  },
  async 'many-calls'(pool) {
    const values = Array.from({ length: 100_000 }, (_, n) => n)
    const results = await (pool.map ?? pool.callAll)('square', values)
    for (let n = 0; n < 100_000; n++) expect(results[n], n * n)
    return 100_000
  },
  async megabyte(pool) {
    const bytes = new Uint8Array(MB).fill(7)
    for (let n = 0; n < 100; n++) expect((await pool.call('same', bytes))[MB - 1], 7)
    return 100
  },
  async transferred(pool) {
    await move(pool, 1000)
    return 1000
  },
  async objects(pool) {
    expect(await pool.call('count', objects), 100_000)
    return 1
  },
  async 'objects-back'(pool) {
    expect((await pool.call('same', objects)).length, 100_000)
    return 1
  },
  async shared(pool) {
    const buffer = new SharedArrayBuffer(64 * MB)
    for (let n = 0; n < 100; n++) expect((await pool.call('mark', buffer)).byteLength, 64 * MB)
    expect(lastByte(buffer), 100)
    return 100
  },
}

process.on('message', async (/** @type {string} */ name) => {
  process.send?.(name === 'start' ? await start() : await round(name))
})
process.send?.(cannot)

/** From the creation of a pool of one thread to its first result. */
async function start() {
  const stop = watch()
  const pool = open(1)
  expect(await pool.call('square', 3), 9)
  const took = stop(1)
  await pool.close()
  return took
}

/** @param {string} name */
async function round(name) {
  if (opened === undefined) {
    opened = open(THREADS)
    for (let n = 0; n < 3; n++) await workloads['small-calls']?.(opened) // starts all threads and warms them up
  }
  const small = (/** @type {number} */ id) => ({ id, name: `n${id}`, ok: id % 2 === 0 })
  if (name === 'transferred') {
    if (moving.byteLength === 0) moving = new ArrayBuffer(64 * MB)
    await move(opened, 200)
  }
  objects = name.startsWith('objects') ? Array.from({ length: 100_000 }, (_, id) => small(id)) : undefined
  const stop = watch()
  const calls = (await workloads[name]?.(opened)) ?? Number.NaN
  return stop(calls)
}

/** The CPU time is that of all threads of the process. */
function watch() {
  const cpuBefore = process.cpuUsage()
  const before = performance.now()
  return (/** @type {number} */ calls) => {
    const wall = performance.now() - before
    const { user, system } = process.cpuUsage(cpuBefore)
    return { wall: (wall * 1e3) / calls, cpu: (user + system) / calls }
  }
}

/** @param {ArrayBuffer | SharedArrayBuffer} buffer */
function lastByte(buffer) {
  return new Uint8Array(buffer)[buffer.byteLength - 1] ?? 0
}

/**
 * @param {unknown} got
 * @param {unknown} wanted
 */
function expect(got, wanted) {
  if (got !== wanted) throw new Error(`${process.argv[2]} gives ${got}, not ${wanted}`)
}

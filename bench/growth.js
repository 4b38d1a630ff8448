// `npm run bench growth`: the cost of an operation among 1,000, 10,000, 100,000 and a million of its kind. Nothing may
// be quadratic: the last figure would then be a thousand times the first. Cache misses and a deeper heap account for a
// factor of a few.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setting } from './harness/setting.js'
import { buildSpindle } from './harness/spindle-build.js'
import { spindleEntry } from './harness/spindle-entries.js'
import { writeTables } from './harness/write-tables.js'
import { optionsOf } from './lib/options.js'

const COUNTS = [1000, 10_000, 100_000, 1_000_000]
const AT_LEAST = 100_000 // operations in a round, which repeats runs of the requested count
const MOST = 8

const HELP = `npm run bench growth [options]
  --again <file>          measures nothing: the table of those figures
  --json <file>           writes the figures there
  --markdown <file>       writes the table into a file that has the line for it`

const options = optionsOf(HELP, { markdown: { type: 'string' }, json: { type: 'string' }, again: { type: 'string' } })
await buildSpindle()
/** @type {typeof import('spindle')} */
const spindle = await import(spindleEntry)
const { abortable, asCompleted, CancelledError, Condition, createTask, gather, gatherMap, getRunningLoop } = spindle
const { Lock, Queue, runSync, Semaphore, shield, sleep, taskGroup, wait } = spindle

/** @typedef {import('spindle').Coroutine<void>} Program */

/**
 * Coroutine functions that each perform one operation n times. @type {Record<string, (n: number) => Program>}
 */
const programs = {
  *'Tasks, each cancelled'(n) {
    const tasks = Array.from({ length: n }, () => createTask(forever()))
    yield* sleep(0)
    for (const task of tasks) task.cancel()
    yield* allCancelled(tasks)
  },
  *'Tasks that wait for one Future, woken'(n) {
    const future = getRunningLoop().createFuture()
    const tasks = Array.from({ length: n }, () => createTask(waitFor(future)))
    yield* sleep(0)
    future.setResult(undefined)
    yield* gather(tasks)
  },
  *'callbacks of one Future, added and removed'(n) {
    const future = getRunningLoop().createFuture()
    const callbacks = Array.from({ length: n }, () => () => {})
    for (const callback of callbacks) future.addDoneCallback(callback)
    for (const callback of callbacks) expectToBe(future.removeDoneCallback(callback), 1)
  },
  *'… the last one first'(n) {
    const future = getRunningLoop().createFuture()
    const callbacks = Array.from({ length: n }, () => () => {})
    for (const callback of callbacks) future.addDoneCallback(callback)
    for (const callback of callbacks.reverse()) expectToBe(future.removeDoneCallback(callback), 1)
  },
  *'callbacks of one Future, called'(n) {
    const future = getRunningLoop().createFuture()
    let called = 0
    for (let i = 0; i < n; i++) future.addDoneCallback(() => called++)
    future.setResult(undefined)
    yield* sleep(0)
    expectToBe(called, n)
  },
  *'handles of callSoon, cancelled'(n) {
    const handles = Array.from({ length: n }, () => getRunningLoop().callSoon(() => fail('called')))
    for (const handle of handles) handle.cancel()
    yield* sleep(0)
  },
  *'timers, fired'(n) {
    let fired = 0
    for (let i = 0; i < n; i++) getRunningLoop().callLater((i * 7919) % 10, () => fired++)
    yield* sleep(12)
    expectToBe(fired, n)
  },
  *'timers, cancelled'(n) {
    const handles = Array.from({ length: n }, (_, i) => getRunningLoop().callLater(1e6 + i, () => fail('fired')))
    for (const handle of handles) handle.cancel()
  },
  *'sleeping Tasks, cancelled'(n) {
    const tasks = Array.from({ length: n }, (_, i) => createTask(sleep(1e6 + i)))
    yield* sleep(0)
    for (const task of tasks) task.cancel()
    yield* allCancelled(tasks)
  },
  *'children of a group'(n) {
    yield* taskGroup(function* children(group) {
      for (let i = 0; i < n; i++) group.createTask(sleep(0))
    })
  },
  *'children of a group, all cancelled as one fails'(n) {
    try {
      yield* taskGroup(function* children(group) {
        for (let i = 0; i < n; i++) group.createTask(forever())
        yield* sleep(0)
        group.createTask(failing())
      })
      fail('the group did not')
    } catch (error) {
      expectToBe(/** @type {AggregateError} */ (error).errors.length, 1)
    }
  },
  *'Tasks waited for by wait()'(n) {
    const tasks = Array.from({ length: n }, () => createTask(sleep(0)))
    const { done } = yield* wait(tasks)
    expectToBe(done.size, n)
  },
  *'Tasks awaited with asCompleted()'(n) {
    let seen = 0
    const tasks = Array.from({ length: n }, () => createTask(sleep(0)))
    yield* spindle.forEach(asCompleted(tasks), function* each() {
      seen++
    })
    expectToBe(seen, n)
  },
  *'Tasks that wait for one Lock, cancelled'(n) {
    const lock = new Lock()
    yield* lock.acquire()
    yield* cancelWaiters(n, () => lock.acquire(), false)
    lock.release()
  },
  *'Tasks that share one Semaphore of ten'(n) {
    const semaphore = new Semaphore(10)
    function* enter() {
      yield* semaphore.acquire()
      yield* sleep(0)
      semaphore.release()
    }
    yield* gather(Array.from({ length: n }, enter))
  },
  *'Tasks that wait for one Semaphore, cancelled, the last one first'(n) {
    const semaphore = new Semaphore(0)
    yield* cancelWaiters(n, () => semaphore.acquire(), true)
  },
  *'Tasks that wait for one Condition, all notified'(n) {
    const condition = new Condition()
    let woken = 0
    function* waitForIt() {
      const guard = yield* condition.acquire()
      yield* condition.wait()
      woken++
      guard[Symbol.dispose]()
    }
    const tasks = Array.from({ length: n }, () => createTask(waitForIt()))
    yield* sleep(0)
    const guard = yield* condition.acquire()
    condition.notifyAll()
    guard[Symbol.dispose]()
    yield* gather(tasks)
    expectToBe(woken, n)
  },
  *'Tasks that wait for one Condition, cancelled'(n) {
    const condition = new Condition()
    function* waitForIt() {
      const guard = yield* condition.acquire()
      try {
        yield* condition.wait()
      } finally {
        guard[Symbol.dispose]()
      }
    }
    yield* cancelWaiters(n, waitForIt, false)
  },
  *'Tasks that wait with one AbortSignal, aborted'(n) {
    const controller = new AbortController()
    const tasks = Array.from({ length: n }, () => createTask(abortable(controller.signal, forever)))
    yield* sleep(0)
    controller.abort(new Error('on purpose'))
    for (const outcome of yield* gather(tasks, { returnExceptions: true })) {
      expectToBe(outcome, controller.signal.reason)
    }
  },
  *'Tasks that wait with one AbortSignal, cancelled'(n) {
    const { signal } = new AbortController()
    yield* cancelWaiters(n, () => abortable(signal, forever), true)
  },
  *'shields of one Future, their waiters cancelled'(n) {
    const future = getRunningLoop().createFuture()
    yield* cancelWaiters(n, () => waitFor(shield(future)), false)
    expectToBe(future.cancelled(), false)
  },
  *'items of gatherMap, ten at a time'(n) {
    const items = Array.from({ length: n }, (_, i) => i)
    const results = yield* gatherMap(
      items,
      function* item(i) {
        yield* sleep(0)
        return i
      },
      { concurrency: 10 },
    )
    expectToBe(results.length, n)
  },
  *'Tasks that wait for one Queue, cancelled'(n) {
    const queue = new Queue()
    yield* cancelWaiters(n, () => queue.get(), true)
  },
  *'items through one Queue'(n) {
    const queue = new Queue()
    for (let i = 0; i < n; i++) queue.putNowait(i)
    for (let i = 0; i < n; i++) expectToBe(yield* queue.get(), i)
  },
}

/** @typedef {{ setting: string, counts: number[], figures: { name: string, costs: number[] }[] }} Growth */

/** @type {Growth} */
const growth = options.again === undefined ? measure() : JSON.parse(readFileSync(options.again, 'utf8'))
const table = markdown(growth)
console.log(table)
if (options.markdown !== undefined) writeTables(options.markdown, '<!-- npm run bench growth -->', table)
if (options.json !== undefined) {
  mkdirSync(dirname(options.json), { recursive: true })
  writeFileSync(options.json, `${JSON.stringify(growth, undefined, 2)}\n`)
}
const failed = growth.figures.filter(({ costs }) => !(growthOf(costs) < MOST))
if (failed.length > 0) {
  console.log(`${failed.map(({ name }) => name).join('; ')} grow faster than they should.`)
  process.exitCode = 1
}

/** @returns {Growth} */
function measure() {
  const all = Object.entries(programs)
  const figures = all.map(([name, program], index) => {
    process.stderr.write(`[${index + 1}/${all.length}] ${name.trim()} … `)
    const costs = COUNTS.map((n) => cost(program, n))
    process.stderr.write(`${costs.map((ns) => ns.toFixed(0)).join(', ')} ns\n`)
    return { name: name.trim(), costs }
  })
  return { setting: setting(), counts: COUNTS, figures }
}

/** @param {Growth} growth */
function markdown({ setting, counts, figures }) {
  const rows = figures.map(({ name, costs }) => {
    const growth = growthOf(costs)
    const verdict = growth < MOST ? `${growth.toFixed(1)} ×` : `**${growth.toFixed(1)} ×**`
    return `| ${name} | ${costs.map((ns) => ns.toFixed(0)).join(' | ')} | ${verdict} |`
  })
  const header = `| n of | ${counts.map((n) => `${n.toLocaleString('en')}, ns each`).join(' | ')} | growth |`
  const rule = `| --- | ${counts.map(() => '--:').join(' | ')} | --: |`
  return [`${setting}.`, '', header, rule, ...rows, ''].join('\n')
}

/** @param {number[]} costs */
function growthOf(costs) {
  return (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN)
}

/**
 * ns of CPU for one of n operations: the lowest of three runs, because noise can only add.
 *
 * @param {(n: number) => Program} program
 * @param {number} n
 */
function cost(program, n) {
  const times = Math.max(1, AT_LEAST / n)
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < (n > AT_LEAST ? 2 : 3); i++) {
    const before = process.cpuUsage()
    for (let time = 0; time < times; time++) runSync(program(n))
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, ((user + system) * 1e3) / (times * n))
  }
  return least
}

/**
 * @param {number} n
 * @param {() => import('spindle').Coroutine<unknown>} wait
 * @param {boolean} reversed
 * @returns {Program}
 */
function* cancelWaiters(n, wait, reversed) {
  const tasks = Array.from({ length: n }, () => createTask(wait()))
  yield* sleep(0)
  for (const task of reversed ? tasks.toReversed() : tasks) {
    task.cancel()
  }
  yield* allCancelled(tasks)
}

/**
 * @param {import('spindle').Future[]} tasks
 * @returns {Program}
 */
function* allCancelled(tasks) {
  for (const outcome of yield* gather(tasks, { returnExceptions: true })) {
    if (!(outcome instanceof CancelledError)) fail(`${outcome}`)
  }
}

/** @returns {Program} */
function* forever() {
  yield* getRunningLoop().createFuture()
}

/**
 * @param {import('spindle').Future} future
 * @returns {Program}
 */
function* waitFor(future) {
  yield* future
}

/** @returns {Program} */
function* failing() {
  throw new Error('on purpose')
}

/**
 * @param {unknown} actual
 * @param {unknown} expected
 */
function expectToBe(actual, expected) {
  if (actual !== expected) fail(`${actual} is not ${expected}`)
}

/**
 * @param {string} what
 * @returns {never}
 */
function fail(what) {
  throw new Error(what)
}

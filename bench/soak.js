// `npm run bench soak`: runs five minutes of mixed work on one loop and watches the heap. Each part cleans up after
// itself, so the memory in use after a full collection must stay the same: it fails if the heap grows. `--prove` leaks
// 32 kB in each round, which must be noticed.

import { spawnSync } from 'node:child_process'
import { duration } from './harness/progress.js'
import { buildSpindle } from './harness/spindle-build.js'
import { spindleEntry } from './harness/spindle-entries.js'
import { median } from './lib/median.js'
import { optionsOf, refuse } from './lib/options.js'

const SAMPLES = 30
const TOLERATED_BYTES = 200_000 // what engines keep for code that they compile late

const HELP = `npm run bench soak [options]
  --seconds n             how long: 300
  --prove                 leaks 32 kB in each round, which must be noticed`

const options = optionsOf(HELP, {
  seconds: { type: 'string', default: '300' },
  prove: { type: 'boolean', default: false },
})
const seconds = Number(options.seconds)
if (!(seconds > 0)) refuse(`--seconds must be a number above 0, got ${options.seconds}`)
if (globalThis.gc === undefined) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', ...process.argv.slice(1)], { stdio: 'inherit' })
  process.exit(status ?? 1)
}

await buildSpindle()
/** @type {typeof import('spindle')} */
const spindle = await import(spindleEntry)
const { abortable, CancelledError, coroutine, createTask, currentTask, ensureFuture, Event, gather, Lock, Queue } =
  spindle
const { run, Semaphore, shield, sleep, taskGroup, timeout, TimeoutError, waitFor } = spindle

/** @typedef {import('spindle').Coroutine<void>} Program */

/** Each leaves nothing behind. @type {Record<string, () => Program>} */
const parts = {
  *switches() {
    yield* gather(
      Array.from({ length: 100 }, function* worker() {
        for (let round = 0; round < 20; round++) yield* sleep(0)
      }),
    )
  },
  *timers() {
    yield* gather(Array.from({ length: 100 }, (_, i) => sleep(i % 10)))
  },
  *cancelled() {
    const tasks = Array.from({ length: 100 }, () => createTask(sleep(1e6)))
    yield* sleep(0)
    for (const task of tasks) task.cancel()
    for (const outcome of yield* gather(tasks, { returnExceptions: true })) expect(outcome instanceof CancelledError)
  },
  *'in time, and late'() {
    yield* timeout(1000, () => sleep(1))
    try {
      yield* waitFor(sleep(1e6), 1)
      expect(false)
    } catch (error) {
      expect(error instanceof TimeoutError)
    }
  },
  *group() {
    try {
      yield* taskGroup(function* children(group) {
        for (let i = 0; i < 20; i++) group.createTask(sleep(1e6))
        yield* sleep(0)
        throw new Error('on purpose')
      })
      expect(false)
    } catch (error) {
      expect(error instanceof AggregateError)
    }
  },
  *queue() {
    const queue = new Queue(8)
    const producer = createTask(
      (function* produce() {
        for (let i = 0; i < 200; i++) yield* queue.put(i)
      })(),
    )
    for (let i = 0; i < 200; i++) expect((yield* queue.get()) === i)
    yield* producer
  },
  *locks() {
    const lock = new Lock()
    const semaphore = new Semaphore(3)
    yield* gather(
      Array.from({ length: 50 }, function* worker() {
        const guards = [yield* lock.acquire(), yield* semaphore.acquire()]
        yield* sleep(0)
        for (const guard of guards) guard[Symbol.dispose]()
      }),
    )
  },
  *event() {
    const event = new Event()
    const waiting = gather(Array.from({ length: 50 }, () => event.wait()))
    yield* sleep(0)
    event.set()
    yield* waiting
  },
  *promises() {
    for (let i = 0; i < 50; i++) expect((yield* ensureFuture(Promise.resolve(i))) === i)
    const { signal } = new AbortController()
    yield* abortable(signal, () => sleep(1))
  },
  *nested() {
    expect((yield* depth(100)) === 100)
  },
  *shielded() {
    const inner = createTask(sleep(2))
    const outer = createTask(
      (function* wait() {
        yield* shield(inner)
      })(),
    )
    yield* sleep(0)
    outer.cancel()
    yield* gather([outer], { returnExceptions: true })
    yield* inner
  },
}

const depth = coroutine(
  /** @param {number} levels @returns {import('spindle').Coroutine<number>} */
  function* depth(levels) {
    if (levels === 0) {
      yield* sleep(0)
      return 0
    }
    return (yield* depth(levels - 1)) + 1
  },
)

/** @type {unknown[]} */
const kept = []
await run(main())

/** @returns {Program} */
function* main() {
  /** @type {number[]} */
  const heaps = []
  let times = 0
  console.log(`${Object.keys(parts).join(', ')}; for ${duration(seconds)}, on Node ${process.versions.node}.`)
  yield* mixed(0) // code that is compiled and cached once does not count as growth
  const begin = performance.now()
  for (let sample = 1; sample <= SAMPLES; sample++) {
    times += yield* mixed(begin + (sample * seconds * 1000) / SAMPLES)
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    heaps.push(heapUsed + external)
    const left = duration(Math.max(0, seconds - (performance.now() - begin) / 1000))
    console.log(`[${sample}/${SAMPLES}] ${times} times, ${megabytes(heapUsed + external)} MB (${left} to go)`)
  }
  expect(spindle.allTasks().size === 1 && currentTask() !== undefined) // no Task is left
  judge(heaps, times)
}

/**
 * Runs all parts concurrently, again and again, at least three times. Returns the number of rounds.
 *
 * @param {number} until
 * @returns {import('spindle').Coroutine<number>}
 */
function* mixed(until) {
  let times = 0
  do {
    yield* gather(Object.values(parts).map((part) => part()))
    times++
    if (options.prove) kept.push(new Float64Array(4096).fill(times))
  } while (performance.now() < until || times < 3)
  return times
}

/**
 * Ignores the first third, during which the engine still compiles.
 *
 * @param {number[]} heaps
 * @param {number} times
 */
function judge(heaps, times) {
  const third = Math.floor(SAMPLES / 3)
  const before = median(heaps.slice(third, 2 * third))
  const after = median(heaps.slice(2 * third))
  const grown = after - before
  console.log(`${times} times; ${megabytes(before)} MB in the second third, ${megabytes(after)} in the last.`)
  const isFlat = grown < TOLERATED_BYTES
  console.log(isFlat ? 'The heap is flat.' : `The heap grows, by ${(grown / (times / 3)).toFixed(0)} bytes each time.`)
  if (isFlat === options.prove) process.exitCode = 1
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(2)
}

/** @param {boolean} holds */
function expect(holds) {
  if (!holds) throw new Error('a part did not do what it should')
}

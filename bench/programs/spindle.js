// Spindle, used as its guide recommends. The two Spindle runtimes differ only in what drives the loop.

import { spindleEntry, spindleNodeEntry, spindleThreadEntry, transformedEntry } from '../harness/spindle-entries.js'
import { mixedFunctions } from '../lib/mixed.js'
import { promiseOf } from '../lib/promise-of.js'
import { numbers, query, serve, tokenIn, tokens } from '../lib/sources.js'
import { square } from '../pools/calls/calls.js'

/** @typedef {import('spindle').Coroutine<number>} Program */

/** @type {typeof import('spindle')} */
const spindle = await import(spindleEntry) // the compiled package that a user would install, not the sources
const { call, coroutine, createTask, ensureFuture, forEach, gather, getRunningLoop, Lock, Queue, sleep } = spindle

// Settings for the whole program do not affect other workloads: each has a separate process.
const workload = process.argv[3] ?? ''
/** @type {typeof import('./plain.js')} */
const { plainDescend } = await import(workload.includes('transformed') ? transformedEntry : './plain.js')
const plain = plainDescend(spindle)

/** @type {Record<string, (size: any, allAsleep: (asleep: number) => void) => Program>} */
export const mains = {
  /** @param {{ tasks: number, rounds: number }} size */
  *switch({ tasks, rounds }) {
    let turn = 0
    let sum = 0
    /** @param {number} id */
    function* worker(id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        yield* sleep(0)
      }
    }
    yield* gather(Array.from({ length: tasks }, (_, id) => worker(id)))
    return sum
  },

  /** @param {{ tasks: number, rounds: number }} size */
  *'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    yield* gather(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length]?.(id, state)))
    return state.sum
  },

  /** @param {{ tasks: number }} size */
  *'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield* createTask(child(id))
    return sum
  },

  /** @param {{ tasks: number }} size */
  *'spawn-all'({ tasks }) {
    const results = yield* gather(Array.from({ length: tasks }, (_, id) => child(id)))
    return results.reduce((sum, result) => sum + result, 0)
  },

  /** @param {{ count: number }} size */
  *future({ count }) {
    const loop = getRunningLoop()
    let sum = 0
    let mail = /** @type {import('spindle').Future<any>} */ (loop.createFuture())
    function* consumer() {
      for (let i = 0; i < count; i++) {
        const { value, receipt } = yield* mail
        mail = loop.createFuture()
        sum += value
        receipt.setResult(undefined)
      }
    }
    const done = createTask(consumer())
    for (let value = 0; value < count; value++) {
      const receipt = loop.createFuture()
      mail.setResult({ value, receipt })
      yield* receipt
    }
    yield* done
    return sum
  },

  queue,

  /** @param {{ tasks: number, rounds: number }} size */
  *lock({ tasks, rounds }) {
    const lock = new Lock()
    let inside = 0
    let sum = 0
    function* worker() {
      for (let round = 0; round < rounds; round++) {
        yield* lock.acquire()
        if (inside++ === 0) sum++
        yield* sleep(0)
        inside--
        lock.release()
      }
    }
    yield* gather(Array.from({ length: tasks }, worker))
    return sum
  },

  depth: ({ depth, rounds }) => descend(depth, rounds),
  plain: ({ depth, rounds }) => plain(depth, rounds),

  fib: ({ n }) => fib(n),

  /** @param {{ tasks: number }} size */
  *cancel({ tasks }, reached) {
    const loop = getRunningLoop()
    let sum = 0
    function* worker() {
      try {
        yield* loop.createFuture()
      } finally {
        sum++
      }
    }
    const workers = Array.from({ length: tasks }, () => createTask(worker()))
    yield* sleep(0)
    reached(tasks)
    for (const task of workers) task.cancel()
    for (const outcome of yield* gather(workers, { returnExceptions: true })) {
      if (/** @type {any} */ (outcome) instanceof spindle.CancelledError) sum++
    }
    return sum
  },

  timers,

  /** @param {{ tasks: number, delays: number }} size */
  *'timers-cancel'({ tasks, delays }) {
    const loop = getRunningLoop()
    let fired = 0
    const fire = () => fired++
    const handles = Array.from({ length: tasks }, (_, i) => loop.callLater(10_000 + (i % delays), fire))
    for (const handle of handles) handle.cancel()
    return tasks - fired
  },

  /** @param {{ count: number }} size */
  *promise({ count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += yield* ensureFuture(promiseOf(i))
    return sum
  },

  'await-call': calls,
  'await-call-settled': calls,

  /** @param {{ count: number }} size */
  *'for-each'({ count }) {
    let sum = 0
    yield* forEach(numbers(count), function* (number) {
      sum += number
    })
    return sum
  },

  /** @param {{ count: number }} size */
  *'stream-tokens'({ count }) {
    let sum = 0
    yield* forEach(tokens(count), function* (chunk) {
      sum += tokenIn(chunk)
    })
    return sum
  },

  /** @param {{ count: number }} size */
  *handler({ count }) {
    /** @type {typeof import('spindle/node')} */
    const { handler } = yield* call(() => import(spindleNodeEntry))
    let served = 0
    let sum = 0
    const listener = handler(function* (_request, /** @type {import('node:http').ServerResponse} */ response) {
      const first = yield* ensureFuture(query())
      yield* ensureFuture(query())
      sum += served++
      response.end(first)
    })
    yield* call(() => serve(listener, count))
    return sum
  },

  /** @param {{ count: number }} size */
  *'pool-call'({ count }) {
    /** @type {typeof import('spindle/thread')} */
    const { ThreadPoolExecutor } = yield* call(() => import(spindleThreadEntry))
    pool ??= new ThreadPoolExecutor(1)
    const executor = pool
    const results = yield* gather(Array.from({ length: count }, (_, n) => executor.submit(square, n)))
    return results.reduce((sum, result) => sum + result, 0)
  },

  /** @param {{ tasks: number }} size */
  *memory({ tasks }, allAsleep) {
    let asleep = 0
    function* sleeper() {
      asleep++
      yield* sleep(1e6)
    }
    for (let id = 0; id < tasks; id++) createTask(sleeper())
    yield* sleep(0)
    allAsleep(asleep)
    return asleep
  },
}

/** @param {(main: Program) => number | Promise<number>} run */
export function programsRunBy(run) {
  return Object.fromEntries(
    Object.entries(mains).map(([name, main]) => [
      name,
      (/** @type {any} */ size, /** @type {(asleep: number) => void} */ allAsleep) => run(main(size, allAsleep)),
    ]),
  )
}

/** One for all rounds. @type {import('spindle/thread').ThreadPoolExecutor | undefined} */
let pool

const mixed = mixedFunctions('function*', 'yield* sleep(0)', { sleep })

/**
 * @param {number} id
 * @returns {Program}
 */
function* child(id) {
  return id
}

/** @param {{ count: number }} size */
function* calls({ count }) {
  let sum = 0
  for (let i = 0; i < count; i++) sum += yield* call(() => promiseOf(i))
  return sum
}

const descend = coroutine(
  /**
   * @param {number} depth
   * @param {number} rounds
   * @returns {Program}
   */
  function* descend(depth, rounds) {
    if (depth > 1) return (yield* descend(depth - 1, rounds)) + 1
    let sum = 0
    for (let round = 0; round < rounds; round++) {
      yield* sleep(0)
      sum++
    }
    return sum + 1
  },
)

const fib = coroutine(
  /**
   * @param {number} n
   * @returns {Program}
   */
  function* fib(n) {
    return n < 2 ? n : (yield* fib(n - 1)) + (yield* fib(n - 2))
  },
)

/**
 * @param {{ count: number, maxsize: number }} size
 * @returns {Program}
 */
function* queue({ count, maxsize }) {
  const queue = new Queue(maxsize)
  let sum = 0
  function* producer() {
    for (let i = 0; i < count; i++) yield* queue.put(i)
  }
  function* consumer() {
    for (let i = 0; i < count; i++) sum += yield* queue.get()
  }
  yield* gather([producer(), consumer()])
  return sum
}

/**
 * @param {{ tasks: number, longest: number }} size
 * @returns {Program}
 */
function* timers({ tasks, longest }) {
  let sum = 0
  /** @param {number} delay */
  function* sleeper(delay) {
    const start = performance.now()
    yield* sleep(delay)
    if (performance.now() - start > delay - 1) sum++
  }
  yield* gather(Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1))))
  return sum
}

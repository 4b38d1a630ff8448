// The workloads. A program (programs/, peers/) has a function with the workload's name, or with that in `like`, which
// takes a size, does the work once and returns a sum. The sum must equal `expected`, so that no contender wins by
// skipping work.

/**
 * @typedef {Record<string, number>} Size
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} what The first cell of its row.
 * @property {'time' | 'memory' | 'start-up'} kind What is measured: ns per operation, bytes per operation, or ms of CPU
 * to start.
 * @property {Size} size
 * @property {(size: any) => number} ops The number of operations, by which the time is divided.
 * @property {(size: any) => number} expected
 * @property {Size} [warmUp] A smaller size for the warm-up, if the work takes long.
 * @property {string} [like] The name of the program, for a runtime that has none of the workload's name.
 * @property {boolean} [fromReached] Only the time after the program calls `reached()` counts.
 */

const TASKS = { ops: (/** @type {Size} */ { tasks = 0 }) => tasks }
// One point for each step that ran exactly in its turn.
const IN_TURN = {
  ops: (/** @type {Size} */ { tasks = 0, rounds = 0 }) => tasks * rounds,
  expected: (/** @type {Size} */ { tasks = 0, rounds = 0 }) => tasks * rounds,
}
const SPAWNED = { ...TASKS, expected: (/** @type {Size} */ { tasks = 0 }) => sumUpTo(tasks) }
const COUNTED = {
  ops: (/** @type {Size} */ { count = 0 }) => count,
  expected: (/** @type {Size} */ { count = 0 }) => sumUpTo(count),
}
const SQUARED = {
  ops: COUNTED.ops,
  expected: (/** @type {Size} */ { count = 0 }) => ((count - 1) * count * (2 * count - 1)) / 6,
}
const NESTED = {
  ops: (/** @type {Size} */ { rounds = 0 }) => rounds,
  expected: (/** @type {Size} */ { depth = 0, rounds = 0 }) => depth + rounds,
}
const FIBONACCI = {
  ops: (/** @type {Size} */ { n = 0 }) => 2 * fibonacci(n + 1) - 1,
  expected: (/** @type {Size} */ { n = 0 }) => fibonacci(n),
}
const QUEUED = { ...COUNTED, like: 'queue' }
const DEEP = { ...NESTED, like: 'depth' }
const PLAIN = { ...NESTED, like: 'plain' }
const PROMISED = { ...COUNTED, like: 'promise' }
// One point per `finally` that ran, one per Task that ended as cancelled.
const CANCELLED = { ...TASKS, expected: (/** @type {Size} */ { tasks = 0 }) => 2 * tasks }
const NOT_FIRED = { ...TASKS, expected: TASKS.ops }
// One point for each that was not woken early.
const SLEPT = { ...NOT_FIRED, warmUp: { tasks: 50_000, longest: 50 }, like: 'timers' }
const ASLEEP = { ...NOT_FIRED, kind: /** @type {const} */ ('memory') }
const STARTED = { kind: /** @type {const} */ ('start-up'), ops: () => 1, expected: () => 0 }

/** @type {Workload[]} */
export const workloads = [
  work('switch', '1000 Tasks take turns', { tasks: 1000, rounds: 500 }, IN_TURN),
  work('switch-mixed', '… of 20 different functions', { tasks: 1000, rounds: 300 }, IN_TURN),
  work('spawn-seq', 'a Task is made and awaited, one by one', { tasks: 100_000 }, SPAWNED),
  work('spawn-all', '100,000 Tasks are made and gathered', { tasks: 100_000 }, SPAWNED),
  work('future', 'a value is handed over, and a receipt back', { count: 100_000 }, COUNTED),
  work('queue-1', 'a queue with room for 1', { count: 100_000, maxsize: 1 }, QUEUED),
  work('queue-1000', 'a queue with room for 1000', { count: 100_000, maxsize: 1000 }, QUEUED),
  work('lock', '1000 Tasks share a lock', { tasks: 1000, rounds: 50 }, IN_TURN),
  work('depth-100', 'a switch 100 calls deep, `coroutine()`', { depth: 100, rounds: 200_000 }, DEEP),
  work('plain-100', '… by plain calls', { depth: 100, rounds: 40_000 }, PLAIN),
  work('transformed-100', '… by `@spindle/unplugin`', { depth: 100, rounds: 200_000 }, PLAIN),
  work('fib', 'calls that never wait', { n: 22 }, FIBONACCI),
  work('cancel', '100,000 Tasks are made and cancelled', { tasks: 100_000 }, CANCELLED),
  work('cancel-alone', '… only cancelled', { tasks: 100_000 }, { ...CANCELLED, like: 'cancel', fromReached: true }),
  work('timers-100k', '100,000 Tasks sleep for 0…1000 ms', { tasks: 100_000, longest: 1000 }, SLEPT),
  work('timers-1M', 'a million Tasks sleep', { tasks: 1_000_000, longest: 1000 }, SLEPT),
  work('timers-cancel', 'a million timers are set and cancelled', { tasks: 1_000_000, delays: 1000 }, NOT_FIRED),
  work('promise', 'promises are awaited, one by one', { count: 100_000 }, COUNTED),
  work('promise-async', '… of async functions', { count: 100_000 }, PROMISED),
  work('promise-settled', '… that are settled', { count: 100_000 }, PROMISED),
  work('await-call', '`call` of a promise that settles after a turn of the host', { count: 50_000 }, PROMISED),
  work('await-call-settled', '… that is settled', { count: 100_000 }, PROMISED),
  work('for-each', '`forEach` over an async generator', { count: 100_000 }, COUNTED),
  work('stream-tokens', '… over the chunks of a response', { count: 100_000 }, COUNTED),
  work('handler', 'a request in `handler()`', { count: 10_000 }, COUNTED),
  work('pool-call', 'a call in a pool of one thread', { count: 10_000 }, SQUARED),
  work('memory', 'memory of a sleeping Task', { tasks: 1_000_000 }, ASLEEP),
  work('start-up', 'loading and an empty `main`, CPU', {}, STARTED),
]

/**
 * @param {string} name
 * @param {string} what
 * @param {Size} size
 * @param {Omit<Workload, 'name' | 'what' | 'size' | 'kind'> & { kind?: Workload['kind'] }} rest
 * @returns {Workload}
 */
function work(name, what, size, rest) {
  return { name, what, size, kind: 'time', ...rest }
}

/** @param {number} n */
function sumUpTo(n) {
  return (n * (n - 1)) / 2
}

/** @param {number} n */
function fibonacci(n) {
  let [a, b] = [0, 1]
  for (let i = 0; i < n; i++) [a, b] = [b, a + b]
  return a
}

// The workloads. A program (programs/, peers/) has a function with the workload's name, or with that in `like`, which
// takes a size, does the work once and returns a sum. The sum must equal `expected`, so that no contender wins by
// skipping work.

/**
 * @typedef {Record<string, number>} Size
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} what One line for the reader.
 * @property {'time' | 'memory' | 'start-up' | 'whole'} kind What is measured: ns per operation, bytes per operation, ms
 * of CPU to start, or ms of CPU from start to end.
 * @property {Size} size
 * @property {(size: any) => number} ops The number of operations, by which the time is divided.
 * @property {(size: any) => number} expected
 * @property {Size} [warmUp] A smaller size for the warm-up, if the work takes long.
 * @property {string} [like] The name of the program, for a runtime that has none of the workload's name.
 * @property {boolean} [fromReached] Only the time after the program calls `reached()` counts.
 * @property {boolean} [bundled] The program is bundled before it is started.
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
const ONE_DELAY = { ...NOT_FIRED, like: 'timers-cancel' }
// One point for each that was not woken early.
const SLEPT = { ...NOT_FIRED, warmUp: { tasks: 50_000, longest: 50 }, like: 'timers' }
const ASLEEP = { ...NOT_FIRED, kind: /** @type {const} */ ('memory') }
const STARTED = { kind: /** @type {const} */ ('start-up'), ops: () => 1, expected: () => 0 }
const WHOLE = { ...STARTED, kind: /** @type {const} */ ('whole') }

/** @type {Workload[]} */
export const workloads = [
  work('switch', '1000 Tasks that yield to each other in turn', { tasks: 1000, rounds: 500 }, IN_TURN),
  work('switch-few', '2 Tasks in turn', { tasks: 2, rounds: 200_000 }, { ...IN_TURN, like: 'switch' }),
  work('switch-mixed', '1000 Tasks of 20 different functions in turn', { tasks: 1000, rounds: 300 }, IN_TURN),
  work('spawn-seq', 'Tasks are created and awaited, one by one', { tasks: 100_000 }, SPAWNED),
  work('spawn-all', '100,000 Tasks are created, then all awaited', { tasks: 100_000 }, SPAWNED),
  work('spawn-wrapped', 'the same, by calls of a `coroutine()`', { tasks: 100_000 }, { ...SPAWNED, like: 'spawn-all' }),
  work('future', 'a value is passed to another Task, which confirms it', { count: 100_000 }, COUNTED),
  work('queue-1', 'producer and consumer, with room for 1', { count: 100_000, maxsize: 1 }, QUEUED),
  work('queue-1000', 'producer and consumer, with room for 1000', { count: 100_000, maxsize: 1000 }, QUEUED),
  work('lock', '1000 Tasks take one lock in turn, and wait inside', { tasks: 1000, rounds: 50 }, IN_TURN),
  work('depth-1', 'a Task yields, 1 call deep', { depth: 1, rounds: 200_000 }, DEEP),
  work('depth-10', '10 calls deep', { depth: 10, rounds: 200_000 }, DEEP),
  work('depth-100', '100 calls deep', { depth: 100, rounds: 200_000 }, DEEP),
  work('depth-1000', '1000 calls deep', { depth: 1000, rounds: 200_000 }, DEEP),
  work('plain-1', 'the same, by calls without `coroutine()`', { depth: 1, rounds: 200_000 }, PLAIN),
  work('plain-10', '10 calls deep', { depth: 10, rounds: 200_000 }, PLAIN),
  work('plain-100', '100 calls deep', { depth: 100, rounds: 40_000 }, PLAIN),
  work('plain-1000', '1000 calls deep', { depth: 1000, rounds: 20_000 }, PLAIN),
  work('transformed-1', 'the same, by `@spindle/unplugin`', { depth: 1, rounds: 200_000 }, PLAIN),
  work('transformed-10', '10 calls deep', { depth: 10, rounds: 200_000 }, PLAIN),
  work('transformed-1000', '1000 calls deep', { depth: 1000, rounds: 200_000 }, PLAIN),
  work('fib', 'awaited calls that never wait: fib(22)', { n: 22 }, FIBONACCI),
  work('fib-plain', 'the same, by calls without `coroutine()`', { n: 22 }, FIBONACCI),
  work('fib-transformed', 'the same, by `@spindle/unplugin`', { n: 22 }, { ...FIBONACCI, like: 'fib-plain' }),
  work('cancel', '100,000 waiting Tasks, each with a `finally`', { tasks: 100_000 }, CANCELLED),
  work(
    'cancel-alone',
    'the same; that they are made is not counted',
    { tasks: 100_000 },
    { ...CANCELLED, like: 'cancel', fromReached: true },
  ),
  work('timers-100k', '100,000 Tasks sleep for 0…1000 ms', { tasks: 100_000, longest: 1000 }, SLEPT),
  work('timers-1M', 'a million Tasks sleep for 0…1000 ms', { tasks: 1_000_000, longest: 1000 }, SLEPT),
  work('timers-cancel', 'a million timers are set, then cancelled', { tasks: 1_000_000, delays: 1000 }, NOT_FIRED),
  work('timers-cancel-one', 'the same, with one delay', { tasks: 1_000_000, delays: 1 }, ONE_DELAY),
  work('promise', 'promises that settle in a microtask, one by one', { count: 100_000 }, COUNTED),
  work('promise-async', 'promises of async functions that wait once, one by one', { count: 100_000 }, PROMISED),
  work('promise-settled', 'promises that are settled', { count: 100_000 }, PROMISED),
  work('await-call', '`call` of a promise that settles after a turn of the host', { count: 50_000 }, PROMISED),
  work('await-call-settled', '`call` of a promise that is settled', { count: 100_000 }, PROMISED),
  work('for-each', '`forEach` over an async generator, beside `for await`', { count: 100_000 }, COUNTED),
  work('stream-tokens', '`forEach` over the chunks of a body of events', { count: 100_000 }, COUNTED),
  work('handler', 'requests in `handler()`, each with a store, that wait twice', { count: 10_000 }, COUNTED),
  work('pool-call', 'calls in a pool of one thread, all at once', { count: 10_000 }, SQUARED),
  work('memory', 'bytes per sleeping Task, among a million', { tasks: 1_000_000 }, ASLEEP),
  work('memory-wrapped', 'the same, by calls of a `coroutine()`', { tasks: 1_000_000 }, { ...ASLEEP, like: 'memory' }),
  work('memory-sleep', 'the same, of `createTask(sleep(…))`', { tasks: 1_000_000 }, { ...ASLEEP, like: 'memory' }),
  work('start-up', 'CPU above an empty file', {}, STARTED),
  work('start-up-bundled', 'the same, as one file, bundled and minified', {}, { ...STARTED, bundled: true }),
  work('whole', 'a small program as a process, from start to end: 1000 Tasks, 100 switches each', {}, WHOLE),
  work('whole-bundled', 'the same, as one file, bundled and minified', {}, { ...WHOLE, bundled: true }),
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

// The workloads. A program (programs/, peers/) has a function with the workload's name, which takes a size, does the
// work once and returns a sum. The sum must equal `expected`, so that no contender wins by skipping work.

/**
 * @typedef {Record<string, number>} Size
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} what One line for the reader.
 * @property {'time' | 'memory' | 'latency' | 'start-up' | 'whole'} kind What is measured: ns per operation, bytes per
 * operation, ms until a server in the same process answers, ms of CPU to start, or ms of CPU from start to end.
 * @property {Size} size
 * @property {(size: any) => number} ops The number of operations, by which the time is divided.
 * @property {(size: any) => number} expected
 * @property {Size} [warmUp] A smaller size for the warm-up, if the work takes long.
 * @property {string} [like] The workload that a runtime without a program of this name runs instead, where the two are
 * the same.
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
const TREE = {
  ops: (/** @type {Size} */ { depth = 0 }) => 2 ** depth - 1,
  expected: (/** @type {Size} */ { depth = 0 }) => 2 ** (depth + 1) - depth - 2,
}
// One point for each that was not woken early.
const SLEPT = { ...TASKS, expected: TASKS.ops, warmUp: { tasks: 50_000, longest: 50 } }
const ANSWERED = { ops: () => 1, expected: () => 0 }

/** @type {Workload[]} */
export const workloads = [
  time('switch', '1000 Tasks that yield to each other in turn', { tasks: 1000, rounds: 500 }, IN_TURN),
  time('switch-few', '2 Tasks in turn', { tasks: 2, rounds: 200_000 }, IN_TURN),
  time('switch-mixed', '1000 Tasks of 20 different functions in turn', { tasks: 1000, rounds: 300 }, IN_TURN),
  time('spawn-seq', 'Tasks are created and awaited, one by one', { tasks: 100_000 }, SPAWNED),
  time('spawn-all', '100,000 Tasks are created, then all awaited', { tasks: 100_000 }, SPAWNED),
  {
    ...time('spawn-wrapped', 'the same, by calls of a `coroutine()`', { tasks: 100_000 }, SPAWNED),
    like: 'spawn-all',
  },
  time('future', 'a value is passed to another Task, which confirms it', { count: 100_000 }, COUNTED),
  time('queue-1', 'producer and consumer, with room for 1', { count: 100_000, maxsize: 1 }, COUNTED),
  time('queue-1000', 'producer and consumer, with room for 1000', { count: 100_000, maxsize: 1000 }, COUNTED),
  time('lock', '1000 Tasks take one lock in turn, and wait inside', { tasks: 1000, rounds: 50 }, IN_TURN),
  time('depth-1', 'a Task yields, 1 call deep', { depth: 1, rounds: 200_000 }, NESTED),
  time('depth-10', '10 calls deep', { depth: 10, rounds: 200_000 }, NESTED),
  time('depth-100', '100 calls deep', { depth: 100, rounds: 200_000 }, NESTED),
  time('depth-1000', '1000 calls deep', { depth: 1000, rounds: 200_000 }, NESTED),
  time('plain-1', 'the same, by calls without `coroutine()`', { depth: 1, rounds: 200_000 }, NESTED),
  time('plain-10', '10 calls deep', { depth: 10, rounds: 200_000 }, NESTED),
  time('plain-100', '100 calls deep', { depth: 100, rounds: 40_000 }, NESTED),
  time('plain-1000', '1000 calls deep', { depth: 1000, rounds: 20_000 }, NESTED),
  {
    ...time('transformed-1', 'the same, by `@spindle/unplugin`', { depth: 1, rounds: 200_000 }, NESTED),
    like: 'plain-1',
  },
  { ...time('transformed-10', '10 calls deep', { depth: 10, rounds: 200_000 }, NESTED), like: 'plain-10' },
  { ...time('transformed-1000', '1000 calls deep', { depth: 1000, rounds: 200_000 }, NESTED), like: 'plain-1000' },
  time('fib', 'awaited calls that never wait: fib(22)', { n: 22 }, FIBONACCI),
  time('fib-plain', 'the same, by calls without `coroutine()`', { n: 22 }, FIBONACCI),
  { ...time('fib-transformed', 'the same, by `@spindle/unplugin`', { n: 22 }, FIBONACCI), like: 'fib-plain' },
  time('generator', 'an ordinary generator, nested, that a Task iterates over', { depth: 14 }, TREE),
  { ...time('generator-transformed', 'the same, by `@spindle/unplugin`', { depth: 14 }, TREE), like: 'generator' },
  {
    ...time('cancel', '100,000 waiting Tasks, each with a `finally`', { tasks: 100_000 }, SPAWNED),
    expected: ({ tasks }) => 2 * tasks, // one per `finally` that ran, one per Task that ended as cancelled
  },
  {
    ...time('cancel-alone', 'the same; that they are made is not counted', { tasks: 100_000 }, SPAWNED),
    expected: ({ tasks }) => 2 * tasks,
    like: 'cancel',
    fromReached: true,
  },
  time('timers-100k', '100,000 Tasks sleep for 0…1000 ms', { tasks: 100_000, longest: 1000 }, SLEPT),
  time('timers-1M', 'a million Tasks sleep for 0…1000 ms', { tasks: 1_000_000, longest: 1000 }, SLEPT),
  {
    ...time('timers-cancel', 'a million timers are set, then cancelled', { tasks: 1_000_000 }, SPAWNED),
    expected: TASKS.ops,
  },
  {
    ...time(
      'timers-cancel-one',
      'a million timers with one delay are set, then cancelled',
      { tasks: 1_000_000 },
      SPAWNED,
    ),
    expected: TASKS.ops,
  },
  time('promise', 'promises that settle in a microtask, one by one', { count: 100_000 }, COUNTED),
  {
    ...time('promise-async', 'promises of async functions that wait once, one by one', { count: 100_000 }, COUNTED),
    like: 'promise',
  },
  { ...time('promise-settled', 'promises that are settled', { count: 100_000 }, COUNTED), like: 'promise' },
  {
    ...time('await-call', '`call` of a promise that settles after a turn of the host', { count: 50_000 }, COUNTED),
    like: 'promise',
  },
  {
    ...time('await-call-settled', '`call` of a promise that is settled', { count: 100_000 }, COUNTED),
    like: 'promise',
  },
  time('for-each', '`forEach` over an async generator, beside `for await`', { count: 100_000 }, COUNTED),
  time('stream-tokens', '`forEach` over the chunks of a body of events', { count: 100_000 }, COUNTED),
  time('handler', 'requests in `handler()`, each with a store, that wait twice', { count: 10_000 }, COUNTED),
  time('pool-call', 'calls in a pool of one thread, all at once', { count: 10_000 }, SQUARED),
  {
    name: 'memory',
    what: 'bytes per sleeping Task, among a million',
    kind: 'memory',
    size: { tasks: 1_000_000 },
    ops: TASKS.ops,
    expected: TASKS.ops,
  },
  {
    name: 'memory-wrapped',
    what: 'the same, by calls of a `coroutine()`',
    kind: 'memory',
    size: { tasks: 1_000_000 },
    ops: TASKS.ops,
    expected: TASKS.ops,
    like: 'memory',
  },
  {
    name: 'memory-sleep',
    what: 'the same, of `createTask(sleep(…))`',
    kind: 'memory',
    size: { tasks: 1_000_000 },
    ops: TASKS.ops,
    expected: TASKS.ops,
    like: 'memory',
  },
  { name: 'http-idle', what: 'nothing else runs', kind: 'latency', size: { tasks: 0, work: 0 }, ...ANSWERED },
  {
    name: 'http-spinning',
    what: '10,000 Tasks yield to each other',
    kind: 'latency',
    size: { tasks: 10_000, work: 0 },
    ...ANSWERED,
  },
  {
    name: 'http-working',
    what: '10,000 Tasks work for 50 µs each, in turn',
    kind: 'latency',
    size: { tasks: 10_000, work: 0.05 },
    ...ANSWERED,
  },
  { name: 'start-up', what: 'CPU above an empty file', kind: 'start-up', size: {}, ...ANSWERED },
  {
    name: 'start-up-bundled',
    what: 'the same, as one file, bundled and minified',
    kind: 'start-up',
    size: {},
    ...ANSWERED,
    bundled: true,
  },
  {
    name: 'whole',
    what: 'a small program as a process, from start to end: 1000 Tasks, 100 switches each',
    kind: 'whole',
    size: {},
    ...ANSWERED,
  },
  {
    name: 'whole-bundled',
    what: 'the same, as one file, bundled and minified',
    kind: 'whole',
    size: {},
    ...ANSWERED,
    bundled: true,
  },
]

/**
 * @param {string} name
 * @param {string} what
 * @param {Size} size
 * @param {{ ops: Workload['ops'], expected: Workload['expected'], warmUp?: Size }} checks
 * @returns {Workload}
 */
function time(name, what, size, checks) {
  return { name, what, kind: 'time', size, ...checks }
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

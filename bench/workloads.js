// What is measured. A program (programs/) has a function of the workload's name, which takes `size`, does the work once and
// gives a sum; it must be `expected`, so that nobody wins by leaving work out. `ops` is what the time is divided by.

/**
 * @typedef {Record<string, number>} Size
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} what One line for the reader.
 * @property {'time' | 'memory' | 'latency' | 'start-up'} kind What is measured: ns an operation takes, bytes it takes, ms a
 *   server in the same process takes to answer, ms the process takes.
 * @property {Size} size
 * @property {number} ops
 * @property {number} expected
 * @property {Size} [warmUp] A smaller size to warm up with, where the work takes long.
 * @property {number} [aim] What Spindle is to reach: × native, CPU time; or bytes, or ms.
 */

/** @type {Workload[]} */
export const workloads = [
  switching('switch', '1000 Tasks let each other go on, in turn', { tasks: 1000, rounds: 500 }, 0.8),
  switching('switch-few', '2 Tasks in turn', { tasks: 2, rounds: 200_000 }, 1),
  switching('switch-mixed', '1000 Tasks of 20 different functions in turn', { tasks: 1000, rounds: 300 }, 0.85),
  spawning('spawn-seq', 'a Task is made and awaited, one by one', 100_000, 3),
  spawning('spawn-all', '100,000 Tasks are made, and all awaited', 100_000, 2.7),
  counting('future', 'a value is handed over to another Task, which hands back a receipt', 100_000, 1),
  ...[1, 10, 100, 1000].map((depth) => nesting(`depth-${depth}`, 'calls', depth, 200_000, depth === 1000 ? 1.2 : 1.1)),
  ...[1, 10, 100, 1000].map((depth) => nesting(`plain-${depth}`, 'plain calls', depth, 2_000_000 / (depth + 10))),
  fibonacci('fib', 'awaited calls that never wait: fib(22)', 22, 0.9),
  fibonacci('fib-plain', 'the same, with plain calls', 22),
  {
    name: 'cancel',
    kind: 'time',
    what: '100,000 waiting Tasks are cancelled, each with a `finally`',
    size: { tasks: 100_000 },
    ops: 100_000,
    expected: 200_000,
    aim: 0.3,
  },
  timing('timers-100k', '100,000 Tasks sleep for 0…1000 ms', { tasks: 100_000, longest: 1000 }, 0.5),
  timing('timers-1M', 'a million Tasks sleep for 0…1000 ms', { tasks: 1_000_000, longest: 1000 }, 0.5),
  {
    name: 'timers-cancel',
    kind: 'time',
    what: 'a million timers are set, and then cancelled',
    size: { timers: 1_000_000 },
    ops: 1_000_000,
    expected: 1_000_000,
    aim: 0.25,
  },
  counting('promise', 'a Task awaits promises that settle in a microtask, one by one', 100_000, 1.5),
  {
    name: 'memory',
    what: 'a million Tasks sleep: bytes each',
    kind: 'memory',
    size: { tasks: 1_000_000 },
    ops: 1_000_000,
    expected: 1_000_000,
    aim: 400,
  },
  answering('http-idle', 'a server answers, and nothing else goes on', { tasks: 0, work: 0 }),
  answering('http-spinning', 'a server answers while 10,000 Tasks let each other go on', { tasks: 10_000, work: 0 }),
  answering('http-working', 'a server answers while 10,000 Tasks work for 50 µs each in turn', {
    tasks: 10_000,
    work: 0.05,
  }),
  {
    name: 'start-up',
    what: 'a process that runs a trivial main: ms above one that runs nothing',
    kind: 'start-up',
    size: {},
    ops: 1,
    expected: 0,
    aim: 8,
  },
]

/**
 * @param {string} name
 * @param {string} what
 * @param {{ tasks: number, rounds: number }} size
 * @param {number} aim
 * @returns {Workload}
 */
function switching(name, what, size, aim) {
  const ops = size.tasks * size.rounds
  return { name, what, kind: 'time', size, ops, expected: ops, aim } // one for each step that came exactly when it was its turn
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} tasks
 * @param {number} aim
 * @returns {Workload}
 */
function spawning(name, what, tasks, aim) {
  return { name, what, kind: 'time', size: { tasks }, ops: tasks, expected: sumUpTo(tasks), aim }
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} count
 * @param {number} aim
 * @returns {Workload}
 */
function counting(name, what, count, aim) {
  return { name, what, kind: 'time', size: { count }, ops: count, expected: sumUpTo(count), aim }
}

/**
 * @param {string} name
 * @param {string} kind
 * @param {number} depth
 * @param {number} rounds
 * @param {number} [aim]
 * @returns {Workload}
 */
function nesting(name, kind, depth, rounds, aim) {
  const size = { depth, rounds: Math.round(rounds) }
  /** @type {Omit<Workload, 'expected'>} */
  const workload = { name, kind: 'time', what: `a Task goes on, ${depth} ${kind} deep`, size, ops: size.rounds }
  return { ...workload, expected: size.rounds + depth, ...(aim === undefined ? {} : { aim }) }
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} n
 * @param {number} [aim]
 * @returns {Workload}
 */
function fibonacci(name, what, n, aim) {
  const fib = (/** @type {number} */ k) => Array.from({ length: k }).reduce(([a, b]) => [b, a + b], [0, 1])[0]
  return {
    name,
    what,
    kind: 'time',
    size: { n },
    ops: 2 * fib(n + 1) - 1,
    expected: fib(n),
    ...(aim === undefined ? {} : { aim }),
  }
}

/**
 * @param {string} name
 * @param {string} what
 * @param {{ tasks: number, longest: number }} size
 * @param {number} aim
 * @returns {Workload}
 */
function timing(name, what, size, aim) {
  const warmUp = { tasks: 50_000, longest: 50 }
  return { name, what, kind: 'time', size, ops: size.tasks, expected: size.tasks, warmUp, aim } // one for each that was not woken early
}

/**
 * @param {string} name
 * @param {string} what
 * @param {{ tasks: number, work: number }} size
 * @returns {Workload}
 */
function answering(name, what, size) {
  return { name, what, kind: 'latency', size, ops: 1, expected: 0, aim: 5 }
}

/** @param {number} n */
function sumUpTo(n) {
  return (n * (n - 1)) / 2
}

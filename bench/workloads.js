// What is measured. A program (programs/) has a function of the workload's name, which takes `size`, does the work once and
// gives a sum; it must be `expected`, so that nobody wins by leaving work out. `ops` is what the time is divided by.

/**
 * @typedef {Record<string, number>} Size
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} what One line for the reader.
 * @property {Size} size
 * @property {number} ops
 * @property {number} expected
 * @property {Size} [warmUp] A smaller size to warm up with, where the work takes long.
 * @property {number} [aim] What Spindle is to reach, × native, CPU time.
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
    what: 'a million timers are set, and then cancelled',
    size: { timers: 1_000_000 },
    ops: 1_000_000,
    expected: 1_000_000,
    aim: 0.25,
  },
  counting('promise', 'a Task awaits promises that settle in a microtask, one by one', 100_000, 1.5),
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
  return { name, what, size, ops, expected: ops, aim } // one for each step that came exactly when it was its turn
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} tasks
 * @param {number} aim
 * @returns {Workload}
 */
function spawning(name, what, tasks, aim) {
  return { name, what, size: { tasks }, ops: tasks, expected: sumUpTo(tasks), aim }
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} count
 * @param {number} aim
 * @returns {Workload}
 */
function counting(name, what, count, aim) {
  return { name, what, size: { count }, ops: count, expected: sumUpTo(count), aim }
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
  const workload = { name, what: `a Task goes on, ${depth} ${kind} deep`, size, ops: size.rounds }
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
  return { name, what, size: { n }, ops: 2 * fib(n + 1) - 1, expected: fib(n), ...(aim === undefined ? {} : { aim }) }
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
  return { name, what, size, ops: size.tasks, expected: size.tasks, warmUp, aim } // one for each that was not woken early
}

/** @param {number} n */
function sumUpTo(n) {
  return (n * (n - 1)) / 2
}

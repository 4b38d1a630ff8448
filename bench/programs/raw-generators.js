// Generators resumed from a ring buffer, and nothing else: no results, no errors, no cancellation. This is the limit
// for a loop that runs generators, not a way to write programs.

import { mixedFunctions } from '../lib/mixed.js'

/** @type {Record<string, string>} */
export const cannot = Object.fromEntries(
  [
    ...['spawn-seq', 'spawn-all', 'future', 'cancel', 'timers-100k', 'timers-1M', 'timers-cancel', 'promise', 'memory'],
    ...['http-idle', 'http-spinning', 'http-working', 'queue-1', 'queue-1000', 'lock'],
  ].map((name) => [name, 'bare generators have no Tasks, Futures, timers or host']),
)

export const programs = {
  /** @param {{ tasks: number, rounds: number }} size */
  switch({ tasks, rounds }) {
    let turn = 0
    let sum = 0
    /** @param {number} id */
    function* worker(id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        yield
      }
    }
    runAll(Array.from({ length: tasks }, (_, id) => worker(id)))
    return sum
  },

  /** @param {{ tasks: number, rounds: number }} size */
  'switch-few'(size) {
    return programs.switch(size)
  },

  /** @param {{ tasks: number, rounds: number }} size */
  'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    runAll(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length]?.(id, state)))
    return state.sum
  },

  'depth-1': nested,
  'depth-10': nested,
  'depth-100': nested,
  'depth-1000': nested,
  'plain-1': nested,
  'plain-10': nested,
  'plain-100': nested,
  'plain-1000': nested,

  /** @param {{ n: number }} size */
  fib({ n }) {
    return fib(n).next().value
  },

  /** @param {{ n: number }} size */
  'fib-plain'({ n }) {
    return fib(n).next().value
  },
}

const mixed = mixedFunctions('function*', 'yield', {})

/** @param {Iterator<unknown>[]} generators */
function runAll(generators) {
  let capacity = 1
  while (capacity <= generators.length) capacity *= 2
  const ring = new Array(capacity)
  const mask = capacity - 1
  let head = 0
  let tail = 0
  for (const generator of generators) ring[tail++ & mask] = generator
  while (head !== tail) {
    const generator = ring[head++ & mask]
    if (!generator.next().done) ring[tail++ & mask] = generator
  }
}

/** @param {{ depth: number, rounds: number }} size */
function nested({ depth, rounds }) {
  let sum = 0
  runAll([
    (function* main() {
      sum = yield* descend(depth, rounds)
    })(),
  ])
  return sum
}

/**
 * @param {number} depth
 * @param {number} rounds
 * @returns {Generator<undefined, number>}
 */
function* descend(depth, rounds) {
  if (depth > 1) return (yield* descend(depth - 1, rounds)) + 1
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    yield
    sum++
  }
  return sum + 1
}

/**
 * @param {number} n
 * @returns {Generator<undefined, number>}
 */
function* fib(n) {
  return n < 2 ? n : (yield* fib(n - 1)) + (yield* fib(n - 2))
}

// Generators resumed from a ring buffer, and nothing else: no results, no errors, no cancellation. This is the limit
// for a loop that runs generators, not a way to write programs.

import { mixedFunctions } from '../lib/mixed.js'
import { promiseOf } from '../lib/promise-of.js'

/** @type {Record<string, string>} */
export const cannot = Object.fromEntries(
  ['spawn-seq', 'spawn-all', 'future', 'cancel', 'timers', 'memory', 'queue', 'lock'].map((name) => [
    name,
    'bare generators have no Tasks, Futures, timers or host',
  ]),
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
  'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    runAll(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length]?.(id, state)))
    return state.sum
  },

  depth: nested,
  plain: nested,

  /** @param {{ n: number }} size */
  fib({ n }) {
    return fib(n).next().value
  },

  /** @param {{ n: number }} size */
  'fib-plain'({ n }) {
    return fib(n).next().value
  },

  // The limit for `promise-async` and `promise-settled`, too: the one way to learn of a promise is then(), and what it
  // brings has to go through the ring, or the generator would overtake what is ready.
  /** @param {{ count: number }} size */
  async promise({ count }) {
    let sum = 0
    await settled(
      (function* main() {
        for (let i = 0; i < count; i++) sum += yield promiseOf(i)
      })(),
    )
    return sum
  },

  // A record of the time, the callback and its argument, who made it and whether it is cancelled; no loop ever sees it.
  /** @param {{ tasks: number }} size */
  'timers-cancel'({ tasks }) {
    const timers = Array.from({ length: tasks }, (_, i) => new Timer(10_000 + (i % 1000)))
    for (const timer of timers) timer.isCancelled = true
    return timers.length
  },

  /** @param {{ tasks: number }} size */
  'timers-cancel-one'({ tasks }) {
    const timers = Array.from({ length: tasks }, () => new Timer(10_000))
    for (const timer of timers) timer.isCancelled = true
    return timers.length
  },
}

class Timer {
  /** @param {number} delay */
  constructor(delay) {
    this.when = delay
    this.callback = runAll
    /** @type {unknown} */
    this.argument = undefined
    this.owner = programs
    this.isCancelled = false
  }
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

/**
 * Resolves when a generator that yields promises has ended.
 *
 * @param {Generator<Promise<number>, void, number>} generator
 * @returns {Promise<void>}
 */
function settled(generator) {
  return new Promise((resolve, reject) => {
    const ring = new Array(64)
    let head = 0
    let tail = 0
    /** @param {number} value */
    const resume = (value) => {
      ring[tail++ & 63] = value
      while (head !== tail) {
        const next = generator.next(ring[head++ & 63])
        if (next.done) return resolve()
        next.value.then(resume, reject)
      }
    }
    resume(0)
  })
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

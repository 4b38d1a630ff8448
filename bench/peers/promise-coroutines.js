// @ts-nocheck: what generators yield here has no type.
//
// The programs of libraries whose coroutines are generators that yield promises: co and Bluebird.

import { mixedFunctions } from '../lib/mixed.js'

/**
 * @typedef {object} Library
 * @property {(body: any) => (...args: any[]) => any} coroutine
 * @property {(running: any[]) => any} all What to yield to await all of them.
 * @property {() => any} pause What to yield to let the others run.
 * @property {(delay: number) => any} sleep
 * @property {() => { promise: any, resolve: (value?: any) => void }} deferred
 * @property {(value: number) => any} promiseOf
 */

/** @param {Library} library */
export function programsOf({ coroutine, all, pause, sleep, deferred, promiseOf }) {
  const mixed = mixedFunctions('function*', 'yield pause()', { pause }).map((worker) => coroutine(worker))

  const child = coroutine(function* (id) {
    return id
  })

  const descend = coroutine(function* (depth, rounds) {
    if (depth > 1) return (yield descend(depth - 1, rounds)) + 1
    let sum = 0
    for (let round = 0; round < rounds; round++) {
      yield pause()
      sum++
    }
    return sum + 1
  })

  const fib = coroutine(function* (n) {
    return n < 2 ? n : (yield fib(n - 1)) + (yield fib(n - 2))
  })

  const mains = {
    *switch({ tasks, rounds }) {
      let turn = 0
      let sum = 0
      const worker = coroutine(function* (id) {
        for (let round = 0; round < rounds; round++) {
          if (turn++ === round * tasks + id) sum++
          yield pause()
        }
      })
      yield all(Array.from({ length: tasks }, (_, id) => worker(id)))
      return sum
    },

    *'switch-mixed'({ tasks, rounds }) {
      const state = { turn: 0, sum: 0, tasks, rounds }
      yield all(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length]?.(id, state)))
      return state.sum
    },

    *'spawn-seq'({ tasks }) {
      let sum = 0
      for (let id = 0; id < tasks; id++) sum += yield child(id)
      return sum
    },

    *'spawn-all'({ tasks }) {
      const results = yield all(Array.from({ length: tasks }, (_, id) => child(id)))
      return results.reduce((sum, result) => sum + result, 0)
    },

    *future({ count }) {
      let sum = 0
      let mail = deferred()
      const consumer = coroutine(function* () {
        for (let i = 0; i < count; i++) {
          const { value, receipt } = yield mail.promise
          mail = deferred()
          sum += value
          receipt.resolve()
        }
      })
      const done = consumer()
      for (let value = 0; value < count; value++) {
        const receipt = deferred()
        mail.resolve({ value, receipt })
        yield receipt.promise
      }
      yield done
      return sum
    },

    *depth({ depth, rounds }) {
      return yield descend(depth, rounds)
    },

    *fib({ n }) {
      return yield fib(n)
    },

    *timers({ tasks, longest }) {
      let sum = 0
      const sleeper = coroutine(function* (delay) {
        const start = performance.now()
        yield sleep(delay)
        if (performance.now() - start > delay - 1) sum++
      })
      yield all(Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1))))
      return sum
    },

    *promise({ count }) {
      let sum = 0
      for (let i = 0; i < count; i++) sum += yield promiseOf(i)
      return sum
    },

    *memory({ tasks }, allAsleep) {
      let asleep = 0
      const sleeper = coroutine(function* () {
        asleep++
        yield sleep(1e6)
      })
      for (let id = 0; id < tasks; id++) sleeper()
      yield pause()
      allAsleep(asleep)
      return asleep
    },
  }
  return Object.fromEntries(Object.entries(mains).map(([name, main]) => [name, coroutine(main)]))
}

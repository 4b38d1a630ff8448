// @ts-nocheck: what is imported here is installed by `npm run bench` only.

import { all, run, sleep, spawn, suspend, until, withResolvers } from 'effection'
import { mixedFunctions } from '../lib/mixed.js'
import { promiseOf } from '../lib/promise-of.js'

export const cannot = {
  queue: 'its queues do not hold a producer back',
  lock: 'it has no lock',
  'timers-cancel': 'it has no timers but sleeping tasks',
  'timers-1M': 'a million sleeping tasks take more than 8 GB',
  memory: 'a million sleeping tasks take more than 8 GB',
}

const mains = {
  *switch({ tasks, rounds }) {
    let turn = 0
    let sum = 0
    function* worker(id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        yield* pause()
      }
    }
    yield* all(Array.from({ length: tasks }, (_, id) => worker(id)))
    return sum
  },

  *'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    yield* all(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length](id, state)))
    return state.sum
  },

  *'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield* yield* spawn(() => child(id))
    return sum
  },

  *'spawn-all'({ tasks }) {
    const results = yield* all(Array.from({ length: tasks }, (_, id) => child(id)))
    return results.reduce((sum, result) => sum + result, 0)
  },

  *future({ count }) {
    let sum = 0
    let mail = withResolvers()
    const done = yield* spawn(function* () {
      for (let i = 0; i < count; i++) {
        const { value, receipt } = yield* mail.operation
        mail = withResolvers()
        sum += value
        receipt.resolve()
      }
    })
    for (let value = 0; value < count; value++) {
      const receipt = withResolvers()
      mail.resolve({ value, receipt })
      yield* receipt.operation
    }
    yield* done
    return sum
  },

  depth: nested,

  *fib({ n }) {
    return yield* fib(n)
  },

  *cancel({ tasks }, reached) {
    let sum = 0
    const workers = []
    for (let id = 0; id < tasks; id++) {
      const worker = yield* spawn(function* () {
        try {
          yield* suspend()
        } finally {
          sum++
        }
      })
      workers.push(worker)
    }
    yield* pause()
    reached(tasks)
    for (const worker of workers) {
      yield* worker.halt()
      sum++
    }
    return sum
  },

  timers,

  *promise({ count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += yield* until(promiseOf(i))
    return sum
  },

  *memory({ tasks }, allAsleep) {
    let asleep = 0
    function* sleeper() {
      asleep++
      yield* sleep(1e6)
    }
    for (let id = 0; id < tasks; id++) yield* spawn(sleeper)
    yield* pause()
    allAsleep(asleep)
    return asleep
  },
}

export const programs = Object.fromEntries(
  Object.entries(mains).map(([name, main]) => [name, (size, allAsleep) => run(() => main(size, allAsleep))]),
)

const settled = Promise.resolve()

// Its sleep(0) is a timer of the host, which takes a millisecond. A settled promise is the shortest wait.
function pause() {
  return until(settled)
}

const mixed = mixedFunctions('function*', 'yield* pause()', { pause })

function* child(id) {
  return id
}

function nested({ depth, rounds }) {
  return descend(depth, rounds)
}

function* descend(depth, rounds) {
  if (depth > 1) return (yield* descend(depth - 1, rounds)) + 1
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    yield* pause()
    sum++
  }
  return sum + 1
}

function* fib(n) {
  return n < 2 ? n : (yield* fib(n - 1)) + (yield* fib(n - 2))
}

function* timers({ tasks, longest }) {
  let sum = 0
  function* sleeper(delay) {
    const start = performance.now()
    yield* sleep(delay)
    if (performance.now() - start > delay - 1) sum++
  }
  yield* all(Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1))))
  return sum
}

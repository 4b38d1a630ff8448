// @ts-nocheck: what is imported here is installed by `pnpm bench` only.
//
// Every coroutine takes a cancel signal, which related coroutines share, and passes it on.

import { CAF } from 'caf'
import { deferred } from '../lib/deferred.js'
import { mixedFunctions } from '../lib/mixed.js'
import { promiseOf } from '../lib/promise-of.js'
import { workFor } from '../lib/work-for.js'
import { oneKindOfCall } from './one-kind-of-call.js'

export const cannot = {
  ...oneKindOfCall,
  'queue-1': 'it has no queue',
  'queue-1000': 'it has no queue',
  lock: 'it has no lock',
  'timers-cancel': 'it has no timers but `delay`',
}

const mains = {
  *switch(signal, { tasks, rounds }) {
    let turn = 0
    let sum = 0
    const worker = CAF(function* (_signal, id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        yield
      }
    })
    yield Promise.all(Array.from({ length: tasks }, (_, id) => worker(signal, id)))
    return sum
  },

  'switch-few': (signal, size) => mains.switch(signal, size),

  *'switch-mixed'(signal, { tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    yield Promise.all(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length](signal, id, state)))
    return state.sum
  },

  *'spawn-seq'(signal, { tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield child(signal, id)
    return sum
  },

  *'spawn-all'(signal, { tasks }) {
    const results = yield Promise.all(Array.from({ length: tasks }, (_, id) => child(signal, id)))
    return results.reduce((sum, result) => sum + result, 0)
  },

  *future(signal, { count }) {
    let sum = 0
    let mail = deferred()
    const consumer = CAF(function* () {
      for (let i = 0; i < count; i++) {
        const { value, receipt } = yield mail.promise
        mail = deferred()
        sum += value
        receipt.resolve()
      }
    })
    const done = consumer(signal)
    for (let value = 0; value < count; value++) {
      const receipt = deferred()
      mail.resolve({ value, receipt })
      yield receipt.promise
    }
    yield done
    return sum
  },

  'depth-1': nested,
  'depth-10': nested,
  'depth-100': nested,
  'depth-1000': nested,

  *fib(signal, { n }) {
    return yield fib(signal, n)
  },

  *cancel(_signal, { tasks }, reached) {
    let sum = 0
    const worker = CAF(function* () {
      try {
        yield new Promise(() => {})
      } finally {
        sum++
      }
    })
    const tokens = Array.from({ length: tasks }, () => new CAF.cancelToken())
    const workers = tokens.map(({ signal }) => worker(signal))
    yield
    reached(tasks)
    for (const token of tokens) token.abort('cancelled')
    for (const outcome of yield Promise.allSettled(workers)) if (outcome.reason === 'cancelled') sum++
    return sum
  },

  'timers-100k': timers,
  'timers-1M': timers,

  *promise(_signal, { count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += yield promiseOf(i)
    return sum
  },

  *memory(signal, { tasks }, allAsleep) {
    let asleep = 0
    const sleeper = CAF(function* (signal) {
      asleep++
      yield CAF.delay(signal, 1e6)
    })
    for (let id = 0; id < tasks; id++) sleeper(signal)
    yield
    allAsleep(asleep)
    return asleep
  },

  'http-idle': spin,
  'http-spinning': spin,
  'http-working': spin,
}

export const programs = Object.fromEntries(
  Object.entries(mains).map(([name, main]) => {
    const started = CAF(main)
    return [name, (size, allAsleep) => started(new CAF.cancelToken().signal, size, allAsleep)]
  }),
)

const mixed = mixedFunctions('function*', 'yield', {}).map((worker) => CAF((_signal, id, state) => worker(id, state)))

const child = CAF(function* (_signal, id) {
  return id
})

function* nested(signal, { depth, rounds }) {
  return yield descend(signal, depth, rounds)
}

const descend = CAF(function* (signal, depth, rounds) {
  if (depth > 1) return (yield descend(signal, depth - 1, rounds)) + 1
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    yield
    sum++
  }
  return sum + 1
})

const fib = CAF(function* (signal, n) {
  return n < 2 ? n : (yield fib(signal, n - 1)) + (yield fib(signal, n - 2))
})

function* timers(signal, { tasks, longest }) {
  let sum = 0
  const sleeper = CAF(function* (signal, delay) {
    const start = performance.now()
    yield CAF.delay(signal, delay)
    if (performance.now() - start > delay - 1) sum++
  })
  yield Promise.all(Array.from({ length: tasks }, (_, id) => sleeper(signal, (id * 7919) % (longest + 1))))
  return sum
}

function* spin(signal, { tasks, work }) {
  const worker = CAF(function* () {
    for (;;) {
      workFor(work)
      yield new Promise((resolve) => setImmediate(resolve))
    }
  })
  yield Promise.all(Array.from({ length: tasks }, () => worker(signal)))
}

// @ts-nocheck: what is imported here is installed by `pnpm bench` only.

import co from 'co'
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
  cancel: 'it cannot cancel',
  'timers-cancel': 'it has no timers',
}

const settled = Promise.resolve()

const mains = {
  *switch({ tasks, rounds }) {
    let turn = 0
    let sum = 0
    const worker = co.wrap(function* (id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        yield settled
      }
    })
    yield Array.from({ length: tasks }, (_, id) => worker(id))
    return sum
  },

  'switch-few': (size) => mains.switch(size),

  *'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    yield Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length](id, state))
    return state.sum
  },

  *'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield child(id)
    return sum
  },

  *'spawn-all'({ tasks }) {
    const results = yield Array.from({ length: tasks }, (_, id) => child(id))
    return results.reduce((sum, result) => sum + result, 0)
  },

  *future({ count }) {
    let sum = 0
    let mail = deferred()
    const consumer = co.wrap(function* () {
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

  'depth-1': nested,
  'depth-10': nested,
  'depth-100': nested,
  'depth-1000': nested,

  *fib({ n }) {
    return yield fib(n)
  },

  'timers-100k': timers,
  'timers-1M': timers,

  *promise({ count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += yield promiseOf(i)
    return sum
  },

  *memory({ tasks }, allAsleep) {
    let asleep = 0
    const sleeper = co.wrap(function* () {
      asleep++
      yield sleep(1e6)
    })
    for (let id = 0; id < tasks; id++) sleeper()
    yield settled
    allAsleep(asleep)
    return asleep
  },

  'http-idle': spin,
  'http-spinning': spin,
  'http-working': spin,
}

export const programs = Object.fromEntries(Object.entries(mains).map(([name, main]) => [name, co.wrap(main)]))

const mixed = mixedFunctions('function*', 'yield settled', { settled }).map((worker) => co.wrap(worker))

const child = co.wrap(function* (id) {
  return id
})

function* nested({ depth, rounds }) {
  return yield descend(depth, rounds)
}

const descend = co.wrap(function* (depth, rounds) {
  if (depth > 1) return (yield descend(depth - 1, rounds)) + 1
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    yield settled
    sum++
  }
  return sum + 1
})

const fib = co.wrap(function* (n) {
  return n < 2 ? n : (yield fib(n - 1)) + (yield fib(n - 2))
})

function sleep(delay) {
  return new Promise((resolve) => setTimeout(resolve, delay))
}

function* timers({ tasks, longest }) {
  let sum = 0
  const sleeper = co.wrap(function* (delay) {
    const start = performance.now()
    yield sleep(delay)
    if (performance.now() - start > delay - 1) sum++
  })
  yield Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1)))
  return sum
}

function* spin({ tasks, work }) {
  const worker = co.wrap(function* () {
    for (;;) {
      workFor(work)
      yield new Promise((resolve) => setImmediate(resolve))
    }
  })
  yield Array.from({ length: tasks }, () => worker())
}

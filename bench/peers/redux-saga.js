// @ts-nocheck: what is imported here is installed by `pnpm bench` only.

import { runSaga } from 'redux-saga'
import { all, call, cancel, delay, fork, join } from 'redux-saga/effects'
import { deferred } from '../lib/deferred.js'
import { mixedFunctions } from '../lib/mixed.js'
import { promiseOf } from '../lib/promise-of.js'
import { workFor } from '../lib/work-for.js'
import { oneKindOfCall } from './one-kind-of-call.js'

export const cannot = {
  ...oneKindOfCall,
  'queue-1': 'its channels do not hold a producer back',
  'queue-1000': 'its channels do not hold a producer back',
  lock: 'it has no lock',
  'timers-cancel': 'it has no timers but `delay`',
  'timers-1M': 'its `all` overflows the stack with a million effects',
}

const mains = {
  *switch({ tasks, rounds }) {
    let turn = 0
    let sum = 0
    function* worker(id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        yield settled
      }
    }
    yield all(Array.from({ length: tasks }, (_, id) => call(worker, id)))
    return sum
  },

  'switch-few': (size) => mains.switch(size),

  *'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    yield all(Array.from({ length: tasks }, (_, id) => call(mixed[id % mixed.length], id, state)))
    return state.sum
  },

  *'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield join(yield fork(child, id))
    return sum
  },

  *'spawn-all'({ tasks }) {
    const results = yield all(Array.from({ length: tasks }, (_, id) => call(child, id)))
    return results.reduce((sum, result) => sum + result, 0)
  },

  *future({ count }) {
    let sum = 0
    let mail = deferred()
    const done = yield fork(function* () {
      for (let i = 0; i < count; i++) {
        const { value, receipt } = yield mail.promise
        mail = deferred()
        sum += value
        receipt.resolve()
      }
    })
    for (let value = 0; value < count; value++) {
      const receipt = deferred()
      mail.resolve({ value, receipt })
      yield receipt.promise
    }
    yield join(done)
    return sum
  },

  'depth-1': nested,
  'depth-10': nested,
  'depth-100': nested,
  'depth-1000': nested,

  fib: ({ n }) => fib(n),

  *cancel({ tasks }, reached) {
    let sum = 0
    function* worker() {
      try {
        yield new Promise(() => {})
      } finally {
        sum++
      }
    }
    const workers = []
    for (let id = 0; id < tasks; id++) workers.push(yield fork(worker))
    yield settled
    reached(tasks)
    yield cancel(workers)
    for (const worker of workers) if (worker.isCancelled()) sum++
    return sum
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
    function* sleeper() {
      asleep++
      yield delay(1e6)
    }
    for (let id = 0; id < tasks; id++) yield fork(sleeper)
    allAsleep(asleep)
    return asleep // the saga continues until its forks end
  },

  'http-idle': spin,
  'http-spinning': spin,
  'http-working': spin,
}

export const programs = Object.fromEntries(
  Object.entries(mains).map(([name, main]) => [
    name,
    (size, allAsleep) => (name === 'memory' ? memory(size, allAsleep) : runSaga({}, main, size, allAsleep).toPromise()),
  ]),
)

/** A saga whose forks sleep does not end, so another saga reports how many are asleep. */
function memory(size, allAsleep) {
  return new Promise((resolve) => {
    runSaga({}, function* () {
      resolve(yield* mains.memory(size, allAsleep))
    })
  })
}

const settled = Promise.resolve()
const mixed = mixedFunctions('function*', 'yield settled', { settled })

function* child(id) {
  return id
}

function nested({ depth, rounds }) {
  return descend(depth, rounds)
}

function* descend(depth, rounds) {
  if (depth > 1) return (yield call(descend, depth - 1, rounds)) + 1
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    yield settled
    sum++
  }
  return sum + 1
}

function* fib(n) {
  return n < 2 ? n : (yield call(fib, n - 1)) + (yield call(fib, n - 2))
}

function* timers({ tasks, longest }) {
  let sum = 0
  function* sleeper(ms) {
    const start = performance.now()
    yield delay(ms)
    if (performance.now() - start > ms - 1) sum++
  }
  yield all(Array.from({ length: tasks }, (_, id) => call(sleeper, (id * 7919) % (longest + 1))))
  return sum
}

function* spin({ tasks, work }) {
  function* worker() {
    for (;;) {
      workFor(work)
      yield delay(0) // a settled promise would not yield to the host
    }
  }
  yield all(Array.from({ length: tasks }, () => call(worker)))
}

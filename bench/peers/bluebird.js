// @ts-nocheck: what is imported here is installed by `pnpm bench` only.
//
// Cancellation is enabled: that is what Bluebird adds to native promises.

import Bluebird from 'bluebird'
import { mixedFunctions } from '../lib/mixed.js'
import { workFor } from '../lib/work-for.js'
import { oneKindOfCall } from './one-kind-of-call.js'

Bluebird.config({ cancellation: true })
const { coroutine } = Bluebird

export const cannot = {
  ...oneKindOfCall,
  'queue-1': 'it has no queue',
  'queue-1000': 'it has no queue',
  lock: 'it has no lock',
  'timers-cancel': 'it has no timers but `delay`',
}

const settled = Bluebird.resolve()

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
    yield Bluebird.all(Array.from({ length: tasks }, (_, id) => worker(id)))
    return sum
  },

  'switch-few': (size) => mains.switch(size),

  *'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    yield Bluebird.all(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length](id, state)))
    return state.sum
  },

  *'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield child(id)
    return sum
  },

  *'spawn-all'({ tasks }) {
    const results = yield Bluebird.all(Array.from({ length: tasks }, (_, id) => child(id)))
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

  'depth-1': nested,
  'depth-10': nested,
  'depth-100': nested,
  'depth-1000': nested,

  *fib({ n }) {
    return yield fib(n)
  },

  *cancel({ tasks }, reached) {
    let sum = 0
    const worker = coroutine(function* () {
      try {
        yield new Bluebird(() => {})
      } finally {
        sum++
      }
    })
    const workers = Array.from({ length: tasks }, () => worker())
    yield pause()
    reached(tasks)
    for (const promise of workers) promise.cancel()
    yield Bluebird.delay(0)
    for (const promise of workers) if (promise.isCancelled()) sum++
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
    const sleeper = coroutine(function* () {
      asleep++
      yield Bluebird.delay(1e6)
    })
    for (let id = 0; id < tasks; id++) sleeper()
    yield pause()
    allAsleep(asleep)
    return asleep
  },

  'http-idle': spin,
  'http-spinning': spin,
  'http-working': spin,
}

export const programs = Object.fromEntries(Object.entries(mains).map(([name, main]) => [name, coroutine(main)]))

const mixed = mixedFunctions('function*', 'yield pause()', { pause }).map((worker) => coroutine(worker))

// A coroutine does not suspend for a settled promise, but it does for the result of its `then`.
function pause() {
  return settled.then()
}

const child = coroutine(function* (id) {
  return id
})

function deferred() {
  let resolve
  const promise = new Bluebird((resolvePromise) => {
    resolve = resolvePromise
  })
  return { promise, resolve }
}

function* nested({ depth, rounds }) {
  return yield descend(depth, rounds)
}

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

function* timers({ tasks, longest }) {
  let sum = 0
  const sleeper = coroutine(function* (delay) {
    const start = performance.now()
    yield Bluebird.delay(delay)
    if (performance.now() - start > delay - 1) sum++
  })
  yield Bluebird.all(Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1))))
  return sum
}

function promiseOf(value) {
  return new Bluebird((resolve) => queueMicrotask(() => resolve(value)))
}

function* spin({ tasks, work }) {
  const worker = coroutine(function* () {
    for (;;) {
      workFor(work)
      yield new Bluebird((resolve) => setImmediate(resolve))
    }
  })
  yield Bluebird.all(Array.from({ length: tasks }, () => worker()))
}

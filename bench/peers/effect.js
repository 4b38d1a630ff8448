// @ts-nocheck: what is imported here is installed by `npm run bench` only.
//
// As its AGENTS.md recommends: Effect.fnUntraced, the variant for hot paths, for reusable functions, and Effect.all.

import { Deferred, Effect, Exit, Fiber, Queue, Semaphore } from 'effect'
import { mixedFunctions } from '../lib/mixed.js'
import { promiseOf } from '../lib/promise-of.js'

const mains = {
  *switch({ tasks, rounds }) {
    let turn = 0
    let sum = 0
    const worker = Effect.fnUntraced(function* (id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        yield* Effect.yieldNow
      }
    })
    yield* Effect.all(
      Array.from({ length: tasks }, (_, id) => worker(id)),
      UNBOUNDED,
    )
    return sum
  },

  *'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    yield* Effect.all(
      Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length](id, state)),
      UNBOUNDED,
    )
    return state.sum
  },

  *'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield* Fiber.join(yield* Effect.forkChild(child(id)))
    return sum
  },

  *'spawn-all'({ tasks }) {
    const results = yield* Effect.all(
      Array.from({ length: tasks }, (_, id) => child(id)),
      UNBOUNDED,
    )
    return results.reduce((sum, result) => sum + result, 0)
  },

  *future({ count }) {
    let sum = 0
    let mail = yield* Deferred.make()
    const consumer = Effect.fnUntraced(function* () {
      for (let i = 0; i < count; i++) {
        const { value, receipt } = yield* Deferred.await(mail)
        mail = yield* Deferred.make()
        sum += value
        yield* Deferred.succeed(receipt, undefined)
      }
    })
    const done = yield* Effect.forkChild(consumer())
    for (let value = 0; value < count; value++) {
      const receipt = yield* Deferred.make()
      yield* Deferred.succeed(mail, { value, receipt })
      yield* Deferred.await(receipt)
    }
    yield* Fiber.join(done)
    return sum
  },

  queue,

  *lock({ tasks, rounds }) {
    const semaphore = yield* Semaphore.make(1)
    let inside = 0
    let sum = 0
    const locked = Effect.fnUntraced(function* () {
      if (inside++ === 0) sum++
      yield* Effect.yieldNow
      inside--
    })
    const worker = Effect.fnUntraced(function* () {
      for (let round = 0; round < rounds; round++) yield* semaphore.withPermits(1)(locked())
    })
    yield* Effect.all(
      Array.from({ length: tasks }, () => worker()),
      UNBOUNDED,
    )
    return sum
  },

  depth: nested,

  *fib({ n }) {
    return yield* fib(n)
  },

  // Effect does not run a native `finally`; Effect.ensuring is its counterpart.
  *cancel({ tasks }, reached) {
    let sum = 0
    const worker = Effect.ensuring(
      Effect.never,
      Effect.sync(() => sum++),
    )
    const workers = []
    for (let id = 0; id < tasks; id++) workers.push(yield* Effect.forkChild(worker))
    yield* Effect.yieldNow
    reached(tasks)
    yield* Fiber.interruptAll(workers)
    for (const exit of yield* Fiber.awaitAll(workers)) if (Exit.hasInterrupts(exit)) sum++
    return sum
  },

  timers,

  *promise({ count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += yield* Effect.promise(() => promiseOf(i))
    return sum
  },

  *memory({ tasks }, allAsleep) {
    let asleep = 0
    const sleeper = Effect.fnUntraced(function* () {
      asleep++
      yield* Effect.sleep(1e6)
    })
    for (let id = 0; id < tasks; id++) yield* Effect.forkChild(sleeper())
    yield* Effect.yieldNow
    allAsleep(asleep)
    return asleep
  },
}

export const programs = Object.fromEntries(
  Object.entries(mains).map(([name, main]) => [
    name,
    (size, allAsleep) => Effect.runPromise(Effect.gen(() => main(size, allAsleep))),
  ]),
)

const UNBOUNDED = { concurrency: 'unbounded' }

const mixed = mixedFunctions('function*', 'yield* Effect.yieldNow', { Effect }).map((worker) =>
  Effect.fnUntraced(worker),
)

const child = Effect.fnUntraced(function* (id) {
  return id
})

function* nested({ depth, rounds }) {
  return yield* descend(depth, rounds)
}

const descend = Effect.fnUntraced(function* (depth, rounds) {
  if (depth > 1) return (yield* descend(depth - 1, rounds)) + 1
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    yield* Effect.yieldNow
    sum++
  }
  return sum + 1
})

const fib = Effect.fnUntraced(function* (n) {
  return n < 2 ? n : (yield* fib(n - 1)) + (yield* fib(n - 2))
})

function* queue({ count, maxsize }) {
  const queue = yield* Queue.bounded(maxsize)
  let sum = 0
  const producer = Effect.fnUntraced(function* () {
    for (let i = 0; i < count; i++) yield* Queue.offer(queue, i)
  })
  const consumer = Effect.fnUntraced(function* () {
    for (let i = 0; i < count; i++) sum += yield* Queue.take(queue)
  })
  yield* Effect.all([producer(), consumer()], UNBOUNDED)
  return sum
}

function* timers({ tasks, longest }) {
  let sum = 0
  const sleeper = Effect.fnUntraced(function* (delay) {
    const start = performance.now()
    yield* Effect.sleep(delay)
    if (performance.now() - start > delay - 1) sum++
  })
  yield* Effect.all(
    Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1))),
    UNBOUNDED,
  )
  return sum
}

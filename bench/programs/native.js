// Promises and async functions, written without a library.

import { deferred } from '../lib/deferred.js'
import { mixedFunctions } from '../lib/mixed.js'
import { promiseOf } from '../lib/promise-of.js'
import { numbers, query, serve, tokenIn, tokens } from '../lib/sources.js'

/** @typedef {import('../harness/workloads.js').Size} Size */

export const programs = {
  /** @param {{ tasks: number, rounds: number }} size */
  async switch({ tasks, rounds }) {
    let turn = 0
    let sum = 0
    /** @param {number} id */
    async function worker(id) {
      for (let round = 0; round < rounds; round++) {
        if (turn++ === round * tasks + id) sum++
        await undefined
      }
    }
    await Promise.all(Array.from({ length: tasks }, (_, id) => worker(id)))
    return sum
  },

  /** @param {{ tasks: number, rounds: number }} size */
  async 'switch-mixed'({ tasks, rounds }) {
    const state = { turn: 0, sum: 0, tasks, rounds }
    await Promise.all(Array.from({ length: tasks }, (_, id) => mixed[id % mixed.length]?.(id, state)))
    return state.sum
  },

  /** @param {{ tasks: number }} size */
  async 'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += await child(id)
    return sum
  },

  /** @param {{ tasks: number }} size */
  async 'spawn-all'({ tasks }) {
    const results = await Promise.all(Array.from({ length: tasks }, (_, id) => child(id)))
    return results.reduce((sum, result) => sum + result, 0)
  },

  /** @param {{ count: number }} size */
  async future({ count }) {
    let sum = 0
    let mail = deferred()
    async function consumer() {
      for (let i = 0; i < count; i++) {
        const { value, receipt } = await mail.promise
        mail = deferred()
        sum += value
        receipt.resolve(undefined)
      }
    }
    const done = consumer()
    for (let value = 0; value < count; value++) {
      const receipt = deferred()
      mail.resolve({ value, receipt })
      await receipt.promise
    }
    await done
    return sum
  },

  queue,

  /** @param {{ tasks: number, rounds: number }} size */
  async lock({ tasks, rounds }) {
    const mutex = new Mutex()
    let inside = 0
    let sum = 0
    async function worker() {
      for (let round = 0; round < rounds; round++) {
        await mutex.acquire()
        if (inside++ === 0) sum++
        await undefined
        inside--
        mutex.release()
      }
    }
    await Promise.all(Array.from({ length: tasks }, worker))
    return sum
  },

  depth: nested,
  plain: nested,

  /** @param {{ n: number }} size */
  fib({ n }) {
    return fib(n)
  },

  // Promises cannot be cancelled. The platform's counterpart is one AbortController for each.
  /**
   * @param {{ tasks: number }} size
   * @param {(count: number) => void} reached
   */
  async cancel({ tasks }, reached) {
    let sum = 0
    /** @param {AbortSignal} signal */
    async function worker(signal) {
      try {
        await aborted(signal)
      } finally {
        sum++
      }
    }
    const controllers = Array.from({ length: tasks }, () => new AbortController())
    const workers = controllers.map(({ signal }) => worker(signal))
    await undefined
    reached(tasks)
    for (const controller of controllers) controller.abort()
    for (const outcome of await Promise.allSettled(workers)) {
      if (outcome.status === 'rejected' && outcome.reason.name === 'AbortError') sum++
    }
    return sum
  },

  timers,

  /** @param {{ tasks: number, delays: number }} size */
  'timers-cancel'({ tasks, delays }) {
    let fired = 0
    const fire = () => fired++
    const handles = Array.from({ length: tasks }, (_, i) => setTimeout(fire, 10_000 + (i % delays)))
    for (const handle of handles) clearTimeout(handle)
    return tasks - fired
  },

  /** @param {{ count: number }} size */
  async promise({ count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += await promiseOf(i)
    return sum
  },

  /** @param {{ count: number }} size */
  async 'for-each'({ count }) {
    let sum = 0
    for await (const number of numbers(count)) sum += number
    return sum
  },

  /** @param {{ count: number }} size */
  async 'stream-tokens'({ count }) {
    let sum = 0
    for await (const chunk of tokens(count)) sum += tokenIn(chunk)
    return sum
  },

  /** @param {{ count: number }} size */
  async handler({ count }) {
    let served = 0
    let sum = 0
    await serve(async (_request, response) => {
      const first = await query()
      await query()
      sum += served++
      response.end(first)
    }, count)
    return sum
  },

  /** @param {{ count: number }} size */
  async 'pool-call'({ count }) {
    const { open } = await import('../pools/contenders/post-message.js')
    pool ??= open(1)
    const worker = pool
    const results = await Promise.all(Array.from({ length: count }, (_, n) => worker.call('square', n)))
    return results.reduce((sum, result) => sum + result, 0)
  },

  /**
   * @param {{ tasks: number }} size
   * @param {(asleep: number) => void} allAsleep
   */
  async memory({ tasks }, allAsleep) {
    let asleep = 0
    async function sleeper() {
      asleep++
      await new Promise((resolve) => setTimeout(resolve, 1e6))
    }
    for (let id = 0; id < tasks; id++) sleeper()
    await undefined
    allAsleep(asleep)
    return asleep
  },
}

/** One for all rounds. @type {import('../pools/measure.js').Pool | undefined} */
let pool

const mixed = mixedFunctions('async function', 'await undefined', {})

/** @param {number} id */
async function child(id) {
  return id
}

/** @param {{ depth: number, rounds: number }} size */
function nested({ depth, rounds }) {
  return descend(depth, rounds)
}

/**
 * @param {number} depth
 * @param {number} rounds
 * @returns {Promise<number>}
 */
async function descend(depth, rounds) {
  if (depth > 1) return (await descend(depth - 1, rounds)) + 1
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    await undefined
    sum++
  }
  return sum + 1
}

/**
 * @param {number} n
 * @returns {Promise<number>}
 */
async function fib(n) {
  return n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2))
}

/** @param {{ count: number, maxsize: number }} size */
async function queue({ count, maxsize }) {
  const queue = new PromiseQueue(maxsize)
  let sum = 0
  async function producer() {
    for (let i = 0; i < count; i++) await queue.put(i)
  }
  async function consumer() {
    for (let i = 0; i < count; i++) sum += await queue.get()
  }
  await Promise.all([producer(), consumer()])
  return sum
}

/** A bounded queue, written with promises. */
class PromiseQueue {
  /** @type {number[]} */
  #items = []
  /** @type {((value: undefined) => void)[]} */
  #putters = []
  /** @type {((value: undefined) => void)[]} */
  #getters = []
  #maxsize

  /** @param {number} maxsize */
  constructor(maxsize) {
    this.#maxsize = maxsize
  }

  // Where there is no wait, no promise is made: with async methods, an item takes a fifth longer.

  /** @param {number} item */
  put(item) {
    return this.#items.length >= this.#maxsize ? this.#putLater(item) : this.#putNow(item)
  }

  get() {
    return this.#items.length === 0 ? this.#getLater() : this.#getNow()
  }

  /** @param {number} item */
  async #putLater(item) {
    while (this.#items.length >= this.#maxsize) {
      await new Promise((resolve) => this.#putters.push(resolve))
    }
    this.#putNow(item)
  }

  async #getLater() {
    while (this.#items.length === 0) {
      await new Promise((resolve) => this.#getters.push(resolve))
    }
    return this.#getNow()
  }

  /** @param {number} item */
  #putNow(item) {
    this.#items.push(item)
    this.#getters.shift()?.(undefined)
  }

  #getNow() {
    const item = this.#items.shift() ?? Number.NaN
    this.#putters.shift()?.(undefined)
    return item
  }
}

/** A fair lock, written with promises. */
class Mutex {
  #locked = false
  /** @type {((value: undefined) => void)[]} */
  #waiters = []

  /** @returns {Promise<undefined>} */
  acquire() {
    if (this.#locked) return new Promise((resolve) => this.#waiters.push(resolve))
    this.#locked = true
    return Promise.resolve(undefined)
  }

  release() {
    const next = this.#waiters.shift()
    if (next === undefined) this.#locked = false
    else next(undefined)
  }
}

/** @param {AbortSignal} signal */
function aborted(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** @param {{ tasks: number, longest: number }} size */
async function timers({ tasks, longest }) {
  let sum = 0
  /** @param {number} delay */
  async function sleeper(delay) {
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, delay))
    if (performance.now() - start > delay - 1) sum++ // Node's timers may be early, by less than a millisecond
  }
  await Promise.all(Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1))))
  return sum
}

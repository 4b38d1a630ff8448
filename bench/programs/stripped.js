// The floor under a Task: generators with Tasks and Futures in asyncio's order of steps. A Task can be cancelled where
// it waits. There is as little else as possible: no names, contexts or events, one waiter for each Future, no checks.
// The time that Spindle takes beyond this is the price of all that. Don't write programs in this way.

import { promiseOf } from '../lib/promise-of.js'
import { numbers, query, serve } from '../lib/sources.js'

/** @type {Record<string, string>} */
export const cannot = {}

const RESUMED = Symbol('resumed')

/** What is ready, in a ring. */
const ready = {
  /** @type {any[]} */
  slots: new Array(2 ** 18).fill(undefined), // twice the most Tasks of a workload
  head: 0,
  tail: 0,
}

/** @param {any} one */
function schedule(one) {
  ready.slots[ready.tail] = one
  ready.tail = (ready.tail + 1) & (2 ** 18 - 1)
}

function runReady() {
  while (ready.head !== ready.tail) {
    const one = ready.slots[ready.head]
    ready.slots[ready.head] = undefined
    ready.head = (ready.head + 1) & (2 ** 18 - 1)
    one.run()
  }
  ready.head = ready.tail = 0 // the same slots again, which are in the cache
}

/** A result to come: what `yield*` asks, the iterator that it gets, and what that yields, in one object. */
class Future {
  constructor() {
    this.done = false
    /** What `yield*` yields: itself, until there is a result. @type {any} */
    this.value = this
    /** Thrown into the Task that waits. @type {Error | undefined} */
    this.error = undefined
    /** @type {any} */
    this.waiter = undefined
  }

  [Symbol.iterator]() {
    return this
  }

  next() {
    return this
  }

  /** @param {any} value */
  setResult(value) {
    this.done = true
    this.value = value
    if (this.waiter !== undefined) schedule(this.waiter)
  }

  /** @param {Error} error */
  setError(error) {
    this.error = error
    this.setResult(undefined)
  }

  cancel() {
    if (!this.done) this.setError(new Error('cancelled'))
  }
}

/** One turn of the loop. */
const turn = {
  [Symbol.iterator]() {
    return turn
  },

  /** @param {unknown} resumed */
  next(resumed) {
    return resumed === RESUMED ? nothing : turn
  },
  done: false,
  /** @returns {unknown} */
  get value() {
    return turn
  },
}

/** The iterator of what need not wait, and the result of its one step. */
class Immediate {
  /** @param {any} value */
  constructor(value) {
    this.value = value
  }

  get done() {
    return true
  }

  next() {
    return this
  }
}

const nothing = new Immediate(undefined)

class Task extends Future {
  /** @param {Generator<any, any, any>} generator */
  constructor(generator) {
    super()
    this.generator = generator
    /** @type {Future | undefined} */
    this.waitsFor = undefined
    schedule(this)
  }

  /** @override */
  cancel() {
    this.waitsFor?.cancel()
  }

  run() {
    const error = this.waitsFor?.error
    this.waitsFor = undefined
    try {
      const step = error === undefined ? this.generator.next(RESUMED) : this.generator.throw(error)
      if (step === turn) schedule(this)
      else if (step instanceof Future) this.waitFor(step)
      else if (step.done) this.setResult(step.value)
      else if (step.value === turn)
        schedule(this) // JavaScriptCore wraps a yielded value in a new object
      else this.waitFor(step.value)
    } catch (failure) {
      this.setError(/** @type {Error} */ (failure))
    }
  }

  /** @param {Future} future */
  waitFor(future) {
    this.waitsFor = future
    future.waiter = this
  }
}

/** A gather(): the waiter of each child. */
class Gathering extends Future {
  /** @param {Generator<any, any, any>[]} generators */
  constructor(generators) {
    super()
    this.tasks = generators.map((generator) => new Task(generator))
    for (const task of this.tasks) task.waiter = this
    this.pending = this.tasks.length
  }

  run() {
    if (--this.pending === 0) this.setResult(this.tasks.map(({ value }) => value))
  }
}

class PromiseFuture extends Future {
  /** @param {Promise<any>} promise */
  constructor(promise) {
    super()
    promise.then(onFulfilled.bind(this), onRejected.bind(this))
  }
}

/**
 * @this {Future}
 * @param {any} value
 */
function onFulfilled(value) {
  if (this.done) return
  this.setResult(value)
  runReady()
}

/**
 * @this {Future}
 * @param {any} error
 */
function onRejected(error) {
  if (this.done) return
  this.setError(error)
  runReady()
}

/** The coroutine of a call: nothing is called before it is awaited. */
class Call {
  /** @param {(signal?: AbortSignal) => Promise<any>} work */
  constructor(work) {
    this.work = work
  }

  [Symbol.iterator]() {
    const { work } = this
    return new PromiseFuture(work.length > 0 ? work(new AbortController().signal) : work())
  }
}

/**
 * @param {AsyncIterable<any>} source
 * @param {(item: any) => Generator<any, any, any>} block
 * @returns {Generator<any, any, any>}
 */
function* forEach(source, block) {
  const iterator = source[Symbol.asyncIterator]()
  let isOpen = true
  try {
    for (;;) {
      const { done, value } = yield* /** @type {any} */ (new PromiseFuture(iterator.next()))
      isOpen = !done
      if (done || (yield* block(value)) === false) return
    }
  } finally {
    if (isOpen && iterator.return !== undefined) yield* /** @type {any} */ (new PromiseFuture(iterator.return()))
  }
}

/**
 * A request as a Task, which starts in a later microtask and so sees its own stores, and is cancelled with its client.
 *
 * @param {(request: any, response: any) => Generator<any, any, any>} handle
 */
function handler(handle) {
  return async (/** @type {any} */ request, /** @type {any} */ response) => {
    const task = new Task(handle(request, response))
    const onClose = () => task.cancel()
    response.once('close', onClose)
    queueMicrotask(runReady)
    await new Promise((resolve) => {
      task.waiter = { run: resolve }
    })
    response.off('close', onClose)
    if (task.error !== undefined) throw task.error
  }
}

class Queue {
  /** @type {number[]} */
  #slots = new Array(1024).fill(0)
  #head = 0
  #length = 0
  #maxsize
  #get = new Get(this)
  /** @type {Future | undefined} */
  getter = undefined
  /** @type {Future | undefined} */
  putter = undefined

  /** @param {number} maxsize */
  constructor(maxsize) {
    this.#maxsize = maxsize
  }

  /** @param {number} item */
  put(item) {
    return new Put(this, item)
  }

  get() {
    return this.#get
  }

  get isFull() {
    return this.#length >= this.#maxsize
  }

  get isEmpty() {
    return this.#length === 0
  }

  /** @param {Put} put */
  waitToPut(put) {
    const waiter = new Waiter(put)
    this.putter = waiter
    return waiter
  }

  /** @param {Get} get */
  waitToGet(get) {
    const waiter = new Waiter(get)
    this.getter = waiter
    return waiter
  }

  /** @param {number} item */
  putNow(item) {
    this.#slots[(this.#head + this.#length++) & 1023] = item
    const { getter } = this
    if (getter === undefined) return
    this.getter = undefined
    getter.setResult(undefined)
  }

  getNow() {
    const item = this.#slots[this.#head]
    this.#head = (this.#head + 1) & 1023
    this.#length--
    const { putter } = this
    if (putter === undefined) return item
    this.putter = undefined
    putter.setResult(undefined)
    return item
  }
}

class Put {
  /**
   * @param {Queue} queue
   * @param {number} item
   */
  constructor(queue, item) {
    this.queue = queue
    this.item = item
  }

  [Symbol.iterator]() {
    if (this.queue.isFull) return this.queue.waitToPut(this)
    return this.finish()
  }

  finish() {
    this.queue.putNow(this.item)
    return nothing
  }
}

class Get {
  /** @param {Queue} queue */
  constructor(queue) {
    this.queue = queue
  }

  [Symbol.iterator]() {
    if (this.queue.isEmpty) return this.queue.waitToGet(this)
    return this.finish()
  }

  finish() {
    return new Immediate(this.queue.getNow())
  }
}

/** Waits to put or to get. */
class Waiter extends Future {
  /** @param {Put | Get} operation */
  constructor(operation) {
    super()
    this.operation = operation
  }

  /** @override */
  next() {
    return this.done ? /** @type {any} */ (this.operation.finish()) : this
  }
}

/**
 * Runs a program as `await run(main())` does.
 *
 * @param {Generator<any, any, any>} main
 */
async function run(main) {
  const task = new Task(main)
  const ended = new Promise((resolve) => {
    task.waiter = { run: () => resolve(task.value) }
  })
  queueMicrotask(runReady)
  return ended
}

/** @type {Record<string, (size: any) => Generator<any, any, any>>} */
const mains = {
  /** @param {{ tasks: number, rounds: number }} size */
  *switch({ tasks, rounds }) {
    let at = 0
    let sum = 0
    /** @param {number} id */
    function* worker(id) {
      for (let round = 0; round < rounds; round++) {
        if (at++ === round * tasks + id) sum++
        yield* turn
      }
    }
    yield* new Gathering(Array.from({ length: tasks }, (_, id) => worker(id)))
    return sum
  },

  /** @param {{ tasks: number }} size */
  *'spawn-seq'({ tasks }) {
    let sum = 0
    for (let id = 0; id < tasks; id++) sum += yield* new Task(child(id))
    return sum
  },

  /** @param {{ tasks: number }} size */
  *'spawn-all'({ tasks }) {
    const results = yield* new Gathering(Array.from({ length: tasks }, (_, id) => child(id)))
    return results.reduce((/** @type {number} */ sum, /** @type {number} */ result) => sum + result, 0)
  },

  queue,

  /** @param {{ count: number }} size */
  *promise({ count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += yield* new PromiseFuture(promiseOf(i))
    return sum
  },

  'await-call': calls,
  'await-call-settled': calls,

  /** @param {{ count: number }} size */
  *'for-each'({ count }) {
    let sum = 0
    yield* forEach(numbers(count), function* (number) {
      sum += number
    })
    return sum
  },

  /** @param {{ count: number }} size */
  *handler({ count }) {
    let served = 0
    let sum = 0
    const listener = handler(function* (_request, response) {
      const first = yield* /** @type {any} */ (new PromiseFuture(query()))
      yield* /** @type {any} */ (new PromiseFuture(query()))
      sum += served++
      response.end(first)
    })
    yield* /** @type {any} */ (new PromiseFuture(serve(listener, count)))
    return sum
  },
}

export const programs = Object.fromEntries(
  Object.entries(mains).map(([name, main]) => [
    name,
    (/** @type {any} */ size) => run(/** @type {any} */ (main)(size)),
  ]),
)

/** @param {{ count: number }} size */
function* calls({ count }) {
  let sum = 0
  for (let i = 0; i < count; i++) sum += yield* /** @type {any} */ (new Call(() => promiseOf(i)))
  return sum
}

/** @param {number} id */
function* child(id) {
  return id
}

/**
 * @param {{ count: number, maxsize: number }} size
 * @returns {Generator<any, any, any>}
 */
function* queue({ count, maxsize }) {
  const queue = new Queue(maxsize)
  let sum = 0
  function* producer() {
    for (let i = 0; i < count; i++) yield* /** @type {any} */ (queue.put(i))
  }
  function* consumer() {
    for (let i = 0; i < count; i++) sum += yield* /** @type {any} */ (queue.get())
  }
  yield* new Gathering([producer(), consumer()])
  return sum
}

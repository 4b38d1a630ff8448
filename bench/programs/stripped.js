// The floor under a Task: generators with Tasks and Futures in asyncio's order of steps, and as little else as
// possible: no cancellation, no errors, no names, contexts or events, one waiter for each Future, nothing checked. What
// Spindle takes beyond this is what all of that costs. Not a way to write programs.

import { promiseOf } from '../lib/promise-of.js'

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
  if (timers.length > 0) waitForTimers()
}

/** A result to come: what `yield*` asks, the iterator that it gets, and what that yields, in one object. */
class Future {
  constructor() {
    this.done = false
    /** What `yield*` yields: itself, until there is a result. @type {any} */
    this.value = this
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
    schedule(this)
  }

  run() {
    const step = this.generator.next(RESUMED)
    if (step === turn) schedule(this)
    else if (step instanceof Future) /** @type {Future} */ (step).waiter = this
    else if (step.done) this.setResult(step.value)
    else if (step.value === turn)
      schedule(this) // JavaScriptCore passes on what was yielded in an object of its own
    else step.value.waiter = this
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
    promise.then(onFulfilled.bind(this), onRejected)
  }
}

/**
 * @this {Future}
 * @param {any} value
 */
function onFulfilled(value) {
  this.setResult(value)
  runReady()
}

/** @param {unknown} error */
function onRejected(error) {
  throw error
}

/** A binary heap of what sleeps; one timer of the host for all. */
class Timers {
  /** @type {number[]} */
  #times = []
  /** @type {Future[]} */
  #sleeps = []
  isSet = false

  get length() {
    return this.#times.length
  }

  get earliest() {
    return /** @type {number} */ (this.#times[0])
  }

  /**
   * @param {number} when
   * @param {Future} sleep
   */
  add(when, sleep) {
    let place = this.#times.length
    this.#times.push(when)
    this.#sleeps.push(sleep)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (this.#timeAt(parent) <= when) break
      this.#move(parent, place)
      place = parent
    }
    this.#put(place, when, sleep)
  }

  pop() {
    const first = /** @type {Future} */ (this.#sleeps[0])
    const when = /** @type {number} */ (this.#times.pop())
    const last = /** @type {Future} */ (this.#sleeps.pop())
    const length = this.#times.length
    if (length === 0) return first
    let place = 0
    for (let child = 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length && this.#timeAt(child + 1) < this.#timeAt(child)) child++
      if (when <= this.#timeAt(child)) break
      this.#move(child, place)
      place = child
    }
    this.#put(place, when, last)
    return first
  }

  /** @param {number} place */
  #timeAt(place) {
    return /** @type {number} */ (this.#times[place])
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #move(from, to) {
    this.#put(to, this.#timeAt(from), /** @type {Future} */ (this.#sleeps[from]))
  }

  /**
   * @param {number} place
   * @param {number} when
   * @param {Future} sleep
   */
  #put(place, when, sleep) {
    this.#times[place] = when
    this.#sleeps[place] = sleep
  }
}

const timers = new Timers()

function waitForTimers() {
  if (timers.isSet) return
  timers.isSet = true
  setTimeout(wakeSleepers, Math.max(1, Math.ceil(timers.earliest - performance.now())))
}

function wakeSleepers() {
  timers.isSet = false
  const now = performance.now()
  while (timers.length > 0 && timers.earliest <= now) timers.pop().setResult(undefined)
  runReady()
}

/** @param {number} delay */
function sleep(delay) {
  const future = new Future()
  timers.add(performance.now() + delay, future)
  return future
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

  /** @param {{ tasks: number, longest: number }} size */
  *'timers-100k'({ tasks, longest }) {
    let sum = 0
    /** @param {number} delay */
    function* sleeper(delay) {
      const start = performance.now()
      if (delay > 0) yield* sleep(delay)
      else yield* turn
      if (performance.now() - start > delay - 1) sum++
    }
    yield* new Gathering(Array.from({ length: tasks }, (_, id) => sleeper((id * 7919) % (longest + 1))))
    return sum
  },

  /** @param {{ count: number }} size */
  *promise({ count }) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += yield* new PromiseFuture(promiseOf(i))
    return sum
  },
}

export const programs = Object.fromEntries(
  Object.entries(mains).map(([name, main]) => [
    name,
    (/** @type {any} */ size) => run(/** @type {any} */ (main)(size)),
  ]),
)

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

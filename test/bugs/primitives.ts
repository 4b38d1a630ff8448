// Spindle's own locks, queues, groups and combinators, each in a small program with a condition that must hold whatever
// is cancelled and however late the loop is.

import { duration, type ExploredRun } from '@spindle/testing'
import { simulate } from '@spindle/testing/simulate'
import {
  asCompleted,
  Barrier,
  CancelledError,
  Condition,
  type Coroutine,
  createTask,
  currentTask,
  Event,
  forEach,
  gather,
  getRunningLoop,
  LifoQueue,
  Lock,
  moveOnAfter,
  PriorityQueue,
  Queue,
  Semaphore,
  shield,
  sleep,
  type Task,
  TimeoutError,
  taskGroup,
  timeout,
  uncancellable,
  wait,
  waitFor,
} from 'spindle'
import { RateLimiter } from 'spindle/more'
import { StreamReader, StreamWriter } from 'spindle/node'

/** A program that uses one primitive, and a check of the end of each run. */
export interface Primitive {
  readonly name: string
  setup(): unknown
  program(given: never): Coroutine<unknown>
  check?(run: ExploredRun<never, unknown>): unknown
}

/** Checks the parts of a primitive against the type that its `setup` returns. */
function primitive<S>(
  name: string,
  setup: () => S,
  program: (given: S) => Coroutine<unknown>,
  check?: (given: S, run: ExploredRun<S, unknown>) => unknown,
): Primitive {
  const checkRun = check && ((run: ExploredRun<S, unknown>): unknown => check(run.given, run))
  return { name, setup, program, ...(checkRun && { check: checkRun }) } as unknown as Primitive // the list of all primitives has one type
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Starts the coroutines and waits for each of them, whatever the results of the others. */
function* all(coroutines: readonly Coroutine<unknown>[]): Coroutine<void> {
  yield* lookAfter(coroutines.map((one, n) => createTask(one, { name: `t${n + 1}` })))
}

function* lookAfter(tasks: readonly Task<unknown>[]): Coroutine<void> {
  let cancelled: CancelledError | undefined
  for (const task of tasks) {
    try {
      yield* task
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error
      cancelled = error
    }
  }
  if (cancelled !== undefined) throw cancelled
}

interface Inside {
  now: number
  most: number
  readonly order: number[]
}

function* enter(inside: Inside, n: number): Coroutine<void> {
  inside.order.push(n)
  inside.most = Math.max(inside.most, ++inside.now)
  try {
    yield* sleep(5)
  } finally {
    inside.now--
  }
}

function isSorted(list: readonly number[]): boolean {
  return list.every((one, n) => n === 0 || (list[n - 1] as number) <= one)
}

const newInside = (): Inside => ({ now: 0, most: 0, order: [] })

const lock = primitive(
  'Lock',
  () => ({ lock: new Lock(), inside: newInside() }),
  ({ lock, inside }) => {
    function* worker(n: number): Coroutine<void> {
      if (n === 3) yield* sleep(5)
      using _ = yield* lock.acquire()
      yield* enter(inside, n)
    }
    return all([worker(0), worker(1), worker(2), worker(3)])
  },
  function* ({ lock, inside }) {
    must(inside.most <= 1, `${inside.most} held the lock at once`)
    must(isSorted(inside.order), `the lock was handed on in the order ${inside.order}`)
    must(!lock.locked(), 'the lock is left locked')
    using _ = yield* lock.acquire()
  },
)

const semaphore = primitive(
  'Semaphore',
  () => ({ semaphore: new Semaphore(2), inside: newInside() }),
  ({ semaphore, inside }) => {
    function* worker(n: number): Coroutine<void> {
      if (n === 4) yield* sleep(5)
      using _ = yield* semaphore.acquire()
      yield* enter(inside, n)
    }
    return all([worker(0), worker(1), worker(2), worker(3), worker(4)])
  },
  function* ({ semaphore, inside }) {
    must(inside.most <= 2, `${inside.most} had a permit at once`)
    must(isSorted(inside.order), `permits were given in the order ${inside.order}`)
    yield* semaphore.acquire()
    yield* semaphore.acquire()
    must(semaphore.locked(), 'there are more permits than at first')
  },
)

const condition = primitive(
  'Condition',
  () => ({ changed: new Condition(), items: 0, inside: 0 }),
  (given) => {
    const { changed } = given
    function* borrow(): Coroutine<void> {
      using _ = yield* changed.acquire()
      must(given.inside++ === 0, 'two hold the lock of the condition')
      try {
        while (given.items === 0) {
          given.inside--
          try {
            yield* changed.wait()
          } finally {
            must(changed.locked(), 'wait() has ended without the lock')
            must(given.inside++ === 0, 'two hold the lock of the condition')
          }
        }
        changed.notify() // it puts back the item it took
      } finally {
        given.inside--
      }
    }
    function* look(): Coroutine<void> {
      using _ = yield* changed.acquire()
      must(yield* changed.waitFor(() => given.items > 0), 'waitFor() has returned without an item')
      changed.notify()
    }
    function* bring(): Coroutine<void> {
      yield* sleep(5)
      yield* rumour()
      yield* sleep(1)
      using _ = yield* changed.acquire()
      given.items++
      changed.notify()
      yield* sleep(1)
    }
    /** Wakes all, although nothing has changed. */
    function* rumour(): Coroutine<void> {
      using _ = yield* changed.acquire()
      changed.notifyAll()
    }
    return all([borrow(), borrow(), look(), bring()])
  },
  function* ({ changed }) {
    must(!changed.locked(), 'the lock is left locked')
    using _ = yield* changed.acquire()
    changed.notifyAll()
  },
)

const event = primitive(
  'Event',
  () => ({ event: new Event(), passed: 0 }),
  (given) => {
    function* waiter(delay: number): Coroutine<void> {
      yield* sleep(delay)
      must((yield* given.event.wait()) === true, 'wait() has returned something else')
      must(given.event.isSet(), 'wait() has returned, and the event is not set')
      given.passed++
    }
    function* setter(): Coroutine<void> {
      try {
        yield* sleep(5)
      } finally {
        given.event.set()
      }
    }
    return all([setter(), waiter(0), waiter(0), waiter(10)])
  },
  ({ event }, { cancelled }) => {
    if (!cancelled.includes('main/t1') && !cancelled.includes('main')) must(event.isSet(), 'the event is not set')
  },
)

const barrier = primitive(
  'Barrier',
  () => ({ barrier: new Barrier(2), places: [] as number[] }),
  ({ barrier, places }) => {
    function* party(delay: number): Coroutine<void> {
      yield* sleep(delay)
      places.push(yield* barrier.wait())
    }
    // Enough parties even if two are cancelled, and one that opens the barrier for the rest.
    function* last(): Coroutine<void> {
      yield* sleep(duration(100, 100)) // the others come before
      yield* barrier.abort()
    }
    return all([party(0), party(0), party(5), party(10)].map(quiet).concat(last()))
  },
  function* ({ barrier, places }, { cancelled }) {
    if (cancelled.length === 0) must([...places].sort().join() === '0,0,1,1', `places: ${places}`)
    yield* barrier.reset()
    const two = [createTask(barrier.wait()), createTask(barrier.wait())]
    for (const one of two) yield* one
    must(barrier.nWaiting === 0, `${barrier.nWaiting} wait at a barrier that nobody waits at`)
  },
)

/** Errors other than CancelledError are permitted here. */
function* quiet(coroutine: Coroutine<unknown>): Coroutine<void> {
  try {
    yield* coroutine
  } catch (error) {
    if (error instanceof CancelledError) throw error
  }
}

interface Traffic {
  readonly put: number[]
  readonly got: number[]
}

function queueOf(name: string, make: () => Queue<number>, isOrdered: boolean): Primitive {
  return primitive(
    name,
    () => ({ queue: make(), put: [] as number[], got: [] as number[] }) satisfies Traffic & { queue: Queue<number> },
    ({ queue, put, got }) => {
      function* producer(items: readonly number[]): Coroutine<void> {
        for (const item of items) {
          yield* queue.put(item)
          put.push(item)
        }
      }
      function* consumer(count: number, delay: number): Coroutine<void> {
        yield* sleep(delay)
        for (let n = 0; n < count; n++) {
          got.push(yield* queue.get())
          queue.taskDone()
        }
      }
      function* hasty(): Coroutine<void> {
        yield* sleep(5)
        if (queue.full()) return // otherwise it overtook a producer that was woken
        queue.putNowait(5)
        put.push(5)
      }
      return all([consumer(1, 0), consumer(1, 0), producer([1, 2, 3]), producer([4]), consumer(2, 5), hasty()])
    },
    function* ({ queue, put, got }, { cancelled }) {
      const left: number[] = []
      while (!queue.empty()) {
        left.push(queue.getNowait())
        queue.taskDone()
      }
      const there = [...got, ...left].sort()
      must(there.join() === [...put].sort().join(), `put: ${put}, received: ${got}, left: ${left}`)
      if (isOrdered) must(isSorted(got.filter((item) => item < 4)), `1, 2 and 3 were received as ${got}`)
      if (cancelled.length === 0) must(got.length === 4, `${got.length} of 4 were received`)
      yield* queue.join() // hangs if the items were counted wrongly
      yield* queue.put(9)
      must((yield* queue.get()) === 9, 'the queue does not work any more')
    },
  )
}

const queueOfBorrowers = primitive(
  'Queue, of which all borrow the same item',
  () => ({ queue: new Queue<number>(), inside: newInside() }),
  ({ queue, inside }) => {
    function* borrower(n: number): Coroutine<void> {
      const item = yield* queue.get()
      try {
        yield* enter(inside, n)
      } finally {
        queue.putNowait(item)
      }
    }
    function* owner(): Coroutine<void> {
      try {
        yield* sleep(5)
      } finally {
        queue.putNowait(1)
      }
    }
    return all([borrower(0), borrower(1), borrower(2), owner()])
  },
  ({ queue, inside }, { cancelled }) => {
    must(inside.most <= 1, `${inside.most} had the item at once`)
    if (!cancelled.includes('main') && !cancelled.includes('main/t4')) must(queue.qsize() === 1, 'the item is lost')
  },
)

const queueShutdown = primitive(
  'Queue.shutdown()',
  () => ({ queue: new Queue<number>(1), ended: 0, begun: 0 }),
  (given) => {
    const { queue } = given
    function* counted(one: Coroutine<unknown>): Coroutine<void> {
      given.begun++
      try {
        yield* quiet(one)
      } finally {
        given.ended++
      }
    }
    function* consumer(): Coroutine<void> {
      yield* forEach(queue, function* () {
        yield* sleep(8)
      })
    }
    function* closer(): Coroutine<void> {
      try {
        yield* sleep(5)
      } finally {
        queue.shutdown()
      }
    }
    return all([
      counted(closer()),
      counted(consumer()),
      counted(consumer()),
      counted(queue.put(1)),
      counted(queue.put(2)),
      counted(queue.put(3)),
      counted(queue.put(4)),
    ])
  },
  ({ begun, ended }) => must(begun === ended, `${begun - ended} wait for a queue that is shut down`),
)

const rateLimiter = primitive(
  'RateLimiter',
  () => ({ limiter: new RateLimiter(1, 10), passed: [] as number[] }),
  ({ limiter, passed }) => {
    function* caller(delay: number): Coroutine<void> {
      yield* sleep(delay)
      yield* limiter.acquire()
      passed.push(getRunningLoop().time())
    }
    return all([caller(0), caller(0), caller(3)])
  },
  function* ({ limiter, passed }) {
    for (const [n, time] of passed.entries()) {
      if (n > 0) must(time - (passed[n - 1] as number) > 9.999, `two have passed within 10 ms: at ${passed}`)
    }
    yield* limiter.acquire()
  },
)

const group = primitive(
  'taskGroup()',
  () => ({ begun: 0, ended: 0, result: '' }),
  (given) => {
    function* child(delay: number, fails: boolean): Coroutine<void> {
      given.begun++
      try {
        yield* sleep(delay)
        if (fails) throw new RangeError('a child fails')
      } finally {
        given.ended++
      }
    }
    return (function* program(): Coroutine<void> {
      try {
        yield* taskGroup(function* (group) {
          group.createTask(child(5, false), { name: 'sound' })
          group.createTask(child(10, true), { name: 'failing' })
          group.createTask(child(20, false), { name: 'slow' })
          yield* sleep(duration(30, 30)) // longer than the child that fails
          given.result = 'the block went on though a child had failed'
        })
        given.result ||= 'returned'
      } catch (error) {
        if (error instanceof CancelledError) throw error
        given.result ||= 'failed'
      } finally {
        must(given.begun === given.ended, `the group has ended before ${given.begun - given.ended} of its Tasks`)
      }
      yield* taskGroup(function* (group) {
        group.createTask(child(5, false), { name: 'in vain' })
        group.cancel()
        yield* sleep(30)
      })
    })()
  },
  ({ result }, { cancelled, task }) => {
    if (cancelled.length === 0) must(result === 'failed', `result: ${result}`)
    if (cancelled.includes('main')) must(task.cancelled(), `main was cancelled, and went on: ${result}`)
    else must(!task.cancelled(), 'main ends cancelled, and nobody has cancelled it')
  },
)

const timeouts = primitive(
  'timeout()',
  () => ({ log: '' }),
  (given) =>
    (function* program(): Coroutine<void> {
      try {
        yield* timeout(20, function* () {
          const inner = yield* moveOnAfter(duration(10, 10), () => sleep(15, 'late'))
          given.log += inner === undefined ? 'moved on, ' : `${inner}, `
          yield* sleep(30)
        })
        given.log += 'returned'
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
        given.log += 'timed out'
      }
      yield* sleep(50) // a timer left behind would cancel this
      given.log += ', done'
    })(),
  ({ log }, { cancelled, task }) => {
    if (cancelled.includes('main')) must(task.cancelled(), `main was cancelled, and went on: ${log}`)
    else must(log === 'moved on, timed out, done' || log === 'timed out, done', `log: ${log}`)
  },
)

const waitForItem = primitive(
  'waitFor()',
  () => ({ queue: new Queue<number>(), put: [] as number[], got: [] as number[] }),
  ({ queue, put, got }) => {
    function* producer(): Coroutine<void> {
      for (const item of [1, 2]) {
        yield* sleep(5)
        queue.putNowait(item)
        put.push(item)
      }
    }
    function* consumer(): Coroutine<void> {
      for (let n = 0; n < 4; n++) {
        try {
          got.push(yield* waitFor(queue.get(), 5))
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
        }
      }
    }
    return all([producer(), consumer()])
  },
  ({ queue, put, got }) =>
    must(got.length + queue.qsize() === put.length, `put: ${put}, received: ${got}, left: ${queue.qsize()}`),
)

const combinators = primitive(
  'gather(), wait(), asCompleted(), shield()',
  () => ({ begun: 0, ended: 0, spared: 0, inner: undefined as Task<void> | undefined, results: [] as unknown[] }),
  (given) => {
    function* part(delay: number): Coroutine<number> {
      given.begun++
      try {
        yield* sleep(delay)
        return delay
      } finally {
        given.ended++
      }
    }
    return (function* program(): Coroutine<void> {
      const main = currentTask()
      function* child(delay: number): Coroutine<number> {
        yield* part(delay)
        if ((main?.cancelling() ?? 0) > 0) given.spared++
        return delay
      }
      given.results.push(...(yield* gather([child(5), child(0), child(3)])))
      const both = [createTask(part(2), { name: 'a' }), createTask(part(4), { name: 'b' })]
      const { done, pending } = yield* wait(both, { returnWhen: 'FIRST_COMPLETED' })
      must(done.size + pending.size === 2, 'wait() has lost one')
      for (const one of pending) given.results.push(yield* one)
      yield* forEach(asCompleted([part(2), part(1)]), function* (one) {
        given.results.push(yield* one)
      })
      const doomed = createTask(sleep(5), { name: 'doomed' })
      doomed.cancel()
      yield* wait([shield(doomed)])
      given.inner = createTask(sleep(5), { name: 'inner' })
      yield* shield(given.inner)
    })()
  },
  function* ({ begun, ended, spared, inner, results }, { cancelled }) {
    if (cancelled.every((name) => name === 'main'))
      must(spared === 0, `gather() was cancelled, and ${spared} of its children were not`)
    if (cancelled.length === 0) must(results.slice(0, 3).join() === '5,0,3', `gather() has the results ${results}`)
    if (inner !== undefined && !cancelled.includes('main/inner')) {
      yield* wait([inner])
      must(!inner.cancelled(), 'shield() has let a cancellation through')
    }
    yield* sleep(10)
    if (!cancelled.includes('main'))
      must(begun === ended || cancelled.length > 0, `${begun - ended} parts have not ended`)
  },
)

const uncancellableBlock = primitive(
  'uncancellable()',
  () => ({ open: 0 }),
  (given) =>
    (function* program(): Coroutine<void> {
      yield* uncancellable(function* () {
        given.open++
        yield* sleep(5)
        yield* sleep(0)
        given.open--
      })
      yield* sleep(5)
    })(),
  ({ open }, { cancelled, task }) => {
    must(open === 0, 'the block was cut short')
    if (cancelled.includes('main')) must(task.cancelled(), 'the cancellation was lost')
  },
)

const LINES = ['a\n', 'bcdef\n', 'gh\n', 'ijklm\n', 'nopqr\n', 'stuvw\n', 'ABCDE\n', 'xyz\n']
const LONGEST_LINE = 6
const READ_LIMIT = 6
const MARK = 4
// The reader takes one more chunk, a line at most, while it has no more than twice its limit, and the stream under it
// stores another one. drain() lets the sender write one more line while less than the mark is in flight. A line that
// was read is counted in the same step.
const MOST_AHEAD = 2 * READ_LIMIT + 2 * LONGEST_LINE + (MARK - 1) + LONGEST_LINE

const streams = primitive(
  'StreamReader and StreamWriter',
  () => ({ read: '', written: '', ahead: 0, reader: undefined as StreamReader | undefined }),
  (given) =>
    (function* program(): Coroutine<void> {
      const [here, there] = simulate.network({ latency: [0, 3], chunk: 'any', highWaterMark: MARK })
      const reader = StreamReader.from(here, { limit: READ_LIMIT, owned: false })
      const writer = StreamWriter.from(there)
      given.reader = reader
      function* sender(): Coroutine<void> {
        for (const line of LINES) {
          writer.write(line)
          given.written += line
          given.ahead = Math.max(given.ahead, given.written.length - given.read.length)
          yield* writer.drain()
        }
        yield* sleep(20) // until the receiver has all, and waits for the end
      }
      function* receiver(): Coroutine<void> {
        for (let n = 0; n < LINES.length - 1; n++) {
          given.read += yield* reader.readLine()
          yield* sleep(1)
        }
        given.read += yield* reader.read() // to the end
      }
      const tasks = [createTask(sender(), { name: 'sender' }), createTask(receiver(), { name: 'receiver' })]
      tasks[0]?.addDoneCallback(() => writer.close()) // however it ends, even before its first step
      yield* lookAfter(tasks)
    })(),
  function* ({ read, written, ahead, reader }) {
    if (reader === undefined) return
    const all = read + String(yield* reader.read())
    must(all === written, `of ${written} came ${all}`)
    must(ahead <= MOST_AHEAD, `the sender was ${ahead} bytes ahead`)
  },
)

export const primitives: readonly Primitive[] = [
  lock,
  semaphore,
  condition,
  event,
  barrier,
  queueOf('Queue', () => new Queue<number>(1), true),
  queueOf('LifoQueue', () => new LifoQueue<number>(), false),
  queueOf('PriorityQueue', () => new PriorityQueue<number>(), true),
  queueOfBorrowers,
  queueShutdown,
  rateLimiter,
  group,
  timeouts,
  waitForItem,
  combinators,
  uncancellableBlock,
  streams,
]

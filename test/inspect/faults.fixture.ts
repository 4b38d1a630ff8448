// A server with a fault, chosen by the first argument. Prints `ready` after the requests that make it show.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Coroutine,
  call,
  createTask,
  Event,
  Future,
  getRunningLoop,
  Lock,
  Queue,
  run,
  sleep,
  type Task,
} from 'spindle'

const FOREVER = 1e9
const [users, orders] = [new Lock(), new Lock()]
const jobs = new Queue<number>()
const few = new Queue<number>(2)
const stopped = new Event()

function* transfer(from: Lock, to: Lock): Coroutine<void> {
  yield* from.acquire()
  yield* sleep(500)
  yield* to.acquire()
  to.release()
  from.release()
}

function* audit(): Coroutine<void> {
  yield* stopped.wait()
}

function* flush(): Coroutine<void> {
  try {
    yield* sleep(FOREVER)
  } finally {
    yield* disk()
  }
}

function* disk(): Coroutine<void> {
  yield* new Future<void>()
}

/** A lock of the program's own, which forgets that a Task may be cancelled after it was woken. */
class Pool {
  #isTaken = false
  readonly #waiting: Future<void>[] = [];

  *acquire(): Coroutine<void> {
    if (this.#isTaken) {
      const turn = new Future<void>()
      this.#waiting.push(turn)
      yield* turn
    }
    this.#isTaken = true
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next.setResult()
  }
}

const pool = new Pool()

function* query(): Coroutine<void> {
  yield* pool.acquire()
  yield* sleep(500)
  pool.release()
}

function* worker(): Coroutine<void> {
  for (;;) {
    yield* jobs.get()
    yield* sleep(50)
    jobs.taskDone()
  }
}

function* consumer(): Coroutine<void> {
  yield* few.get()
  yield* sleep(FOREVER)
}

let last: Task | undefined
const workers: Task[] = []

const HANDLERS: Record<string, (n: number) => Coroutine<void>> = {
  deadlock: (n) => transfer(...((n % 2 === 1 ? [users, orders] : [orders, users]) as [Lock, Lock])),
  *growing() {
    createTask(audit())
  },
  *stuck(n) {
    if (n === 1) last = createTask(flush(), { name: 'flusher' })
    if (n === 2) last?.cancel()
  },
  *blocked(n) {
    yield* sleep(1)
    if (n === 3) for (;;);
  },
  *'lost-wake-up'(n) {
    const task = createTask(query(), { name: `query-${n}` })
    if (n === 2) last = task
    if (n !== 4) return
    yield* sleep(0)
    while (last?.waitedFor?.done() === false) yield* sleep(0)
    last?.cancel()
  },
  *'lost-item'(n) {
    if (n === 1) for (let each = 0; each < 2; each++) workers.push(createTask(worker(), { name: `worker-${each}` }))
    if (n === 2) {
      for (let item = 0; item < 3; item++) yield* jobs.put(item)
      yield* sleep(10)
      workers[0]?.cancel()
      yield* jobs.join()
    }
  },
  *full(n) {
    if (n === 1) createTask(consumer(), { name: 'consumer' })
    yield* few.put(n)
  },
  *healthy() {
    yield* sleep(5)
  },
}

function* main(how: string): Coroutine<void> {
  const loop = getRunningLoop()
  let n = 0
  const server = createServer((_, response) => {
    n++
    loop.createTask(HANDLERS[how]!(n), { name: `request-${n}` })
    response.end()
  }).listen(0, '127.0.0.1')
  yield* sleep(50)
  const { port } = server.address() as AddressInfo
  for (let at = 1; at <= 5 || how === 'growing'; at++) {
    if (at === (how === 'growing' ? 150 : how === 'blocked' ? 3 : 5)) console.log('ready')
    yield* call((signal) => fetch(`http://127.0.0.1:${port}`, { signal }))
    if (how === 'growing') yield* sleep(20)
  }
  yield* sleep(FOREVER)
}

await run(main(process.argv[2]!))

// Queues that lost items, ported from former versions of asyncio.

import { CancelledError, type Coroutine, createTask, type Future, getRunningLoop, Queue, sleep, waitFor } from 'spindle'
import type { Bug } from './bug.ts'

// --- asyncio.Queue of 3.4: get() did not pass on its wake-up when it was cancelled.

class Queue34 {
  protected readonly items: number[] = []
  protected readonly getters: Future<void>[] = []

  put(item: number): void {
    this.items.push(item)
    this.wakeNext()
  }

  *get(): Coroutine<number> {
    while (this.items.length === 0) {
      const getter = getRunningLoop().createFuture<void>()
      this.getters.push(getter)
      try {
        yield* getter
      } catch (error) {
        this.afterCancel(getter)
        throw error
      }
    }
    return this.items.shift() as number
  }

  protected afterCancel(getter: Future<void>): void {
    getter.cancel()
  }

  protected wakeNext(): void {
    for (let next = this.getters.shift(); next !== undefined; next = this.getters.shift()) {
      if (!next.done()) return next.setResult()
    }
  }
}

class FixedQueue extends Queue34 {
  protected override afterCancel(getter: Future<void>): void {
    super.afterCancel(getter)
    if (this.items.length > 0 && !getter.cancelled()) this.wakeNext()
  }
}

/** One item, which the consumer that gets it puts back for the other. */
function* passing(queue: Queue34): Coroutine<void> {
  function* consumer(): Coroutine<void> {
    queue.put(yield* queue.get())
  }
  const tasks = ['c1', 'c2'].map((name) => createTask(consumer(), { name }))
  yield* sleep(10)
  queue.put(1)
  for (const task of tasks) yield* task
}

export const queueGet: Bug = {
  name: 'Queue.get(): the wake-up of a cancelled consumer is lost',
  source: 'python/asyncio#269',
  broken: () => passing(new Queue34()),
  fixed: () => passing(new FixedQueue()),
}

// --- asyncio.wait_for before 3.12 (bpo-37658): if it was cancelled when its awaitable was already done, it dropped the
// result.

function* waitForDropping<T>(limit: number, coroutine: Coroutine<T>): Coroutine<T> {
  const inner = createTask(coroutine, { name: 'inner' })
  const waiter = getRunningLoop().createFuture<void>()
  const end = (): void => {
    if (!waiter.done()) waiter.setResult()
  }
  const timer = getRunningLoop().callLater(limit, end)
  inner.addDoneCallback(end)
  try {
    yield* waiter
  } catch (error) {
    inner.cancel()
    throw error
  } finally {
    timer.cancel()
  }
  if (inner.done()) return inner.result()
  inner.cancel()
  throw new CancelledError()
}

interface Delivery {
  readonly received: readonly number[]
  readonly left: number
  readonly sent: number
}

function* deliver(get: (queue: Queue<number>) => Coroutine<number>): Coroutine<Delivery> {
  const queue = new Queue<number>()
  const received: number[] = []
  function* consumer(): Coroutine<void> {
    for (;;) received.push(yield* get(queue))
  }
  const consuming = createTask(consumer(), { name: 'consumer' })
  let sent = 0
  try {
    for (; sent < 2; ) {
      yield* sleep(10)
      queue.putNowait(++sent)
    }
    yield* sleep(10)
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
  }
  consuming.cancel()
  try {
    yield* consuming
  } catch {} // it was cancelled
  yield* sleep(1)
  return { received, left: queue.qsize(), sent }
}

export const waitForItem: Bug = {
  name: 'wait_for(): an item is lost when it is cancelled as it comes',
  source: 'bpo-37658',
  options: {
    check: ({ task }) => {
      if (task.cancelled()) return
      const { received, left, sent } = task.result() as Delivery
      if (received.length + left !== sent)
        throw new Error(`${sent} were sent, ${received.length} received, ${left} are left`)
    },
  },
  broken: () => deliver((queue) => waitForDropping(50, queue.get())),
  fixed: () => deliver((queue) => waitFor(queue.get(), 50)),
}

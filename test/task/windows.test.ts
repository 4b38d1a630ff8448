// A promise may settle before a cancel, after it, or while the wake-up is on its way. In each of these windows, every
// function that takes something from outside either delivers it or gives it back: nothing stays open.

import { EventEmitter } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import * as spindle from 'spindle'
import {
  type Coroutine,
  call,
  createTask,
  events,
  exitStack,
  forEach,
  gather,
  gatherMap,
  getHostLoop,
  once,
  resource,
  rethrowIfCancelled,
  retry,
  run,
  shield,
  sleep,
  type Task,
  timeout,
  uncancellable,
} from 'spindle'
import * as more from 'spindle/more'
import * as node from 'spindle/node'
import * as thread from 'spindle/thread'
import * as tools from 'spindle/tools'
import { describe, expect, it } from 'vitest'
import { TAKERS as REAL } from '../node/takers.fixture.ts'
import { randomCases } from '../tooling/long-form.ts'

/** Something that has to be closed, and how many are open. */
class Outside {
  open = 0
  readonly emitter: EventEmitter = new EventEmitter()
  #settle: (() => void)[] = []

  /** Opens once `settle()` is called, whoever still waits. */
  acquire(): Promise<Held> {
    return new Promise((resolve) => {
      this.#settle.push(() => {
        this.open++
        resolve(new Held(this))
      })
    })
  }

  /** Opens with its first item, and is closed by `return()` or at its end. */
  async *source(): AsyncGenerator<number> {
    const held = await this.acquire()
    try {
      for (let n = 0; ; n++) {
        yield n
        await this.acquire().then((item) => item.close())
      }
    } finally {
      held.close()
    }
  }

  settle(): void {
    for (const settle of this.#settle.splice(0)) settle()
    this.emitter.emit('data', 1)
  }

  /** What is left, listeners included. */
  left(): number {
    return this.open + this.emitter.listenerCount('data') + this.emitter.listenerCount('error')
  }
}

class Held {
  readonly #outside: Outside
  #isOpen = true
  constructor(outside: Outside) {
    this.#outside = outside
  }

  close(): void {
    if (this.#isOpen) this.#outside.open--
    this.#isOpen = false
  }
}

/** Takes the resource as a user would, and closes it. */
function* used(taken: Coroutine<Held>): Coroutine<void> {
  const held = yield* taken
  try {
    yield* sleep(0)
  } finally {
    held.close()
  }
}

/** How a program takes something by each function. */
const TAKERS: Record<string, (outside: Outside) => Coroutine<unknown>> = {
  call: (outside) => used(call(() => outside.acquire())),
  'call with a signal and release': (outside) =>
    used(call((_signal) => outside.acquire(), { release: (held) => held.close() })),
  callBack: (outside) => used(more.callBack<Held>((done) => void outside.acquire().then((held) => done(null, held)))),
  uncancellable: (outside) => used(uncancellable(() => call(() => outside.acquire()))),
  'call in timeout()': (outside) => timeout(60_000, () => used(call(() => outside.acquire()))),
  'call in gather()': (outside) =>
    gatherAll([used(call(() => outside.acquire())), used(call(() => outside.acquire()))]),
  gatherMap: (outside) => gatherMap([1, 2, 3], () => used(call(() => outside.acquire())), { concurrency: 2 }),
  retry: (outside) => used(retry(() => call(() => outside.acquire()))),
  resource: (outside) =>
    resource(
      () => call(() => outside.acquire()),
      (held) => held.close(),
      () => sleep(1),
    ),
  'resource that may be interrupted': (outside) =>
    resource(
      (_signal) => outside.acquire(),
      (held) => held.close(),
      () => sleep(1),
      { interruptAcquire: true },
    ),
  exitStack: (outside) =>
    exitStack(function* (stack) {
      yield* stack.enter(
        () => outside.acquire(),
        (held) => held.close(),
      )
      yield* sleep(1)
    }),
  'forEach over what a function opens': (outside) =>
    forEach(
      () => outside.source(),
      function* (n) {
        yield* sleep(0)
        return n < 3
      },
    ),
  'forEach with a signal': (outside) =>
    forEach(
      (_signal) => outside.source(),
      function* (n) {
        yield* sleep(0)
        return n < 3
      },
    ),
  once: (outside) => once(outside.emitter, 'data'),
  events: (outside) => forEach(events(outside.emitter, 'data'), () => sleep(0)),
  asyncFunction: (outside) =>
    call((signal) => node.asyncFunction('host', () => used(call(() => outside.acquire())), { signal })()),
}

function* gatherAll(coroutines: Coroutine<void>[]): Coroutine<void> {
  yield* gather(coroutines)
}

// What has to do with waiting, but takes nothing from outside: it waits for Tasks, for time, or not itself.
const OTHERS = new Set(
  `abandon abortable allTasks any callSoonThreadsafe captureCallGraph checkpoint closeHostLoop
  copyContext coroutine createEagerTaskFactory createTask currentTask currentThread eagerTaskFactory enumerate
  formatCallGraph fromModule futureAddToAwaitedBy futureDiscardFromAwaitedBy gather getEventLoop getHostLoop
  getRunningLoop isCoroutine isCoroutineFunction isFuture iterate mainThread moveOnAfter newEventLoop onNewLoop
  printCallGraph race run runMain runSync setDefaultExecutor setEventLoop shield
  shutdownDefaultExecutor sleep taskGroup ticks timeout timeoutAt wait waitFor withAbortSignal withSpan withStore workerModule
  Barrier BoundedSemaphore Condition Context Event Executor Future LifoQueue Lock PriorityQueue Queue RateLimiter RLock
  Runner Semaphore Task TaskGroup Thread Timer`.split(/\s+/),
)

/** Whose declarations mention something that can be awaited, or a class or type that does. */
function thatCanWait(): Set<string> {
  const folder = new URL('../../packages/spindle/dist/types/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))
  const text = files
    .map((file) => readFileSync(new URL(file, folder), 'utf8').replace(/\/\*\*.*?\*\//gs, ''))
    .join('\n')
  const parts = text.split(/^(?=(?:export|declare|import) )/m).flatMap((part) => {
    const [, name] = /^(?:export )?(?:declare )?(?:abstract )?(?:function|class|const|type) (\w+)/.exec(part) ?? []
    return name === undefined ? [] : [{ name, words: part.match(/\w+/g) ?? [] }]
  })
  const waiting = new Set(['Coroutine', 'Awaitable', 'Promise', 'PromiseLike', 'AsyncIterable', 'AsyncIterator'])
  for (let size = 0; size < waiting.size; ) {
    size = waiting.size
    for (const { name, words } of parts) if (words.some((word) => waiting.has(word))) waiting.add(name)
  }
  return waiting
}

const PAUSES: Record<string, () => Promise<void>> = {
  'in the same step': async () => {},
  'a microtask later': async () => void (await Promise.resolve()),
  'three microtasks later': async () => {
    for (let n = 0; n < 3; n++) await Promise.resolve()
  },
  'a turn of the host later': () => new Promise((resolve) => setImmediate(resolve)),
}

/** Settles and cancels in this order, from outside or within a step of a Task of the same loop. */
const WINDOWS = ['settles, then cancel', 'cancel, then settles'].flatMap((order) =>
  Object.keys(PAUSES).flatMap((pause) => ['outside', 'in a step'].map((from) => ({ order, pause, from }))),
)

const ROUNDS = Math.ceil(randomCases(25_600, 768) / (Object.keys(TAKERS).length * WINDOWS.length))

describe.each(Object.entries(TAKERS))('%s', (_name, take) => {
  it.each(WINDOWS)('leaves nothing open: $order $pause, $from', async ({ order, pause, from }) => {
    const outside = new Outside()
    for (let round = 0; round < ROUNDS; round++) {
      // The more items it has had, the later in its life the cancel comes.
      await cancelAfter(take, outside, round % 3, order, PAUSES[pause] as () => Promise<void>, from)
      expect(outside.left()).toBe(0)
    }
  })
})

async function cancelAfter(
  take: (outside: Outside) => Coroutine<unknown>,
  outside: Outside,
  items: number,
  order: string,
  pause: () => Promise<void>,
  from: string,
): Promise<void> {
  const task = getHostLoop().createTask(take(outside)) as Task
  await turns(3)
  for (let n = 0; n < items; n++) {
    outside.settle()
    await turns(3)
  }
  const settles = (): void => outside.settle()
  const cancels = (): void => void task.cancel()
  const [first, second] = order.startsWith('settles') ? [settles, cancels] : [cancels, settles]
  if (from === 'outside') {
    first()
    await pause()
    second()
  } else {
    await run(function* () {
      first()
      yield* call(pause)
      second()
    })
  }
  // Whatever it still waits for comes, so that it can end.
  for (let turn = 0; !task.done() && turn < 100; turn++) {
    await turns(1)
    outside.settle()
  }
  expect(String(task)).toMatch(/<Task (cancelled|finished)/)
  if (!task.cancelled()) task.exception() // retrieved
  await turns(3)
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

describe('the functions of this test', () => {
  it('are all exported functions that can wait: a new one takes a resource, or is listed with the others', () => {
    const entries = [spindle, more, tools, node, thread, thread.threading, thread.concurrent]
    const exported = new Set(entries.flatMap((entry) => Object.entries(entry)).flatMap(functionName))
    const waiting = thatCanWait()
    const takers = [...Object.keys(TAKERS), ...Object.keys(REAL)].map((name) => name.split(' ')[0] as string)
    const known = new Set([...OTHERS, ...takers])
    expect([...exported].filter((name) => waiting.has(name) && !known.has(name))).toEqual([])
    expect([...known].filter((name) => !exported.has(name) || !waiting.has(name))).toEqual([])
  })
})

function functionName([name, value]: [string, unknown]): string[] {
  return typeof value === 'function' ? [name] : []
}

describe('the test notices', () => {
  const planted: Record<string, (outside: Outside) => Coroutine<unknown>> = {
    'a call that drops what arrives': (outside) => used(call(() => outside.acquire(), { abandonOnCancel: true })),
    'a source that is left': (outside) => {
      const source = outside.source()
      return forEach({ [Symbol.asyncIterator]: () => ({ next: () => source.next() }) }, () => sleep(0))
    },
    'an acquire whose wait is cut short': function* (outside) {
      const arrived = createTask(call(() => outside.acquire()))
      try {
        yield* used(
          (function* () {
            return yield* shield(arrived)
          })(),
        )
      } catch (error) {
        rethrowIfCancelled(error)
      }
    },
  }
  it.each(Object.entries(planted))('%s', async (_name, take) => {
    const left: number[] = []
    for (const { order, pause, from } of WINDOWS) {
      const outside = new Outside()
      await cancelAfter(take, outside, 0, order, PAUSES[pause] as () => Promise<void>, from)
      left.push(outside.left())
    }
    expect(left.filter((count) => count > 0).length).toBeGreaterThan(0)
  })
})

// Like the compositions, with real sockets, processes, files and pools. Each function is cancelled just before or just
// after one of the callbacks by which Node resumes it, and often a second time soon after that. In these windows
// something settles before the cancel, between the cancel and the wake-up, or after the wake-up. A number of cancels:
// `npm run fuzz 100000 node/windows`.

import { createHook } from 'node:async_hooks'
import { spawn } from 'node:child_process'
import { once as emitted } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import * as net from 'node:net'
import { census, type Holdings } from '@spindle/testing'
import * as spindle from 'spindle'
import { type Coroutine, call, getHostLoop, sleep, type Task } from 'spindle'
import * as more from 'spindle/more'
import * as node from 'spindle/node'
import * as thread from 'spindle/thread'
import * as tools from 'spindle/tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BRIDGES } from '../compositions/bridges.ts'
import { COMBINATORS } from '../compositions/combinators.ts'
import { randomCases, seed } from '../tooling/long-form.ts'
import { Outside, TAKERS } from './takers.fixture.ts'

type Take = (outside: Outside) => Coroutine<unknown>

const CANCELS = Math.ceil((1.5 * randomCases(5000, 300)) / Object.keys(TAKERS).length)
const SLOW = /process|fetch/i // a third of the takers, which have half as many cancels
const SIDES = ['before', 'after'] as const

const held = census()
let outside: Outside
let before: Holdings
const reports: string[] = []
beforeAll(async () => {
  outside = await Outside.start()
  before = held.count()
  getHostLoop().setExceptionHandler((_loop, { message, exception }) => reports.push(`${message}: ${exception}`))
})
afterAll(async () => {
  getHostLoop().setExceptionHandler(undefined)
  await outside.stop()
  held[Symbol.dispose]()
})

describe.each(Object.entries(TAKERS))('%s', (name, take) => {
  it('leaves nothing open, wherever it is cancelled', { timeout: 3_600_000 }, async () => {
    await cancelOften(take, 2) // on first use, some listen for the end of the program
    before = { ...before, listeners: held.count().listeners }
    expect(await cancelOften(take, SLOW.test(name) ? CANCELS / 2 : CANCELS)).toBeGreaterThan(0)
    if (/^(fetch|handler)/.test(name)) {
      // Node's own fetch keeps connections whose request is aborted early, and does not end the generator of a body.
      outside.closeConnections()
      before = { ...before, iterators: held.count().iterators }
    }
    expect([await left(), reports]).toEqual([{}, []])
  })
})

/** Cancels so many times, at points that are spread over the whole run. Returns how many of them came in time. */
async function cancelOften(take: Take, times: number): Promise<number> {
  const once = async (callback: number, n: number): Promise<[callbacks: number, cancelled: number]> => {
    const task = getHostLoop().createTask(taking(take)) as Task
    const callbacks = await cancelAt(task, callback, SIDES[n % 2] ?? 'after', n % 3)
    if (!task.cancelled()) expect(task.exception()).toBeUndefined()
    // A request that was put off, and not delivered before the Task returned, leaves it its outcome.
    const { isCancelPutOff } = task as Task & { readonly isCancelPutOff: boolean }
    expect(task.cancelled() || isCancelPutOff).toBe(task.cancelling() > 0)
    return [callbacks, task.cancelled() ? 1 : 0]
  }
  const [callbacks] = await once(Number.POSITIVE_INFINITY, 1)
  let cancelled = 0
  for (let n = 0; n < times; n++) {
    const part = (n + ((seed * 0.618 + n * 0.382) % 1)) / times
    cancelled += (await once(Math.floor(part * callbacks), n))[1]
  }
  return cancelled
}

/**
 * Cancels a Task before or after a callback of Node, and again some callbacks later, unless `again` is 0. Returns how
 * many callbacks there were until its end.
 */
async function cancelAt(task: Task, callback: number, side: (typeof SIDES)[number], again: number): Promise<number> {
  let callbacks = 0
  const hook = createHook({
    [side]() {
      if (callbacks === callback || (again > 0 && callbacks === callback + again)) task.cancel()
      callbacks++
    },
  }).enable()
  await new Promise<void>((resolve) => task.addDoneCallback(() => resolve()))
  hook.disable()
  // A turn of the host: a server could not accept thousands of connections that are given up in one.
  await new Promise((resolve) => setImmediate(resolve))
  return callbacks
}

function* taking(take: Take): Coroutine<void> {
  yield* take(outside)
}

/** What is held more than at the beginning, once what is being closed has closed. */
async function left(looks = 500): Promise<Record<string, number>> {
  for (let look = 0; ; look++) {
    const more = Object.entries(held.count()).map(([name, count]) => [name, count - before[name as keyof Holdings]])
    const positive = [...more, ['calls', outside.left()]].filter(([, count]) => Number(count) > 0)
    if (positive.length === 0 || look === looks) return Object.fromEntries(positive)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('the test notices', () => {
  const opened: { socket?: net.Socket; file?: FileHandle; child?: ReturnType<typeof spawn> }[] = []
  afterAll(async () => {
    for (const { socket, file, child } of opened) {
      socket?.destroy()
      child?.kill()
      await file?.close()
    }
  })
  const planted: Record<string, { what: string; take: Take }> = {
    'a connection that is dropped on its way': {
      what: 'sockets',
      *take({ port }) {
        const socket = net.connect(port, '127.0.0.1')
        opened.push({ socket })
        yield* call(() => emitted(socket, 'connect'))
        yield* sleep(1)
        socket.destroy()
      },
    },
    'a file that opens after the cancel': {
      what: 'files',
      *take({ path }) {
        const opening = open(path).then((file) => {
          opened.push({ file })
          return file
        })
        yield* call(() => opening, { abandonOnCancel: true })
        yield* call(() => opened.pop()?.file?.close() as Promise<void>)
      },
    },
    'a process that goes on': {
      what: 'processes',
      *take() {
        const child = spawn('sleep', ['60'])
        opened.push({ child })
        yield* sleep(1)
        child.kill()
      },
    },
    'a call that nobody takes back': {
      what: 'calls',
      *take(outside) {
        outside.inside++
        yield* sleep(1)
        outside.inside--
      },
    },
  }
  it.each(Object.entries(planted))('%s', async (_name, { what, take }) => {
    let found: string[] = []
    for (let round = 0; round < 100 && !found.includes(what); round++) {
      expect(await cancelOften(take, 8)).toBeGreaterThan(0)
      found = Object.keys(await left(5))
    }
    expect(found).toContain(what)
    outside.inside = 0
  })
})

// What has to do with waiting, but takes nothing from outside, and has no caller in its loop that could be stopped.
const OTHERS = new Set(
  `abandon allTasks callSoonThreadsafe captureCallGraph checkpoint closeHostLoop copyContext createEagerTaskFactory
  currentTask currentThread eagerTaskFactory enumerate formatCallGraph fromModule futureAddToAwaitedBy
  futureDiscardFromAwaitedBy getEventLoop getHostLoop getRunningLoop isCoroutine isCoroutineFunction isFuture
  mainThread newEventLoop onNewLoop printCallGraph runMain runSync setDefaultExecutor setEventLoop
  shutdownDefaultExecutor sleep ticks workerModule Barrier BoundedSemaphore Condition Context Event Executor Future
  LifoQueue Lock PriorityQueue Queue RateLimiter RLock Runner Semaphore Task TaskGroup Thread Timer`.split(/\s+/),
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

describe('the functions of this test, and of the compositions', () => {
  it('are all exported functions that can wait: a new one takes something, or is listed with the others', () => {
    const entries = [spindle, more, tools, node, thread, thread.threading, thread.concurrent]
    const functions = entries.flatMap((entry) =>
      Object.entries(entry).filter(([, value]) => typeof value === 'function'),
    )
    const exported = new Set(functions.map(([name]) => name))
    const waiting = thatCanWait()
    const names = [BRIDGES, COMBINATORS, TAKERS].flatMap((takers) => Object.keys(takers))
    const takers = new Set(names.map((name) => /^\w+/.exec(name)?.[0]))
    expect([...exported].filter((name) => waiting.has(name) && !takers.has(name) && !OTHERS.has(name))).toEqual([])
    expect([...OTHERS].filter((name) => !exported.has(name) || !waiting.has(name) || takers.has(name))).toEqual([])
  })
})

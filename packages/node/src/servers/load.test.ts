// Thousands of connections at a time, each cut at a random moment by either side: nothing of them stays. Hundreds of
// requests at a time to a server with `handler`, and every third client gives up: the heap stays flat. Both for a
// minute: `npm run fuzz 60 servers/load`.

import { once as emitted } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Coroutine, type ExceptionContext, getRunningLoop, TimeoutError } from '@spindle/loop'
import {
  allTasks,
  call,
  getHostLoop,
  moveOnAfter,
  newEventLoop,
  Queue,
  race,
  resource,
  run,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
} from '@spindle/task'
import { expect, it } from 'vitest'
import { longForm, randomCases } from '../../../../test/tooling/long-form.ts'
import type { StreamReader } from '../streams/stream-reader.ts'
import { StreamWriter } from '../streams/stream-writer.ts'
import { cert, key } from './certificate.fixture.ts'
import { handler } from './handler.ts'
import { openConnection } from './open-connection.ts'
import type { Server } from './server.ts'
import { type StartServerOptions, startServer } from './start-server.ts'

const CONNECTIONS = longForm ? 2000 : 200
const SECONDS = randomCases(0)
const LONGEST = 1000 // ms until a connection is cut

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

// Always the same numbers from 0 to 1.
let state = 7
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

type Kind = 'plain' | 'tls' | 'upgraded'

/** Has one side cut the connection, sometime. */
function cutSometime(writer: StreamWriter): () => void {
  const handle = getRunningLoop().callLater(random() * LONGEST, cut, writer, random())
  return () => handle.cancel()
}

function cut(writer: StreamWriter, way: number): void {
  const socket = writer.getExtraInfo('socket')
  if (way < 0.25) writer.abort()
  else if (way < 0.5) writer.close()
  else if (way < 0.75 && writer.canWriteEof()) writer.writeEof()
  else if (socket instanceof TLSSocket || socket?.writableEnded)
    socket.destroy() // Node leaks what is reset while it ends
  else socket?.resetAndDestroy()
}

function* serve(reader: StreamReader, writer: StreamWriter, kind: Kind): Coroutine<void> {
  const leave = cutSometime(writer)
  try {
    if (kind === 'upgraded') yield* writer.startTls({ cert, key })
    for (;;) {
      const line = yield* reader.readLine()
      if (line.length === 0) return
      writer.write(line)
      yield* writer.drain()
    }
  } catch (error) {
    checkCut(error)
  } finally {
    leave()
  }
}

function* visit(port: number, kind: Kind): Coroutine<void> {
  const [reader, writer] = yield* openConnection('localhost', port, { tls: kind === 'tls' && { ca: cert } })
  const leave = cutSometime(writer)
  try {
    if (kind === 'upgraded') yield* writer.startTls({ ca: cert, servername: 'localhost' })
    for (let n = 0; ; n++) {
      const line = `${n}${'x'.repeat(random() * 5000)}\n`
      writer.write(line)
      yield* writer.drain()
      const echo = String(yield* reader.readLine())
      if (!line.startsWith(echo)) throw new Error(`${line} came back as ${echo}`)
      if (!echo.endsWith('\n')) break
      yield* sleep(random() * 200)
    }
    writer.close()
    yield* writer.waitClosed()
  } finally {
    leave()
    writer.close()
  }
}

/** One connection after the other, some of them with too little time. */
function* client(servers: Record<Kind, Server>, kind: Kind, until: number): Coroutine<number> {
  yield* sleep(random() * 300)
  let connections = 0
  do {
    try {
      connections++
      const delay = random() < 0.2 ? random() * LONGEST : 60_000
      yield* timeout(delay, () => visit(servers[kind].port, kind))
    } catch (error) {
      checkCut(error)
    }
  } while (getRunningLoop().time() < until)
  return connections
}

/** What those may see whose connection is cut; anything else is thrown. */
function checkCut(error: unknown): void {
  const isOfNode = error instanceof Error && 'code' in error
  const isWriteAfterEnd = String(error).startsWith('RuntimeError: Cannot call write() after')
  if (!isOfNode && !isWriteAfterEnd && !(error instanceof TimeoutError)) throw error
}

/** The handles of Node that are open. Waits a while for those to be closed that are more than `expected`. */
async function openHandles(expected = Number.POSITIVE_INFINITY): Promise<number> {
  const count = (): number => process.getActiveResourcesInfo().filter((name) => !/Timeout|Immediate/.test(name)).length // the test runner has some
  for (let n = 0; n < 100 && count() > expected; n++) await new Promise((resolve) => setTimeout(resolve, 10))
  return count()
}

/** What there is after a garbage collection. */
function census(): Record<string, number> {
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  return { sockets: queryObjects(Socket), writers: queryObjects(StreamWriter), listeners, timers } as Record<
    string,
    number
  >
}

function memory(): number {
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it(`${CONNECTIONS} connections that are cut by either side leave nothing behind`, { timeout: 3_600_000 }, async () => {
  const reports: ExceptionContext[] = []
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): number => unhandled.push(error)
  const sizes: number[] = []
  let connections = 0

  function* main(): Coroutine<void> {
    const start = (kind: Kind, options: StartServerOptions = {}): Coroutine<Server> =>
      startServer((reader, writer) => serve(reader, writer, kind), 'localhost', 0, { backlog: 4096, ...options })
    const servers = {
      plain: yield* start('plain'),
      tls: yield* start('tls', { tls: { cert, key } }),
      upgraded: yield* start('upgraded'),
    }
    const until = getRunningLoop().time() + SECONDS * 1000
    yield* taskGroup(function* (group) {
      const clients = Array.from({ length: CONNECTIONS }, (_, n) => {
        const kind = n % 20 === 0 ? 'tls' : n % 20 === 10 ? 'upgraded' : 'plain'
        return group.createTask(client(servers, kind, until))
      })
      while (getRunningLoop().time() < until) {
        yield* sleep(5000)
        sizes.push(memory())
      }
      for (const task of clients) connections += yield* task
    })
    for (const server of Object.values(servers)) {
      server.close()
      yield* timeout(60_000, () => server.waitClosed())
    }
    const { closeCallbacks, wakeSources } = getRunningLoop()
    yield* moveOnAfter(60_000, function* () {
      while (closeCallbacks.size > 0) yield* sleep(10) // until what a client closed is closed
    })
    expect([allTasks().size, wakeSources.pending, closeCallbacks.size]).toEqual([1, 0, 0])
  }
  async function load(): Promise<void> {
    const loop = newEventLoop()
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    await loop.runUntilComplete(main())
    loop.close()
  }

  const handles = await openHandles()
  const before = census()
  process.on('unhandledRejection', onUnhandled)
  await load()
  process.off('unhandledRejection', onUnhandled)
  expect(await openHandles(handles)).toBeLessThanOrEqual(handles)
  const after = census()
  expect([unhandled, reports.map(({ message, exception }) => `${message}: ${exception}`)]).toEqual([[], []])
  expect(connections).toBeGreaterThanOrEqual(CONNECTIONS)
  // Another test of this process may have left some, which are gone by now.
  const more = Object.entries(after).filter(([kind, count]) => count > (before[kind as keyof typeof before] ?? 0))
  expect(more).toEqual([])
  const [first = 0, ...later] = sizes.slice(1) // with all connections open
  if (SECONDS > 0) console.log({ connections, before, after, megabytes: sizes.map((size) => Math.round(size / 1e6)) })
  expect(Math.max(0, ...later) - first).toBeLessThan(first === 0 ? 1 : 30e6)
})

const CLIENTS = longForm ? 400 : 50
const permits = new Semaphore(20)
const tokens = new Queue<number>()
for (let n = 0; n < 20; n++) tokens.putNowait(n)
let inside = 0

/** What a request does, by the first part of its path. */
const ANSWERS: Record<string, () => Coroutine<unknown>> = {
  sleeps: () => sleep(random() * 20),
  reads: () => call((signal) => readFile(new URL(import.meta.url), { signal })),
  *waits() {
    using _ = yield* permits.acquire()
    yield* sleep(random() * 5)
  },
  *queues() {
    const token = yield* tokens.get()
    try {
      yield* sleep(random() * 5)
    } finally {
      tokens.putNowait(token)
    }
  },
  starts: () =>
    taskGroup(function* (group) {
      for (let n = 0; n < 3; n++) group.createTask(sleep(random() * 10))
    }),
  races: () => race([sleep(random() * 5), sleep(60_000)]),
  holds: () =>
    resource(
      () => sleep(1),
      () => sleep(1),
      () => sleep(random() * 5),
    ),
  limits: () => moveOnAfter(5, () => sleep(60_000)),
}

function* answer({ url = '' }: IncomingMessage, response: ServerResponse): Coroutine<void> {
  inside++
  try {
    yield* (ANSWERS[url.slice(1)] as () => Coroutine<unknown>)()
    response.end('x'.repeat(random() * 5000))
  } finally {
    inside--
  }
}

/** Requests, of which the client gives up every third at some moment. Returns how many were answered and given up. */
async function ask(port: number, until: number): Promise<[answered: number, left: number]> {
  const kinds = Object.keys(ANSWERS)
  const counts: [number, number] = [0, 0]
  do {
    const asked = request({ port, path: `/${kinds[Math.floor(random() * kinds.length)]}`, agent: false })
    const timer = random() < 0.33 ? setTimeout(() => asked.destroy(), random() * 15) : undefined
    try {
      asked.end()
      const [response] = (await emitted(asked, 'response')) as [IncomingMessage]
      for await (const _ of response);
      if (response.statusCode !== 200) throw new RangeError(`it answered ${response.statusCode}`)
      counts[0]++
    } catch (error) {
      if (error instanceof RangeError || !asked.destroyed) throw error
      counts[1]++
    }
    clearTimeout(timer)
  } while (performance.now() < until)
  return counts
}

it(`${CLIENTS} clients that often give up leave a flat heap`, { timeout: 3_600_000 }, async () => {
  const reports: string[] = []
  getHostLoop().setExceptionHandler((_loop, { message, exception }) => reports.push(`${message}: ${exception}`))
  const server = createServer(handler(answer)).listen(0)
  await emitted(server, 'listening')
  const { port } = server.address() as AddressInfo
  const until = performance.now() + SECONDS * 1000
  const clients = Promise.all(Array.from({ length: CLIENTS }, () => ask(port, until)))
  const sizes: number[] = []
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 5000))
    sizes.push(memory())
  }
  const counts = await clients
  const sums = [0, 1].map((index) => counts.reduce((sum, each) => sum + (each[index] as number), 0))
  await new Promise((resolve) => server.close(resolve))
  while (inside > 0) await new Promise((resolve) => setTimeout(resolve, 10)) // a request that was left cleans up
  const tasks = allTasks({ loop: getHostLoop() }).size
  expect(reports).toEqual([])
  expect({ locked: permits.locked(), tokens: tokens.qsize(), tasks }).toEqual({ locked: false, tokens: 20, tasks: 0 })
  if (SECONDS > 0)
    console.log({ answered: sums[0], left: sums[1], megabytes: sizes.map((size) => Math.round(size / 1e5) / 10) })
  expect(Math.min(...sums)).toBeGreaterThan(0)
  const [first = 0, ...later] = sizes.slice(1)
  expect(Math.max(0, ...later) - first).toBeLessThan(10e6)
})

it('a hundred megabytes go through a connection with little memory', { timeout: 120_000 }, async () => {
  const size = 100_000_000
  function* main(): Coroutine<number> {
    const server = yield* startServer(
      function* (_reader, writer) {
        const block = Buffer.alloc(100_000)
        for (let left = size; left > 0; left -= block.length) {
          writer.write(block)
          yield* writer.drain()
        }
      },
      '127.0.0.1',
      0,
    )
    const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
    const memory = process.memoryUsage()
    let most = 0
    let read = 0
    for (;;) {
      const data = yield* reader.read(65_536)
      if (data.length === 0) break
      read += data.length
      most = Math.max(most, process.memoryUsage.rss())
    }
    writer.close()
    server.close()
    expect(most - memory.rss).toBeLessThan(90_000_000)
    return read
  }
  expect(await run(main())).toBe(size)
})

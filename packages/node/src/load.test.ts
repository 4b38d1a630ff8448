// Thousands of connections at a time, each cut at a random moment by either side: nothing of them stays. A connection
// each, or one after the other for a minute: `npm run fuzz 60 node/src/load`.

import { TLSSocket } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Coroutine, type ExceptionContext, getRunningLoop, TimeoutError } from '@spindle/loop'
import { allTasks, moveOnAfter, newEventLoop, sleep, taskGroup, timeout } from '@spindle/task'
import { expect, it } from 'vitest'
import { longForm, randomCases } from '../../../test/tooling/long-form.ts'
import { census, openHandles } from './census.fixture.ts'
import { cert, key } from './certificate.fixture.ts'
import { openConnection } from './open-connection.ts'
import type { Server } from './server.ts'
import { type StartServerOptions, startServer } from './start-server.ts'
import type { StreamReader } from './stream-reader.ts'
import type { StreamWriter } from './stream-writer.ts'

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
  else if (socket instanceof TLSSocket) socket.destroy()
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

function timersSet(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

function memory(): number {
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it(`${CONNECTIONS} connections that are cut by either side leave nothing behind`, { timeout: 300_000 }, async () => {
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
  const timers = timersSet()
  process.on('unhandledRejection', onUnhandled)
  await load()
  process.off('unhandledRejection', onUnhandled)
  expect(await openHandles(handles)).toBeLessThanOrEqual(handles)
  const after = census()
  expect([unhandled, reports.map(({ message, exception }) => `${message}: ${exception}`)]).toEqual([[], []])
  expect(connections).toBeGreaterThanOrEqual(CONNECTIONS)
  expect(after).toEqual(before)
  expect(timersSet()).toBeLessThanOrEqual(timers)
  const [first = 0, ...later] = sizes.slice(1) // with all connections open
  if (SECONDS > 0) console.log({ connections, before, after, megabytes: sizes.map((size) => Math.round(size / 1e6)) })
  expect(Math.max(0, ...later) - first).toBeLessThan(first === 0 ? 1 : 30e6)
})

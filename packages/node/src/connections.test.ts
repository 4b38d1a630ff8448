// Many connections, each cut at some moment by either side: nothing of them stays.

import { type Coroutine, type ExceptionContext, getRunningLoop } from '@spindle/loop'
import { allTasks, newEventLoop, run, sleep, taskGroup, timeout } from '@spindle/task'
import { cancelEverywhere } from '@spindle/testing'
import { afterEach, expect, it } from 'vitest'
import { cert, key } from './certificate.fixture.ts'
import { openConnection } from './open-connection.ts'
import { outcome, text } from './outcome.fixture.ts'
import { startServer } from './start-server.ts'
import type { StreamReader } from './stream-reader.ts'
import type { StreamWriter } from './stream-writer.ts'

const open = (): string[] => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|TLS/.test(name))
const before = open().length

afterEach(async () => {
  for (let i = 0; i < 100 && open().length > before; i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(open().length - before).toBeLessThanOrEqual(0)
})

/** Numbers from 0 to 1, always the same. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Writes and reads for a while, and then leaves in one of the ways there are. */
function* traffic(reader: StreamReader, writer: StreamWriter, random: () => number): Coroutine<void> {
  for (let left = Math.floor(random() * 5); left > 0; left--) {
    writer.write('x'.repeat(Math.floor(random() * 20_000)))
    writer.write('\n')
    yield* outcome(writer.drain())
    yield* outcome(timeout(random() * 10, () => reader.readLine()))
  }
  const way = random()
  if (way < 0.3) writer.abort()
  else if (way < 0.6) writer.close()
  else if (way < 0.8) writer.writeEof()
  else writer.getExtraInfo('socket')?.resetAndDestroy()
  yield* outcome(timeout(50, () => reader.read()))
  writer.close()
}

it('a thousand connections that are cut by either side leave nothing behind', { timeout: 60_000 }, async () => {
  const reports: ExceptionContext[] = []
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): number => unhandled.push(error)
  process.on('unhandledRejection', onUnhandled)
  const random = numbers(7)
  const loop = newEventLoop()
  loop.setExceptionHandler((_loop, context) => reports.push(context))

  function* client(port: number): Coroutine<void> {
    yield* sleep(random() * 200)
    const connected = yield* outcome(
      timeout(random() < 0.2 ? random() * 2 : 5000, () => openConnection('127.0.0.1', port)),
    )
    if (Array.isArray(connected)) yield* traffic(connected[0], connected[1], random)
  }
  function* main(): Coroutine<void> {
    const server = yield* startServer((reader, writer) => traffic(reader, writer, random), '127.0.0.1', 0)
    for (let round = 0; round < 4; round++) {
      yield* taskGroup(function* (group) {
        const clients = Array.from({ length: 250 }, () => group.createTask(client(server.port)))
        yield* sleep(100)
        for (const [n, task] of clients.entries()) if (n % 10 === 0) task.cancel()
      })
    }
    server.close()
    yield* timeout(5000, () => server.waitClosed())
    yield* sleep(10)
    expect(allTasks().size).toBe(1)
    expect(getRunningLoop().outside.held).toBe(0)
  }
  await loop.runUntilComplete(main())
  loop.close()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', onUnhandled)
  expect([unhandled, reports.map(({ message, exception }) => `${message}: ${exception}`)]).toEqual([[], []])
})

it('a connection over TLS, and one that turns to it, can be cancelled anywhere', { timeout: 60_000 }, async () => {
  function* upgraded(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
    yield* outcome(
      (function* (): Coroutine<void> {
        yield* reader.readLine()
        writer.write('go\n')
        yield* writer.startTls({ cert, key })
        writer.write(yield* reader.readLine())
        yield* writer.drain()
      })(),
    )
  }
  function* encrypted(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
    const line = yield* outcome(reader.readLine())
    if (!Buffer.isBuffer(line)) return
    writer.write(line)
    yield* outcome(writer.drain())
  }
  function* direct(): Coroutine<string> {
    const server = yield* startServer(encrypted, '127.0.0.1', 0, { tls: { cert, key } })
    const [reader, writer] = yield* openConnection('localhost', server.port, { tls: { ca: cert } })
    writer.write('hello\n')
    const line = yield* text(reader.readLine())
    writer.close()
    yield* writer.waitClosed()
    return line
  }
  function* turned(): Coroutine<string> {
    const server = yield* startServer(upgraded, '127.0.0.1', 0)
    const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
    writer.write('STARTTLS\n')
    yield* reader.readLine()
    yield* writer.startTls({ ca: cert, servername: 'localhost' })
    writer.write('hello\n')
    const line = yield* text(reader.readLine())
    writer.close()
    yield* writer.waitClosed()
    return line
  }
  for (const program of [direct, turned]) {
    const points = await cancelEverywhere(program, ({ task, point }) => {
      if (point === undefined) expect(task.result()).toBe('hello\n')
      else expect(task.cancelled()).toBe(true)
    })
    expect(points).toBeGreaterThan(8)
  }
})

it('a hundred megabytes go through a connection with little memory', { timeout: 60_000 }, async () => {
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

// Whole connections: cancelled at each point, and with much to send. Many of them are in load.test.ts.

import type { Coroutine } from '@spindle/loop'
import { run } from '@spindle/task'
import { afterEach, expect, it } from 'vitest'
import { cancelAtCallbacks } from './cancel-at-callbacks.fixture.ts'
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

it('a connection over TLS, and one that turns to it, can be cancelled anywhere', { timeout: 120_000 }, async () => {
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
    const cancelled = await cancelAtCallbacks(program, (task) => {
      if (!task.cancelled()) expect(task.result()).toBe('hello\n')
    })
    expect(cancelled).toBeGreaterThan(5)
  }
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

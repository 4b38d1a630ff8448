import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, Socket } from 'node:net'
import fc from 'fast-check'
import { type Coroutine, call, createTask, getRunningLoop, run, sleep, timeout } from 'spindle'
import { fetchText, handler, openConnection, type StreamReader, type StreamWriter, startServer } from 'spindle/node'
import { describe, expect, it, vi } from 'vitest'
import { cert, key } from '../../packages/node/src/servers/certificate.fixture.ts'
import { few, isFuzz, Lines, LONG } from './on-built.ts'

type Act = { readonly send: Uint8Array } | 'end' | 'reset' | 'wait' | 'pause'
const text = (line: string): Uint8Array => new TextEncoder().encode(line)
const act: fc.Arbitrary<Act> = fc.oneof(
  fc
    .oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom('line\n', 'GET // HTTP/1.1\r\n\r\n', `${'x'.repeat(200_000)}`).map(text),
    )
    .map((send) => ({ send })),
  fc.constantFrom<Act>('end', 'reset', 'wait', 'pause'),
)
const scripts = fc.array(fc.array(act, { maxLength: 6 }), { minLength: 1, maxLength: 8 })

/** A client that does what it is told, and disconnects in the end. */
async function play(port: number, script: readonly Act[]): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1').on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  for (const each of script) {
    if (typeof each === 'object') socket.write(each.send)
    else if (each === 'end') socket.end()
    else if (each === 'reset') socket.resetAndDestroy()
    else if (each === 'pause') socket.pause()
    else await new Promise((resolve) => setTimeout(resolve, 1))
  }
  socket.destroy()
}

describe('Whatever some clients of a server do', LONG, () => {
  it.each(['plain', 'TLS', 'startTls'])(
    'others are served, nothing is reported, and nothing is left: %s',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(scripts, async (all) => {
          const reports: string[] = []
          const outcome = await run(function* () {
            getRunningLoop().setExceptionHandler(
              (_loop, { message, exception }) => void reports.push(`${message} ${exception}`),
            )
            function* echo(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
              if (kind === 'startTls') yield* writer.startTls({ cert, key })
              for (let line = yield* reader.readLine(); line.length > 0; line = yield* reader.readLine()) {
                writer.write(line)
                yield* writer.drain()
              }
            }
            const server = yield* startServer(echo, '127.0.0.1', 0, kind === 'TLS' ? { tls: { cert, key } } : {})
            const others = createTask(call(() => Promise.all(all.map((script) => play(server.port, script)))))
            const secure = { rejectUnauthorized: false }
            const [reader, writer] = yield* openConnection(
              '127.0.0.1',
              server.port,
              kind === 'TLS' ? { tls: secure } : {},
            )
            if (kind === 'startTls') yield* writer.startTls(secure)
            writer.write('hello\n')
            const answer = String(yield* timeout(60_000, () => reader.readLine()))
            writer.close()
            yield* others
            yield* timeout(60_000, () => server.shutdown())
            return [answer, server.stats().connections]
          })
          expect([outcome, reports]).toEqual([['hello\n', 0], []])
        }),
        few(10),
      )
    },
  )

  it('handler() answers the others, whatever the requests, and has no Task left', async () => {
    const errors: unknown[] = []
    let running = 0
    const server = createServer(
      handler(function* (request: IncomingMessage, response: ServerResponse) {
        running++
        try {
          yield* sleep(request.url?.includes('slow') ? 5 : 0)
          response.end(request.url)
        } finally {
          running--
        }
      }),
    )
    const failed = (error: unknown): void => void errors.push(error)
    process.on('uncaughtException', failed).on('unhandledRejection', failed)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const line = fc.oneof(
      fc.constantFrom('//', '//[', '*', '/slow', '/%zz', 'http://[', '/\u0000'),
      fc.string({ unit: 'binary' }),
    )
    const request = line.map((path) => ({ send: text(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`) }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.oneof(request, act), { maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        async (all) => {
          const others = Promise.all(all.map((script) => play(port, script)))
          expect(await run(fetchText(`http://127.0.0.1:${port}/ok`, { headers: { connection: 'close' } }))).toBe('/ok')
          await others
        },
      ),
      few(30),
    )
    while (running > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('uncaughtException', failed).off('unhandledRejection', failed)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect(errors).toEqual([])
  })

  it('and fetchText() throws an error that it can, whatever the server answers, without the password of its URL', async () => {
    const answers = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary' }).map((body) => text(`HTTP/1.1 200 ${body}\r\n\r\n${body}`)),
      fc.string().map((place) => text(`HTTP/1.1 302 x\r\nLocation: ${place}\r\nContent-Length: 0\r\n\r\n`)),
      fc.nat(999).map((status) => text(`HTTP/1.1 ${status} \x1b[2J\r\nContent-Length: 3\r\n\r\nabc`)),
    )
    let answer: Uint8Array = text('')
    const { createServer: listen } = await import('node:net')
    const server = listen((socket) => void socket.on('error', () => {}).once('data', () => socket.end(answer)))
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await fc.assert(
      fc.asyncProperty(answers, async (bytes) => {
        answer = bytes
        const outcome = await run(fetchText(`http://127.0.0.1:${port}/`, { maxBytes: 1000 })).catch(
          (error: unknown) => error,
        )
        expect(typeof outcome === 'string' || outcome instanceof Error).toBe(true)
      }),
      few(30),
    )
    server.close()
    for (const url of [
      `http://me:hidden@127.0.0.1:${port}`,
      'http://me:hidden@',
      'me:hidden@host',
      'http://me:hid/den@host',
    ]) {
      const error = await run(function* () {
        return yield* fetchText(url)
      }).catch((thrown: unknown) => thrown)
      expect(`${error} ${(error as Error).stack} ${String((error as Error).cause)}`).not.toMatch(/hidden|hid\/den/)
    }
  })
})

// Two processes, as each end of a connection is a file of its process.
const CLIENTS = `import { connect } from 'node:net'
  const sockets = []
  const open = () => new Promise((resolve) => {
    const socket = connect(Number(process.env.PORT), '127.0.0.1', () => socket.write('x'))
    sockets.push(socket)
    socket.on('error', () => {}).once('data', () => resolve('served')).once('close', () => resolve('refused'))
  })
  const count = async (many) => {
    const all = []
    for (let n = 0; n < many; n++) all.push(await open())
    return all.filter((each) => each === 'served').length
  }
  console.log(await count(10_000), 'of 10000')
  console.log(await count(10), 'of 10 more')
  sockets[0].destroy()
  while ((await open()) !== 'served');
  console.log('served again')
  process.exit()`

describe('By default a server has at most 10,000 connections', LONG, () => {
  it.runIf(isFuzz)('and serves one more when one has gone', async () => {
    await run(function* () {
      function* answers(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
        writer.write(yield* reader.read(1))
        yield* reader.read()
      }
      const server = yield* startServer(answers, '127.0.0.1', 0)
      const clients = new Lines(CLIENTS, { env: { PORT: `${server.port}` } })
      yield* call(() => clients.ended())
      expect(clients.output.split('\n')).toEqual(['10000 of 10000', '0 of 10 more', 'served again', ''])
      yield* server.shutdown()
      expect(server.stats().connections).toBe(0)
    })
  })

  it.runIf(isFuzz)(
    'and closes one after a minute without a handshake, or ten without a word, but not before',
    async () => {
      const ends = (port: number): Promise<number> => {
        const since = performance.now()
        const socket = connect(port, '127.0.0.1')
          .on('error', () => {})
          .resume()
        return new Promise((resolve) => socket.once('close', () => resolve(performance.now() - since)))
      }
      await run(function* () {
        const reads = (reader: StreamReader): Coroutine<Uint8Array> => reader.read()
        const plain = yield* startServer(reads, '127.0.0.1', 0)
        const secure = yield* startServer(reads, '127.0.0.1', 0, { tls: { cert, key } })
        const took = yield* call(() => Promise.all([ends(secure.port), ends(plain.port)]))
        expect(took.map((ms) => Math.floor(ms / 59_000))).toEqual([1, 10]) // up to a minute late
        yield* plain.shutdown()
        yield* secure.shutdown()
      })
    },
  )

  it('and closes one after ten idle minutes', async () => {
    const limits = vi.spyOn(Socket.prototype, 'setTimeout')
    await run(function* () {
      function* idle(reader: StreamReader): Coroutine<void> {
        yield* reader.readLine()
      }
      const server = yield* startServer(idle, '127.0.0.1', 0)
      const socket = connect(server.port, '127.0.0.1').on('error', () => {})
      while (limits.mock.calls.length === 0) yield* call(() => new Promise((resolve) => setImmediate(resolve)))
      const [[ms]] = limits.mock.calls as [[number]]
      ;(limits.mock.contexts[0] as Socket).emit('timeout')
      yield* call(() => new Promise((resolve) => socket.resume().once('close', resolve)))
      expect([ms, server.stats().connections]).toEqual([600_000, 0])
      server.close()
    })
    limits.mockRestore()
  })
})

describe('A stream delivers each byte once and in order', LONG, () => {
  const read = fc.oneof(
    fc.nat(40).map(
      (n) =>
        function* (reader: StreamReader) {
          return yield* reader.read(n + 1)
        },
    ),
    fc.constant(function* (reader: StreamReader) {
      return yield* reader.readLine()
    }),
    fc.constantFrom(-1, 1, 9).map(
      (n) =>
        function* (reader: StreamReader): Coroutine<Uint8Array> {
          const task = createTask(reader.read(n)) // -1: to the end
          yield* sleep(0)
          task.cancel() // abandoned: what it did not deliver is for the next
          try {
            return yield* task
          } catch {
            return new Uint8Array()
          }
        },
    ),
  )

  it('over a socket, however it is split, read and abandoned', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 20 }),
        fc.array(read, { minLength: 1, maxLength: 5 }),
        async (parts, reads) => {
          const got: number[] = []
          await run(function* () {
            function* sends(_reader: StreamReader, writer: StreamWriter): Coroutine<void> {
              for (const part of parts) {
                writer.write(part)
                yield* sleep(0)
              }
            }
            const server = yield* startServer(sends, '127.0.0.1', 0)
            const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
            for (let n = 0; !reader.atEof(); n++)
              got.push(...(yield* (reads[n % reads.length] as (typeof reads)[0])(reader)))
            writer.close()
            yield* server.shutdown()
          })
          expect(got).toEqual(parts.flatMap((part) => [...part]))
        },
      ),
      few(30),
    )
  })

  it('and has a limit', async () => {
    await run(function* () {
      function* sends(_reader: StreamReader, writer: StreamWriter): Coroutine<void> {
        writer.write('x'.repeat(5000))
        yield* writer.drain()
        yield* sleep(5)
      }
      const server = yield* startServer(sends, '127.0.0.1', 0)
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port, { limit: 1000 })
      let error: unknown
      try {
        yield* reader.readLine()
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(RangeError)
      writer.close()
      yield* server.shutdown()
    })
  })
})

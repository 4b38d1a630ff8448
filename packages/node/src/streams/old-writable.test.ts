import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import {
  connect,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import type { Coroutine } from '@spindle/loop'
import { call, closeHostLoop, once, run } from '@spindle/task'
import { afterEach, describe, expect, it } from 'vitest'
import { handler } from '../servers/handler.ts'
import { StreamWriter } from './stream-writer.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await closeHostLoop()
})

const PIECE = Buffer.alloc(50_000, 'x')
const PIECES = 40

function* writeAll(writer: StreamWriter): Coroutine<void> {
  for (let i = 0; i < PIECES; i++) {
    writer.write(PIECE)
    yield* writer.drain()
  }
  writer.close()
  yield* writer.waitClosed()
}

describe('StreamWriter.from()', () => {
  it('writes to a ServerResponse and to a ClientRequest, more than they hold', async () => {
    const ends: unknown[] = []
    const server = createServer(
      handler(function* (incoming: IncomingMessage, response: ServerResponse) {
        let size = 0
        yield* call(async () => {
          for await (const chunk of incoming) size += (chunk as Buffer).length
        })
        response.setHeader('x-size', size)
        yield* writeAll(StreamWriter.from(response))
        ends.push({ finished: response.writableFinished, destroyed: response.req.socket.destroyed })
      }),
    ).listen(0)
    closing.push(
      () => server.close(),
      () => server.closeAllConnections(),
    )
    function* main(): Coroutine<unknown> {
      if (!server.listening) yield* once(server, 'listening')
      const outgoing = request({ port: (server.address() as AddressInfo).port, method: 'POST' })
      const answered = once(outgoing, 'response')
      yield* writeAll(StreamWriter.from(outgoing))
      const [response] = (yield* answered) as [IncomingMessage]
      const body = yield* call(async () => {
        let size = 0
        for await (const chunk of response) size += (chunk as Buffer).length
        return size
      })
      return { sent: Number(response.headers['x-size']), body }
    }
    const size = PIECE.length * PIECES
    expect(await run(main())).toEqual({ sent: size, body: size })
    expect(ends).toEqual([{ finished: true, destroyed: false }]) // the connection stays for the next request
  })

  it('writes to an Http2ServerResponse', async () => {
    const server = createHttp2Server(
      handler(function* (_request: Http2ServerRequest, response: Http2ServerResponse) {
        yield* writeAll(StreamWriter.from(response))
      }),
    )
    await new Promise<void>((resolve) => server.listen(0, resolve))
    closing.push(() => void server.close())
    const session = connect(`http://localhost:${(server.address() as AddressInfo).port}`)
    closing.unshift(() => session.destroy())
    let size = 0
    for await (const chunk of session.request({ ':path': '/' })) size += (chunk as Buffer).length
    expect(size).toBe(PIECE.length * PIECES)
  })

  it('throws in drain() when the client has left, and refuses a value that is not a stream', async () => {
    const left = new Promise<unknown>((resolve) => {
      const server = createServer((_incoming, response) => {
        function* main(): Coroutine<void> {
          const writer = StreamWriter.from(response)
          for (;;) {
            writer.write(PIECE)
            yield* writer.drain()
          }
        }
        run(main()).catch(resolve)
      }).listen(0, () => {
        const { port } = server.address() as AddressInfo
        request({ port }, (response) => response.once('data', () => response.destroy())).end()
      })
      closing.push(
        () => server.close(),
        () => server.closeAllConnections(),
      )
    })
    expect(await left).toMatchObject({ code: 'ECONNRESET' })
    expect(() => StreamWriter.from({} as never)).toThrow('a Writable or a WritableStream is required, got {}')
  })
})

describe('StreamWriter.drain()', () => {
  it('gives the host a turn now and then, however fast the other end reads', async () => {
    let isFired = false
    const fast = new Writable({ write: (_chunk, _encoding, callback) => callback() })
    function* main(): Coroutine<void> {
      const writer = StreamWriter.from(fast)
      setTimeout(() => {
        isFired = true
      }, 1)
      for (let i = 0; i < 3_000_000 && !isFired; i++) {
        writer.write('x')
        yield* writer.drain()
      }
    }
    await run(main())
    expect(isFired).toBe(true)
  })
})

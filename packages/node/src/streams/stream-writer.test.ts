import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { connect as connectSecurely } from 'node:tls'
import { createGzip, gunzipSync } from 'node:zlib'
import { CancelledError, type Coroutine, getRunningLoop, RuntimeError } from '@spindle/loop'
import { createTask, gather, isCoroutine, once, run, sleep, timeout, wait } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { outcome, text } from '../outcome.fixture.ts'
import { cert, key } from '../servers/certificate.fixture.ts'
import { openConnection } from '../servers/open-connection.ts'
import { startServer } from '../servers/start-server.ts'
import { StreamReader } from './stream-reader.ts'
import { StreamWriter } from './stream-writer.ts'

/** A stream that takes a chunk every `delay` ms, and keeps what it took. */
function slow(delay: number, taken: string[] = []): Writable {
  return new Writable({
    highWaterMark: 10,
    write(chunk, _encoding, callback) {
      taken.push(String(chunk))
      setTimeout(callback, delay)
    },
  })
}

describe('StreamWriter.close of a Transform', () => {
  it('loses no data that has yet to be read', async () => {
    const data = randomBytes(3_000_000)
    const directory = mkdtempSync(join(tmpdir(), 'spindle-gzip-'))
    const file = join(directory, 'data.gz')
    function* main(): Coroutine<void> {
      const gzip = createGzip()
      const sink = gzip.pipe(createWriteStream(file))
      const writer = StreamWriter.from(gzip)
      for (let at = 0; at < data.length; at += 100_000) {
        writer.write(data.subarray(at, at + 100_000))
        yield* writer.drain()
      }
      writer.close()
      yield* writer.waitClosed()
      expect({ closing: writer.isClosing(), ended: gzip.writableFinished }).toEqual({ closing: true, ended: true })
      if (!sink.closed) yield* once(sink, 'close')
    }
    await run(main())
    expect(gunzipSync(readFileSync(file)).equals(data)).toBe(true)
    rmSync(directory, { recursive: true })
  })

  it('keeps a reader of the same stream working', async () => {
    function* main(): Coroutine<string> {
      const pipe = new PassThrough()
      const reader = StreamReader.from(pipe)
      const writer = StreamWriter.from(pipe)
      writer.write('all of it')
      writer.close()
      yield* writer.waitClosed()
      return yield* text(reader.read())
    }
    expect(await run(main())).toBe('all of it')
  })

  it('abort drops it', async () => {
    function* main(): Coroutine<boolean> {
      const pipe = new PassThrough()
      const writer = StreamWriter.from(pipe)
      writer.write('lost')
      writer.abort()
      yield* writer.waitClosed()
      return pipe.destroyed
    }
    expect(await run(main())).toBe(true)
  })
})

/** A server of plain Node. */
async function serve(onConnection: (socket: Socket) => void): Promise<{ port: number; close(): void }> {
  const server = createServer({ allowHalfOpen: true }, onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as { port: number }).port, close: () => server.close() }
}

describe('StreamWriter', () => {
  it('writes strings and bytes to a stream of Node, and to one of the web', async () => {
    for (const kind of ['node', 'web']) {
      const taken: string[] = []
      const web = new WritableStream<Uint8Array>({ write: (chunk) => void taken.push(Buffer.from(chunk).toString()) })
      const writer = StreamWriter.from(kind === 'node' ? slow(1, taken) : web)
      function* main(): Coroutine<void> {
        writer.write('one')
        writer.writeLines([Buffer.from('two'), 'three'])
        yield* writer.drain()
        writer.close()
        yield* writer.waitClosed()
      }
      await run(main())
      expect(taken.join('')).toBe('onetwothree')
    }
  })

  it('waits in drain while there is no room, and not otherwise', async () => {
    const taken: string[] = []
    const log: string[] = []
    function* main(): Coroutine<void> {
      const writer = StreamWriter.from(slow(10, taken))
      writer.write('short')
      yield* writer.drain()
      log.push(`after short: ${taken.length}`)
      writer.write('a long one')
      writer.write('more')
      yield* writer.drain()
      log.push(`after long: ${taken.length}`)
      writer.close()
      yield* writer.waitClosed()
    }
    await run(main())
    expect(log).toEqual(['after short: 1', 'after long: 3'])
  })

  it('returns from drain a coroutine that can become a Task, whether there is room or not', async () => {
    function* main(): Coroutine<void> {
      const writer = StreamWriter.from(slow(10))
      for (const data of ['short', 'a long one']) {
        writer.write(data)
        const draining = writer.drain()
        expect(isCoroutine(draining)).toBe(true)
        expect(String(draining)).toBe('<coroutine object StreamWriter.drain>')
        const task = createTask(draining)
        expect(String(task)).toContain('coro=<StreamWriter.drain()')
        yield* gather([task, writer.drain()])
        expect(writer.transport.writableNeedDrain).toBe(false)
      }
      writer.close()
      yield* writer.waitClosed()
    }
    await run(main())
  })

  it('keeps memory flat when the reader is slow', async () => {
    let written = 0
    function* main(): Coroutine<void> {
      const server = yield* startServer(
        function* (_reader, writer) {
          const block = Buffer.alloc(64 * 1024)
          for (;;) {
            writer.write(block)
            written += block.length
            yield* writer.drain()
          }
        },
        '127.0.0.1',
        0,
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      // Until the buffers of the system are full.
      for (let before = -1; before !== written && written < 20_000_000; ) {
        before = written
        yield* sleep(100)
      }
      expect(written).toBeLessThan(20_000_000)
      for (let left = 30_000_000; left > 0; left -= 65536) yield* reader.readExactly(65536)
      expect(written).toBeGreaterThan(30_000_000)
      writer.close()
      server.close()
      server.abortClients()
    }
    await run(main())
  })

  it('sends the end, and continues reading', async () => {
    const server = await serve((socket) => {
      let got = ''
      socket.on('data', (chunk) => {
        got += chunk
      })
      socket.on('end', () => socket.end(`got ${got}`))
    })
    function* main(): Coroutine<unknown> {
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('all')
      expect(writer.canWriteEof()).toBe(true)
      writer.writeEof()
      writer.writeEof()
      expect(() => writer.write('more')).toThrow(RuntimeError)
      const answer = yield* text(reader.read())
      writer.close()
      return { answer, atEof: reader.atEof() }
    }
    expect(await run(main())).toEqual({ answer: 'got all', atEof: true })
    server.close()
  })

  it('continues writing after the other end has closed its side', async () => {
    const got: string[] = []
    const server = await serve((socket) => {
      socket.end('bye')
      socket.on('data', (chunk) => got.push(String(chunk)))
    })
    function* main(): Coroutine<void> {
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      expect(yield* text(reader.read())).toBe('bye')
      writer.write('still here')
      yield* writer.drain()
      writer.close()
      yield* writer.waitClosed()
    }
    await run(main())
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(got).toEqual(['still here'])
    server.close()
  })

  it('reports to writers and readers that the other end has reset the connection', async () => {
    const server = await serve((socket) => {
      socket.once('data', () => socket.resetAndDestroy())
    })
    function* main(): Coroutine<unknown[]> {
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('hello')
      const codes: unknown[] = []
      for (const waiting of [reader.read(), writer.drain(), writer.waitClosed(), reader.readLine()]) {
        codes.push(((yield* outcome(waiting)) as { code?: string }).code)
      }
      writer.write('dropped')
      expect(writer.isClosing()).toBe(true)
      writer.close()
      return codes
    }
    expect(await run(main())).toEqual(new Array(4).fill('ECONNRESET'))
    server.close()
  })

  it('refuses to write after close, with a clear error', async () => {
    const writer = StreamWriter.from(slow(1))
    function* main(): Coroutine<unknown> {
      writer.close()
      writer.close()
      expect(() => writer.write('x')).toThrow(
        /^Cannot call write\(\) after close\(\): <StreamWriter closing Writable>$/,
      )
      yield* writer.waitClosed()
      yield* writer.waitClosed()
      return yield* outcome(writer.drain())
    }
    expect(await run(main())).toMatchObject({ code: 'ECONNRESET' })
  })

  it('resumes a Task that waits in drain when all is sent after writeEof', async () => {
    const taken: string[] = []
    function* main(): Coroutine<string> {
      const writer = StreamWriter.from(slow(5, taken))
      writer.write('much more than there is room for')
      const draining = createTask(writer.drain())
      yield* sleep(1)
      writer.writeEof()
      yield* draining
      return taken.join()
    }
    expect(await run(timeout(2000, main))).toBe('much more than there is room for')
  })

  it('drops unsent data at abort', async () => {
    const taken: string[] = []
    function* main(): Coroutine<void> {
      const writer = StreamWriter.from(slow(200, taken))
      for (let i = 0; i < 10; i++) writer.write('0123456789')
      const draining = createTask(outcome(writer.drain()))
      yield* sleep(1)
      writer.abort()
      expect(yield* draining).toMatchObject({ code: 'ECONNRESET' })
      yield* writer.waitClosed()
    }
    await run(main())
    expect(taken).toHaveLength(1)
  })

  it('throws from drain and waitClosed what broke the stream', async () => {
    const failed = new Error('disk full')
    const target = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, callback) => void setTimeout(callback, 5, failed),
    })
    function* main(): Coroutine<unknown[]> {
      const writer = StreamWriter.from(target)
      writer.write('xx')
      return [yield* outcome(writer.drain()), yield* outcome(writer.drain()), yield* outcome(writer.waitClosed())]
    }
    expect(await run(main())).toEqual([failed, failed, failed])
  })

  it('knows its addresses, also after the connection is closed', async () => {
    function* main(): Coroutine<unknown[]> {
      const told = getRunningLoop().createFuture<unknown>()
      const server = yield* startServer(
        function* (_reader, writer) {
          yield* outcome(writer.waitClosed())
          told.setResult([writer.getExtraInfo('peerName'), writer.getExtraInfo('sockName')])
        },
        '127.0.0.1',
        0,
      )
      const [, writer] = yield* openConnection('127.0.0.1', server.port)
      const ends = [writer.getExtraInfo('sockName'), writer.getExtraInfo('peerName')]
      expect(ends[1]).toEqual(['127.0.0.1', server.port])
      expect(String(writer)).toBe(`<StreamWriter open 127.0.0.1:${server.port}>`)
      writer.getExtraInfo('socket')?.resetAndDestroy()
      const atServer = yield* told
      const after = [writer.getExtraInfo('sockName'), writer.getExtraInfo('peerName')]
      server.close()
      return [ends, after, atServer]
    }
    const [ends, after, atServer] = await run(timeout(2000, main))
    expect([after, atServer]).toEqual([ends, ends])
    expect(ends).toEqual([
      ['127.0.0.1', expect.any(Number)],
      ['127.0.0.1', expect.any(Number)],
    ])
    const pipe = StreamWriter.from(new PassThrough())
    expect([pipe.getExtraInfo('peerName', ['none', 0]), pipe.getExtraInfo('socket')]).toEqual([['none', 0], undefined])
  })

  it.each(['client', 'server'])('counts as closed when the %s has reset the socket while it ended', async (side) => {
    function* leave(writer: StreamWriter): Coroutine<void> {
      writer.close()
      writer.getExtraInfo('socket')?.resetAndDestroy()
      yield* outcome(writer.waitClosed())
    }
    function* main(): Coroutine<void> {
      const server = yield* startServer(
        (reader, writer) => (side === 'server' ? leave(writer) : outcome(reader.read())),
        '127.0.0.1',
        0,
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      yield* side === 'client' ? leave(writer) : outcome(reader.read())
      writer.close()
      server.close()
      yield* server.waitClosed()
      while (getRunningLoop().closeCallbacks.size > 0) yield* sleep(1)
    }
    await run(main())
  })

  it('over TLS refuses to send only the end, with a clear error', async () => {
    function* main(): Coroutine<void> {
      const server = yield* startServer((reader) => outcome(reader.read()), '127.0.0.1', 0, { tls: { cert, key } })
      const [, writer] = yield* openConnection('localhost', server.port, { tls: { ca: cert } })
      expect(() => writer.writeEof()).toThrow(
        new RuntimeError('writeEof() is not possible over TLS: use close(), which ends both directions'),
      )
      writer.write('still open')
      yield* writer.drain()
      writer.close()
      server.close()
      yield* server.waitClosed()
    }
    await run(main())
  })

  it('over TLS counts as closing when the other end has closed, which drain reports', async () => {
    function* main(): Coroutine<unknown[]> {
      const told = getRunningLoop().createFuture<unknown[]>()
      const server = yield* startServer(
        function* (reader, writer) {
          const request = yield* text(reader.read())
          writer.write('an answer to nobody')
          told.setResult([request, writer.isClosing(), yield* outcome(writer.drain()), reader.exception()])
        },
        '127.0.0.1',
        0,
        { tls: { cert, key } },
      )
      const client = connectSecurely({ port: server.port, host: 'localhost', ca: cert }, () => client.end('request'))
      const seen = yield* told
      server.close()
      return seen
    }
    const [request, isClosing, drained, failure] = await run(timeout(2000, main))
    expect({ request, isClosing, failure }).toEqual({ request: 'request', isClosing: true, failure: undefined })
    expect(drained).toMatchObject({ code: 'ECONNRESET' })
  })

  it('refuses a value that is not a stream', () => {
    expect(() => StreamWriter.from('file' as never)).toThrow(
      new TypeError("a Writable or a WritableStream is required, got 'file'"),
    )
  })
})

describe('StreamWriter.startTls', () => {
  function* upgrading(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
    expect(yield* text(reader.readLine())).toBe('STARTTLS\n')
    writer.write('go\n')
    yield* writer.startTls({ cert, key })
    writer.write(`secret ${yield* text(reader.readLine())}`)
    yield* writer.drain()
    writer.close()
    yield* writer.waitClosed()
  }

  it('continues encrypted, with the same reader and writer', async () => {
    function* main(): Coroutine<unknown[]> {
      const server = yield* startServer(upgrading, '127.0.0.1', 0)
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('STARTTLS\n')
      const go = yield* text(reader.readLine())
      yield* writer.startTls({ ca: cert, servername: 'localhost' })
      writer.write('hello\n')
      const answer = yield* text(reader.readLine())
      const again = String(yield* outcome(writer.startTls()))
      const { version } = writer.getExtraInfo('cipher') ?? {}
      writer.close()
      yield* writer.waitClosed()
      server.close()
      yield* server.waitClosed()
      return [go, answer, version, again]
    }
    expect(await run(main())).toEqual([
      'go\n',
      'secret hello\n',
      'TLSv1.3',
      'RuntimeError: startTls() was called already: the connection is encrypted',
    ])
  })

  it('shakes hands with a client that has not waited for it', async () => {
    function* main(): Coroutine<string> {
      const server = yield* startServer(
        function* (_reader, writer) {
          yield* sleep(30) // meanwhile it comes
          yield* writer.startTls({ cert, key })
          writer.write('secret')
        },
        '127.0.0.1',
        0,
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      yield* writer.startTls({ ca: cert, servername: 'localhost' })
      const answer = yield* text(reader.read())
      writer.close()
      server.close()
      return answer
    }
    expect(await run(timeout(5000, main))).toBe('secret')
  })

  it('does not treat data sent before the handshake as encrypted', async () => {
    function* main(): Coroutine<object> {
      const told = getRunningLoop().createFuture<unknown[]>()
      const server = yield* startServer(
        function* (reader, writer) {
          yield* sleep(30)
          const error = yield* outcome(writer.startTls({ cert, key }))
          told.setResult([error instanceof Error, yield* outcome(reader.read())])
        },
        '127.0.0.1',
        0,
      )
      const [, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('DELETE EVERYTHING\n')
      const error = yield* outcome(writer.startTls({ ca: cert, servername: 'localhost' }))
      const [failed, read] = yield* told
      server.close()
      return {
        'client failed': error instanceof Error,
        'server failed': failed,
        deleted: String(read).includes('DELETE'),
      }
    }
    expect(await run(timeout(5000, main))).toEqual({ 'client failed': true, 'server failed': true, deleted: false })
  })

  it('limits the time of the handshake', async () => {
    const server = await serve((socket) => {
      socket.on('error', () => {}).resume()
      socket.once('data', (data) => socket.write(data))
    })
    function* main(): Coroutine<unknown[]> {
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      const refused = yield* outcome(writer.startTls({ handshakeTimeout: 0 }))
      writer.write('hello')
      const answer = String(yield* reader.read(5))
      return [String(refused), answer, yield* outcome(writer.startTls({ handshakeTimeout: 20 })), writer.isClosing()]
    }
    expect(await run(main())).toEqual([
      'RangeError: handshakeTimeout should be a positive number, got 0',
      'hello',
      expect.objectContaining({ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }),
      true,
    ])
    server.close()
  })

  it('closes the connection when the handshake fails, or is cancelled', async () => {
    const server = await serve((socket) => {
      socket.on('error', () => {})
      socket.once('data', (data) => {
        if (String(data) === 'garbage') socket.write('go')
        socket.on('data', () => String(data) === 'garbage' && socket.write('this is no handshake'))
      })
    })
    function* main(): Coroutine<unknown[]> {
      const seen: unknown[] = []
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('garbage')
      yield* reader.readExactly(2)
      seen.push((yield* outcome(writer.startTls({ ca: cert }))) instanceof Error && 'garbage: failed')
      seen.push(writer.isClosing() && 'garbage: closing')
      const [, silent] = yield* openConnection('127.0.0.1', server.port)
      silent.write('silence')
      const task = createTask(silent.startTls({ ca: cert }))
      yield* sleep(20)
      task.cancel()
      yield* wait([task])
      seen.push((yield* outcome(task)) instanceof CancelledError && 'silence: cancelled')
      seen.push(silent.isClosing() && 'silence: closing')
      yield* silent.waitClosed()
      return seen
    }
    expect(await run(main())).toEqual(['garbage: failed', 'garbage: closing', 'silence: cancelled', 'silence: closing'])
    server.close()
  })

  it('drops early bytes of a client when it is aborted in the turn that begins to encrypt', async () => {
    function* serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
      yield* reader.readExactly(1)
      const task = createTask(writer.startTls({ cert, key }))
      yield* sleep(0)
      writer.abort()
      task.cancel()
      yield* wait([task])
      yield* outcome(reader.read()) // data that came now would be an uncaught exception: feedData after feedEof
    }
    function* main(): Coroutine<void> {
      const server = yield* startServer(serve, '127.0.0.1', 0)
      for (let n = 0; n < 10; n++) {
        const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
        writer.write('early')
        yield* outcome(reader.read())
        writer.close()
      }
      yield* server.shutdown()
    }
    await run(main())
  })

  it.each(['client', 'server'])('closes the connection when Node refuses the options of the %s', async (side) => {
    function* main(): Coroutine<string> {
      const refused = (writer: StreamWriter): Coroutine<unknown> =>
        outcome(writer.startTls({ ca: cert, servername: 'localhost', key: 'garbage', cert: 'garbage' }))
      const told = getRunningLoop().createFuture<unknown>()
      const server = yield* startServer(
        function* (reader, writer) {
          if (side === 'server') told.setResult(yield* refused(writer))
          yield* reader.read()
        },
        '127.0.0.1',
        0,
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      const error = side === 'server' ? yield* told : yield* refused(writer)
      yield* outcome(reader.read()) // there is an end
      if (side === 'client') yield* writer.waitClosed()
      yield* server.shutdown()
      return String(error)
    }
    expect(await run(timeout(60_000, main))).toContain('PEM routines')
  })

  it.each([
    ['ends the connection', 0, (socket: Socket) => socket.end()],
    ['has ended the connection', 30, (socket: Socket) => socket.end()],
    ['resets the connection', 0, (socket: Socket) => socket.resetAndDestroy()],
    ['has reset the connection', 30, (socket: Socket) => socket.resetAndDestroy()],
  ])('throws when the client %s instead of shaking hands', async (_how, delay, leave) => {
    function* main(): Coroutine<unknown> {
      const told = getRunningLoop().createFuture<unknown>()
      const server = yield* startServer(
        function* (_reader, writer) {
          writer.write('go')
          yield* sleep(delay)
          told.setResult(yield* outcome(writer.startTls({ cert, key })))
        },
        '127.0.0.1',
        0,
      )
      const socket = connect(server.port, '127.0.0.1', () => socket.once('data', () => leave(socket)))
      socket.on('error', () => {})
      const error = yield* told
      server.close()
      yield* server.waitClosed()
      return error
    }
    expect(await run(timeout(2000, main))).toMatchObject({ code: 'ECONNRESET' })
  })

  it('refuses clients without the certificate that the server requires', async () => {
    let refused: unknown
    function* main(): Coroutine<unknown> {
      const server = yield* startServer(
        function* (_reader, writer) {
          refused = yield* outcome(writer.startTls({ cert, key, ca: cert, requestCert: true }))
        },
        '127.0.0.1',
        0,
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      yield* outcome(writer.startTls({ ca: cert, servername: 'localhost' }))
      const read = yield* outcome(reader.read())
      writer.close()
      server.close()
      yield* server.waitClosed()
      return read
    }
    const read = await run(main())
    expect(refused).toBeInstanceOf(Error)
    expect(read instanceof Error || (read as Buffer).length === 0).toBe(true)
  })

  it('is for sockets alone', async () => {
    expect(String(await run(outcome(StreamWriter.from(new PassThrough()).startTls())))).toBe(
      'RuntimeError: startTls() needs the writer of a socket',
    )
    expect(new StreamReader().atEof()).toBe(false)
  })
})

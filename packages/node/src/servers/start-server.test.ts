import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelledError, ContextVar, type Coroutine, getRunningLoop, RuntimeError } from '@spindle/loop'
import {
  allTasks,
  createTask,
  ensureFuture,
  forEach,
  gather,
  moveOnAfter,
  newEventLoop,
  once,
  rethrowIfCancelled,
  run,
  sleep,
  taskGroup,
  timeout,
} from '@spindle/task'
import { afterAll, describe, expect, it } from 'vitest'
import { outcome, text } from '../outcome.fixture.ts'
import type { ClientTlsOptions } from '../streams/encrypt.ts'
import { StreamReader } from '../streams/stream-reader.ts'
import type { StartTlsOptions, StreamWriter } from '../streams/stream-writer.ts'
import { cert, key } from './certificate.fixture.ts'
import { openConnection, openUnixConnection } from './open-connection.ts'
import type { Server } from './server.ts'
import { startServer, startUnixServer } from './start-server.ts'

const directory = mkdtempSync(join(tmpdir(), 'spindle-node-'))
afterAll(() => rmSync(directory, { recursive: true }))

function* coroutineOf<T>(start: () => Coroutine<T>): Coroutine<T> {
  return yield* start()
}

type Connection = [reader: StreamReader, writer: StreamWriter]

function* echo(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  yield* forEach(reader, function* (line) {
    writer.write(line)
    yield* writer.drain()
  })
}

/** Sends a line, and gives what comes back. */
function* ask(port: number, line: string): Coroutine<string> {
  const [reader, writer] = yield* openConnection('127.0.0.1', port)
  writer.write(line)
  writer.writeEof()
  const answer = yield* text(reader.read())
  writer.close()
  yield* writer.waitClosed()
  return answer
}

/** Leaves the socket of a server that has ended: it removes its own, unless that was renamed. */
function* leaveSocket(path: string): Coroutine<void> {
  const killed = createServer().listen(`${path}-first`)
  yield* once(killed, 'listening')
  renameSync(`${path}-first`, path)
  killed.close()
  yield* once(killed, 'close')
  expect(existsSync(path)).toBe(true)
}

/** What of this process is open: sockets and servers. */
function open(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe.*Wrap|TLS/.test(name) && !/Connect/.test(name))
}

const before = open().length

/** Waits until Node has closed what is to be closed. */
async function closed(): Promise<number> {
  for (let i = 0; i < 50 && open().length > before; i++) await new Promise((resolve) => setTimeout(resolve, 10))
  return open().length - before
}

describe('startServer', () => {
  it('serves many clients at once, and leaves nothing open', async () => {
    function* main(): Coroutine<string[]> {
      const server = yield* startServer(echo, '127.0.0.1', 0)
      const lines = Array.from({ length: 50 }, (_, i) => `line ${i}\n`)
      const answers = yield* gather(lines.map((line) => ask(server.port, line)))
      expect(answers).toEqual(lines)
      server.close()
      yield* server.waitClosed()
      return [...allTasks()].map((task) => task.getName())
    }
    expect(await run(main())).toHaveLength(1)
    expect(await closed()).toBe(0)
  })

  it('replaces a stale Unix socket, and nothing else', async () => {
    const path = join(directory, 'left')
    function* main(): Coroutine<unknown> {
      yield* leaveSocket(path)
      const server = yield* startUnixServer(echo, path)
      expect([server.address(), server.port, server.getLoop()]).toEqual([path, 0, getRunningLoop()])
      const [, writer] = yield* openUnixConnection(path)
      writer.close()
      rmSync(path)
      server.close()
      yield* server.waitClosed()
      writeFileSync(path, 'a file')
      return yield* outcome(startUnixServer(echo, path))
    }
    expect(await run(main())).toMatchObject({ code: 'EADDRINUSE' })
    expect(readFileSync(path, 'utf8')).toBe('a file')
  })

  it('does not replace a live server on a Unix socket unless requested, and leaves the path to its successor', async () => {
    const path = join(directory, 'live')
    function* main(): Coroutine<void> {
      const first = yield* startUnixServer(echo, path)
      expect(yield* outcome(startUnixServer(echo, path))).toMatchObject({ code: 'EADDRINUSE' })
      const second = yield* startUnixServer(echo, path, { replace: true })
      first.close()
      yield* first.waitClosed()
      const [reader, writer] = yield* openUnixConnection(path)
      writer.write('still there\n')
      expect(yield* text(reader.readLine())).toBe('still there\n')
      writer.close()
      second.close()
      yield* second.waitClosed()
    }
    await run(main())
    expect({ left: readdirSync(directory).filter((name) => name === 'live' || name.startsWith('.s')) }).toEqual({
      left: [],
    })
  })

  it.each(['nothing', 'a stale socket'])(
    'gives a path with %s to one of several servers that start at once',
    async (left) => {
      const path = join(directory, 'contested')
      function* main(): Coroutine<unknown> {
        if (left !== 'nothing') yield* leaveSocket(path)
        const starting = Array.from({ length: 5 }, () => startUnixServer(echo, path))
        const outcomes = yield* gather(starting, { returnExceptions: true })
        const refused = outcomes.filter((one) => (one as NodeJS.ErrnoException).code === 'EADDRINUSE').length
        const servers = outcomes.filter((one): one is Server => !(one instanceof Error))
        const [reader, writer] = yield* openUnixConnection(path)
        writer.write('hello\n')
        const answer = yield* text(reader.readLine())
        writer.close()
        for (const server of servers) yield* server.shutdown()
        return { refused, started: servers.length, answer }
      }
      expect(await run(main())).toEqual({ refused: 4, started: 1, answer: 'hello\n' })
      expect(readdirSync(directory).filter((name) => name === 'contested' || name.startsWith('.s'))).toEqual([])
    },
  )

  it.each([95, 100, 103])(
    'listens on a path of %i bytes, however short its name is, and refuses one that is too long',
    async (bytes) => {
      const folder = join(directory, 'd'.repeat(bytes - directory.length - 3))
      mkdirSync(folder)
      const path = join(folder, 's')
      function* main(): Coroutine<unknown> {
        const server = yield* startUnixServer(echo, path)
        const [, writer] = yield* openUnixConnection(path)
        writer.close()
        yield* server.shutdown()
        const long = `${path}${'x'.repeat(20)}`
        return [
          yield* outcome(coroutineOf(() => startUnixServer(echo, long))),
          yield* outcome(coroutineOf(() => openUnixConnection(long))),
        ]
      }
      const tooLong = { code: 'ENAMETOOLONG' }
      expect({ bytes: path.length, outcomes: await run(main()), left: readdirSync(folder) }).toMatchObject({
        bytes,
        outcomes: [tooLong, tooLong],
        left: [],
      })
    },
  )

  it('sets the requested permissions of a Unix socket', async () => {
    const path = join(directory, 'private')
    function* main(): Coroutine<string> {
      const server = yield* startUnixServer(echo, path, { mode: 0o600 })
      const mode = statSync(path).mode & 0o777
      server.close()
      return mode.toString(8)
    }
    expect(await run(main())).toBe('600')
  })

  describe('TLS checks the name that was connected to', () => {
    /** What the server saw as the name (SNI), and what the client threw, if it did. */
    function* connecting(host: string, tls: ClientTlsOptions, start: boolean): Coroutine<string> {
      const seen: unknown[] = []
      const serve = function* (reader: StreamReader, writer: StreamWriter): Coroutine<void> {
        if (start) yield* writer.startTls({ cert, key })
        seen.push((writer.getExtraInfo('socket') as { servername?: unknown } | undefined)?.servername)
        yield* reader.read()
      }
      const path = join(directory, 'tls')
      const options = start ? {} : { tls: { cert, key } }
      const server =
        host === 'unix'
          ? yield* startUnixServer(() => {}, path, options)
          : yield* startServer((reader, writer) => outcome(serve(reader, writer)), '0.0.0.0', 0, options)
      try {
        const connection = start ? {} : { tls }
        const [, writer] =
          host === 'unix'
            ? yield* openUnixConnection(path, connection)
            : yield* openConnection(host, server.port, connection)
        if (start) yield* writer.startTls(tls as StartTlsOptions)
        while (seen.length === 0) yield* sleep(1)
        return `connected, sent ${seen[0]}`
      } catch (error) {
        rethrowIfCancelled(error)
        return (error as { code?: string }).code ?? (error as Error).name
      } finally {
        server.close()
        server.abortClients()
      }
    }

    it.each<[host: string, tls: ClientTlsOptions, expected: string]>([
      ['localhost', { ca: cert }, 'connected, sent localhost'],
      ['127.0.0.1', { ca: cert }, 'connected, sent false'], // the certificate names this address; no address is sent
      ['127.0.0.2', { ca: cert }, 'ERR_TLS_CERT_ALTNAME_INVALID'], // and not this one
      ['127.0.0.2', { ca: cert, servername: 'localhost' }, 'connected, sent localhost'],
      ['localhost', { ca: cert, servername: 'example.org' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
      ['127.0.0.2', { ca: cert, servername: '127.0.0.1' }, 'connected, sent false'],
      ['127.0.0.2', { ca: cert, checkServerIdentity: () => undefined }, 'connected, sent false'],
      ['127.0.0.1', {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['unix', { ca: cert }, 'TypeError'],
    ])('%s %o: %s', async (host, tls, expected) => {
      expect({
        tls: await run(connecting(host, tls, false)),
        startTls: await run(connecting(host, tls, true)),
      }).toEqual({
        tls: expected,
        startTls: expected,
      })
    })
  })

  it('encrypts', async () => {
    function* main(): Coroutine<unknown[]> {
      const server = yield* startServer(echo, '127.0.0.1', 0, { tls: { cert, key } })
      const [reader, writer] = yield* openConnection('localhost', server.port, { tls: { ca: cert } })
      writer.write('secret\n')
      const line = yield* text(reader.readLine())
      const cipher = writer.getExtraInfo('cipher')
      const subject = writer.getExtraInfo('peerCertificate')?.subject.CN
      const ends = [writer.canWriteEof()]
      writer.close()
      yield* writer.waitClosed()
      server.close()
      yield* server.waitClosed()
      return [line, cipher?.version, subject, ends]
    }
    expect(await run(main())).toEqual(['secret\n', 'TLSv1.3', 'localhost', [false]])
  })

  it('is not troubled by clients that speak no TLS, or do not trust it', async () => {
    function* main(): Coroutine<unknown[]> {
      const server = yield* startServer(echo, '127.0.0.1', 0, { tls: { cert, key } })
      const distrustful = yield* outcome(openConnection('localhost', server.port, { tls: true }))
      const [plain, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('GET / HTTP/1.1\r\n\r\n')
      yield* outcome(plain.read())
      writer.close()
      const [reader, secure] = yield* openConnection('localhost', server.port, { tls: { ca: cert } })
      secure.write('still there\n')
      const line = yield* text(reader.readLine())
      secure.close()
      server.close()
      yield* server.waitClosed()
      return [(distrustful as { code?: string }).code, line]
    }
    expect(await run(main())).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT', 'still there\n'])
    expect(await closed()).toBe(0)
  })

  it('closes connections whose handshake takes too long', async () => {
    function* main(): Coroutine<unknown> {
      const tls = { cert, key, handshakeTimeout: 20 }
      const server = yield* startServer(echo, '127.0.0.1', 0, { tls })
      const silent = connect(server.port, '127.0.0.1').resume()
      const closing = new Promise((resolve) => silent.once('close', resolve))
      yield* timeout(5000, () => ensureFuture(closing))
      server.close()
      return yield* outcome(timeout(5000, () => server.waitClosed()))
    }
    expect(await run(main())).toBeUndefined()
    expect(await closed()).toBe(0)
  })

  it('closes the connection when the coroutine of a client ends, and reports its exception', async () => {
    const reports: string[] = []
    const loop = newEventLoop()
    loop.setExceptionHandler((_loop, context) => reports.push(`${context.message}: ${context.exception}`))
    function* main(): Coroutine<string[]> {
      const server = yield* startServer(
        function* (reader, writer) {
          const line = yield* text(reader.readLine())
          writer.write('answer')
          if (line !== 'end\n') throw line === 'fail\n' ? new Error('failed') : new CancelledError()
        },
        '127.0.0.1',
        0,
      )
      const answers: string[] = []
      for (const line of ['end\n', 'fail\n', 'cancel\n']) {
        const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
        writer.write(line)
        answers.push(yield* text(reader.read()))
        writer.close()
      }
      server.close()
      yield* server.waitClosed()
      return answers
    }
    expect(await loop.runUntilComplete(main())).toEqual(['answer', 'answer', 'answer'])
    loop.close()
    expect(reports).toEqual(['Unhandled exception in client_connected_cb: Error: failed'])
  })

  it('takes a plain function, which may create Tasks, and reports its exception', async () => {
    const reports: string[] = []
    const loop = newEventLoop()
    loop.setExceptionHandler((_loop, context) => reports.push(`${context.message}: ${context.exception}`))
    let clients = 0
    function* main(): Coroutine<string> {
      const server = yield* startServer((reader, writer) => {
        if (clients++ > 0) throw new Error('no more')
        createTask(echo(reader, writer)).addDoneCallback(() => writer.close())
      }, '127.0.0.1')
      const answer = yield* ask(server.port, 'hello\n')
      yield* outcome(ask(server.port, 'hello\n'))
      server.close()
      yield* server.waitClosed()
      return answer
    }
    expect(await loop.runUntilComplete(main())).toBe('hello\n')
    loop.close()
    expect(reports).toEqual(['Unhandled exception in client_connected_cb: Error: no more'])
  })

  it('runs its clients in the context it was started in', async () => {
    const name = new ContextVar<string>('name', { defaultValue: 'none' })
    function* main(): Coroutine<string[]> {
      name.set('server')
      const server = yield* startServer(
        function* (_reader, writer) {
          writer.write(name.get())
          name.set('client')
        },
        '127.0.0.1',
        0,
      )
      name.set('main')
      const answers = [yield* ask(server.port, ''), yield* ask(server.port, '')]
      server.close()
      return answers
    }
    expect(await run(main())).toEqual(['server', 'server'])
  })

  it('throws when the port is taken, and leaves nothing open', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const error = (await run(outcome(startServer(echo, '127.0.0.1', port)))) as { code?: string }
    expect(error.code).toBe('EADDRINUSE')
    await new Promise((resolve) => taken.close(resolve))
    expect(await closed()).toBe(0)
  })

  it('refuses a value that is not a function', async () => {
    expect(String(await run(outcome(startServer(5 as never))))).toBe(
      'TypeError: startServer() takes a function for the clients, got 5',
    )
  })
})

describe('a server that strangers can reach', () => {
  it('refuses more clients than it may have', async () => {
    function* main(): Coroutine<unknown> {
      const server = yield* startServer(echo, '127.0.0.1', 0, { maxConnections: 2 })
      const connections = []
      for (let i = 0; i < 3; i++) connections.push(yield* openConnection('127.0.0.1', server.port))
      expect(yield* text((connections[2] as Connection)[0].read())).toBe('')
      for (const [, writer] of connections) writer.close()
      yield* server.shutdown()
      const { accepted, refused } = server.stats()
      return { accepted, refused }
    }
    expect(await run(main())).toEqual({ accepted: 2, refused: 1 })
  })

  it.each([
    [{}, 600_000],
    [{ idleTimeout: 5000 }, 5000],
    [{ idleTimeout: Infinity }, undefined],
  ])('lets a connection be idle for ten minutes, or as long as it is told: %j', async (options, expected) => {
    function* main(): Coroutine<unknown> {
      const limits: unknown[] = []
      const server = yield* startServer(
        function* (_reader, writer) {
          limits.push((writer.transport as Socket).timeout)
        },
        '127.0.0.1',
        0,
        options,
      )
      const [reader] = yield* openConnection('127.0.0.1', server.port)
      yield* reader.read() // until it is closed
      yield* server.shutdown()
      return limits
    }
    expect(await run(main())).toEqual([expected])
  })

  it('closes a connection on which nothing happens', async () => {
    const ends: string[] = []
    function* main(): Coroutine<number> {
      const server = yield* startServer(
        function* (reader) {
          ends.push((yield* outcome(reader.readLine())) as string)
        },
        '127.0.0.1',
        0,
        { idleTimeout: 30 },
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      yield* outcome(reader.read())
      writer.close()
      yield* server.shutdown()
      return server.stats().timedOut
    }
    expect({ timedOut: await run(main()), ends: ends.map(String) }).toEqual({
      timedOut: 1,
      ends: ['Error: nothing was sent or received for 30 ms'],
    })
  })

  it('counts errors that any client can cause, and reports errors of the program', async () => {
    const reports: string[] = []
    function* serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
      const what = String(yield* reader.readLine()).trim()
      if (what === 'wait') yield* reader.readExactly(100)
      if (what === 'group') {
        yield* taskGroup(function* (group) {
          group.createTask(reader.readExactly(100))
          yield* sleep(60_000)
        })
      }
      if (what === 'write') {
        for (;;) {
          writer.write(Buffer.alloc(100_000))
          yield* writer.drain()
        }
      }
      // Its own database is down: that is no client's fault.
      throw Object.assign(new Error('database'), { code: 'ECONNRESET' })
    }
    function* main(): Coroutine<unknown> {
      getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(String(exception)))
      const server = yield* startServer(serve, '127.0.0.1', 0)
      for (const [what, leave] of [
        ['wait', 'end'],
        ['wait', 'reset'],
        ['group', 'end'],
        ['write', 'reset'],
        ['other', 'end'],
      ]) {
        const [, writer] = yield* openConnection('127.0.0.1', server.port)
        writer.write(`${what}\n`)
        yield* sleep(20)
        if (leave === 'reset') writer.getExtraInfo('socket')?.resetAndDestroy()
        else writer.close()
        while (server.stats().connections > 0) yield* sleep(5)
      }
      yield* server.shutdown()
      return server.stats().lost
    }
    expect({ lost: await run(main()), reports }).toEqual({ lost: 4, reports: ['Error: database'] })
  })

  it('counts what clients do wrong while they encrypt, write too long a line, or leave a wrapped error', async () => {
    const reports: string[] = []
    function* serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
      const what = yield* text(reader.readLine())
      if (what === 'tls\n') yield* writer.startTls({ cert, key })
      try {
        yield* reader.readUntil('.')
      } catch (error) {
        if (what !== 'wrap\n') throw error
        throw new Error('the request failed', { cause: new Error('reading it failed', { cause: error }) })
      }
    }
    const leave: Record<string, (socket: Socket) => void> = {
      garbage: (socket) => socket.write(Buffer.alloc(1000, 'no TLS')),
      reset: (socket) => socket.resetAndDestroy(),
      close: (socket) => socket.end(),
      // A TLS record that announces 512 bytes, of which one comes.
      'cut off': (socket) => socket.end(Buffer.from([0x16, 3, 1, 2, 0, 1])),
    }
    function* main(): Coroutine<unknown> {
      getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(String(exception)))
      const server = yield* startServer(serve, '127.0.0.1', 0, { limit: 100 })
      const visit = function* (what: string, act: (socket: Socket) => void): Coroutine<void> {
        const socket = connect(server.port, '127.0.0.1').on('error', () => {})
        yield* once(socket, 'connect')
        socket.write(`${what}\n`)
        yield* sleep(20)
        act(socket)
        while (server.stats().connections > 0) yield* sleep(5)
        socket.destroy()
      }
      for (const act of Object.values(leave)) yield* visit('tls', act)
      const { failedHandshakes } = server.stats()
      yield* visit('plain', (socket) => socket.write('x'.repeat(1000)))
      yield* visit('wrap', (socket) => socket.resetAndDestroy())
      yield* visit('x'.repeat(1000), () => {})
      const { lost } = server.stats()
      yield* server.shutdown()
      return { failedHandshakes, lost }
    }
    const counts = await run(main())
    expect({ counts, reports }).toEqual({ counts: { failedHandshakes: 4, lost: 7 }, reports: [] })
  })

  it('gets rid of slow clients by a time limit for a whole line', async () => {
    function* serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
      const line = yield* moveOnAfter(300, () => reader.readLine())
      if (line !== undefined) writer.write(line)
    }
    function* main(): Coroutine<string> {
      const server = yield* startServer(serve, '127.0.0.1', 0, { maxConnections: 50 })
      const slow = Array.from({ length: 50 }, () => connect(server.port, '127.0.0.1').on('error', () => {}))
      const timer = setInterval(() => {
        for (const socket of slow) if (socket.writable) socket.write('x')
      }, 20)
      while (server.stats().accepted < 50) yield* sleep(5)
      while (server.stats().connections > 0) yield* sleep(5)
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('hello\n')
      const line = yield* text(reader.readLine())
      clearInterval(timer)
      for (const socket of slow) socket.destroy()
      writer.close()
      yield* server.shutdown()
      return line
    }
    expect(await run(main())).toBe('hello\n')
  })

  it('serves the other clients while the first sends many lines', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      const reader = new StreamReader()
      reader.feedData(Buffer.from('line\n'.repeat(10_000)))
      reader.feedEof()
      const others = createTask(
        (function* other() {
          for (let i = 0; i < 5; i++) {
            log.push('other')
            yield* sleep(0)
          }
        })(),
      )
      yield* forEach(reader, function* () {})
      log.push('all read')
      yield* others
    }
    await run(main())
    expect(log).toEqual(['other', 'other', 'other', 'other', 'other', 'all read'])
  })

  it('shuts down: clients have the grace time, and are cut off then', async () => {
    const log: string[] = []
    function* serve(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
      const ms = Number(yield* reader.readLine())
      try {
        yield* sleep(ms)
        writer.write('served')
      } finally {
        yield* sleep(20)
        log.push(`${ms}: cleaned up`)
      }
    }
    function* client(port: number, ms: number): Coroutine<void> {
      const [reader, writer] = yield* openConnection('127.0.0.1', port)
      writer.write(`${ms}\n`)
      const answer = yield* outcome(reader.read())
      log.push(`${ms}: ${answer instanceof Error ? answer.message : answer}`)
      writer.close()
    }
    function* main(): Coroutine<void> {
      const server = yield* startServer(serve, '127.0.0.1', 0)
      const clients = [createTask(client(server.port, 50)), createTask(client(server.port, 60_000))]
      while (server.stats().accepted < 2) yield* sleep(5)
      yield* sleep(10)
      yield* server.shutdown({ graceTime: 500 })
      log.push(`open: ${server.stats().connections}`)
      yield* gather(clients)
    }
    await run(main())
    expect(log.slice(0, 2)).toEqual(['50: cleaned up', '50: served'])
    expect(log.slice(2).sort()).toEqual(['60000: ', '60000: cleaned up', 'open: 0'])
    expect(log.indexOf('open: 0')).toBeGreaterThan(log.indexOf('60000: cleaned up'))
  })

  it('is shut down by a client: the Task that serves it continues', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      const server: Server = yield* startServer(
        function* (reader, writer) {
          yield* reader.readLine()
          writer.close()
          yield* server.shutdown()
          log.push(`open: ${server.stats().connections}`)
        },
        '127.0.0.1',
        0,
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('shut down\n')
      yield* reader.read()
      writer.close()
      yield* server.waitClosed()
      yield* sleep(0)
    }
    await run(main())
    expect(log).toEqual(['open: 0'])
  })

  it('cancelled in serveForever, does not wait for an idle client', async () => {
    function* main(): Coroutine<string> {
      const server = yield* startServer(echo, '127.0.0.1', 0)
      const task = createTask(server.serveForever())
      const [, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('hello\n')
      yield* sleep(20)
      task.cancel()
      return String(yield* outcome(task))
    }
    expect(await run(main())).toBe('CancelledError')
  })
})

describe('Server', () => {
  // CPython 3.15 closes the clients first (gh-123720); 3.14 would wait for them forever.
  it('serves forever until it is cancelled, and then closes its clients and waits for that', async () => {
    const log: string[] = []
    function* client(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
      writer.write('hello\n')
      log.push(`served to ${(yield* outcome(reader.read())) as Buffer}`)
    }
    function* main(): Coroutine<void> {
      const server = yield* startServer(client, '127.0.0.1', 0)
      const serving = createTask(server.serveForever())
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      yield* reader.readLine()
      expect(yield* outcome(server.serveForever())).toBeInstanceOf(RuntimeError)
      const { port } = server
      serving.cancel()
      log.push(String(yield* outcome(serving)))
      expect(yield* outcome(openConnection('127.0.0.1', port))).toMatchObject({ code: 'ECONNREFUSED' })
      writer.close()
      expect(yield* outcome(server.serveForever())).toBeInstanceOf(RuntimeError)
    }
    await run(main())
    expect(log).toEqual(['served to ', 'CancelledError'])
    expect(await closed()).toBe(0)
  })

  it('ends serveForever with a CancelledError when it is closed', async () => {
    function* main(): Coroutine<unknown> {
      const server = yield* startServer(echo, '127.0.0.1', 0)
      getRunningLoop().callLater(10, () => server.close())
      return yield* outcome(server.serveForever())
    }
    expect(await run(main())).toBeInstanceOf(CancelledError)
  })

  it('waits in waitClosed for the last connection', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      const server = yield* startServer(echo, '127.0.0.1', 0)
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      yield* sleep(10)
      server.close()
      const waiting = createTask(server.waitClosed())
      yield* sleep(10)
      log.push(`${server}, ${waiting.done() ? 'closed' : 'waiting'}`)
      writer.close()
      yield* waiting
      yield* server.waitClosed()
      yield* writer.waitClosed()
      log.push(`${server}`, `at its end: ${reader.atEof()}`)
    }
    await run(main())
    expect(log).toEqual(['<Server closed connections=1>, waiting', '<Server closed connections=0>', 'at its end: true'])
  })

  it('takes an async function for its clients, closes the connection when it ends, and reports its exception', async () => {
    const reports: unknown[] = []
    function* main(): Coroutine<string[]> {
      getRunningLoop().setExceptionHandler((_loop, { message, exception }) => reports.push([message, `${exception}`]))
      const shout = async (reader: StreamReader, writer: StreamWriter): Promise<void> => {
        for await (const line of reader) writer.write(String(line).toUpperCase())
        throw new RangeError('enough')
      }
      const server = yield* startServer(shout, '127.0.0.1', 0)
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      writer.write('hello\nworld\n')
      writer.writeEof()
      const answer = yield* text(reader.read())
      server.close()
      yield* server.waitClosed()
      return answer.split('\n')
    }
    expect(await run(timeout(5000, main))).toEqual(['HELLO', 'WORLD', ''])
    expect(reports).toEqual([['Unhandled exception in client_connected_cb', 'RangeError: enough']])
  })

  it.each([
    ['plain', undefined, undefined],
    ['over TLS', { cert, key }, { ca: cert }],
  ])('has waitClosed end after who serves the last client has seen its end (%s)', async (_, serverTls, clientTls) => {
    for (const end of ['closeClients', 'abortClients'] as const) {
      const log: string[] = []
      function* main(): Coroutine<void> {
        const server = yield* startServer(
          function* (reader) {
            log.push('comes')
            yield* outcome(reader.read())
            log.push('goes')
          },
          '127.0.0.1',
          0,
          { tls: serverTls },
        )
        yield* openConnection('localhost', server.port, { tls: clientTls, family: 4 })
        while (log.length === 0) yield* sleep(1)
        server.close()
        server[end]()
        yield* server.waitClosed()
        log.push('closed')
      }
      await run(main())
      expect(log).toEqual(['comes', 'goes', 'closed'])
    }
  })

  it('closes its clients after sending all written data, or aborts them', async () => {
    const data = 'x'.repeat(20_000_000)
    function* main(): Coroutine<number[]> {
      const server = yield* startServer(
        function* (_reader, writer) {
          writer.write(data)
          yield* sleep(10_000)
        },
        '127.0.0.1',
        0,
      )
      const lengths: number[] = []
      for (const end of ['closeClients', 'abortClients'] as const) {
        const [reader, writer] = yield* openConnection('127.0.0.1', server.port, { limit: 1000 })
        yield* reader.read(1)
        server[end]()
        lengths.push(((yield* outcome(reader.read())) as Buffer).length ?? 0)
        writer.close()
      }
      server.close()
      yield* server.waitClosed()
      return lengths
    }
    const [whole, part = 0] = await run(main())
    expect(whole).toBe(19_999_999)
    expect(part).toBeLessThan(19_999_999)
  })

  it('also closes connections during their handshake, and truncates no written data', async () => {
    function* main(): Coroutine<unknown> {
      const serving: StreamWriter[] = []
      const line = `${'x'.repeat(1_000_000)}\n`
      const server = yield* startServer(
        function* (_reader, writer) {
          serving.push(writer)
          yield* sleep(10_000)
        },
        '127.0.0.1',
        0,
        { tls: { cert, key } },
      )
      const silent = connect(server.port, '127.0.0.1')
      const closed = new Promise((resolve) => silent.once('close', () => resolve('closed')))
      const [reader, writer] = yield* openConnection('localhost', server.port, {
        tls: { ca: cert },
        limit: line.length,
      })
      while (serving.length === 0) yield* sleep(1)
      expect(String(server)).toContain('connections=2')
      serving[0]?.write(line)
      server.close()
      server.closeClients()
      const answer = yield* text(reader.read())
      writer.close()
      yield* timeout(5000, () => server.waitClosed())
      return { isWhole: answer === line, end: yield* ensureFuture(closed) }
    }
    expect(await run(main())).toEqual({ isWhole: true, end: 'closed' })
    expect(await closed()).toBe(0)
  })

  it('lets a client that writes after closeClients know by drain', async () => {
    function* main(): Coroutine<unknown> {
      const told = getRunningLoop().createFuture<unknown>()
      const server = yield* startServer(
        function* (_reader, writer) {
          yield* sleep(20)
          writer.write('too late')
          yield* sleep(5)
          told.setResult(yield* outcome(writer.drain()))
        },
        '127.0.0.1',
        0,
      )
      const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
      yield* sleep(10)
      server.closeClients()
      yield* reader.read()
      writer.close()
      return yield* told
    }
    expect(await run(main())).toMatchObject({ message: 'Connection lost', code: 'ECONNRESET' })
  })

  it('is closed with its connections when the loop closes', async () => {
    let server: Server | undefined
    function* main(): Coroutine<void> {
      server = yield* startServer(() => {}, '127.0.0.1', 0)
      yield* openConnection('127.0.0.1', server.port)
      yield* sleep(10)
    }
    await run(main())
    expect({ serving: server?.isServing(), open: await closed() }).toEqual({ serving: false, open: 0 })
  })

  it('answers each client before it reads from the next, however many there are', async () => {
    const clients = 200
    let served = 0
    let unanswered = 0
    let most = 0
    function* answer(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
      writer.getExtraInfo('socket')?.prependListener('data', () => {
        most = Math.max(most, ++unanswered)
      })
      served++
      for (;;) {
        const data = yield* reader.read(1)
        if (data.length === 0) return
        for (const end = performance.now() + 0.05; performance.now() < end; ); // all together take longer than a slice
        writer.write(data)
        unanswered--
      }
    }
    function* main(): Coroutine<void> {
      const server = yield* startServer(answer, '127.0.0.1', 0)
      const sockets = Array.from({ length: clients }, () => connect(server.port, '127.0.0.1'))
      while (served < clients) yield* sleep(10)
      const done = getRunningLoop().createFuture<void>()
      let left = 5 * clients
      for (const socket of sockets) {
        let own = 5
        const ask = (): unknown => own-- > 0 && socket.write('x')
        socket.on('data', () => (--left === 0 ? done.setResult() : ask()))
        ask()
      }
      yield* done
      for (const socket of sockets) socket.end()
      server.close()
    }
    await run(main())
    expect(most).toBe(1)
  })

  it('buffers little of a line that is far over the limit, and continues with the next', async () => {
    let most = 0
    function* main(): Coroutine<string> {
      const told = getRunningLoop().createFuture<string>()
      const server = yield* startServer(
        function* (reader, writer) {
          let tooLong = 0
          for (;;) {
            const line = yield* outcome(reader.readLine())
            most = Math.max(most, Number(/(\d+) bytes/.exec(String(reader))?.[1] ?? 0))
            if (line instanceof RangeError) tooLong++
            else if (String(line) === 'next\n') break
            else if (!/^x*\n$/.test(String(line))) throw line // what was left of it
          }
          told.setResult(`${tooLong > 0}`)
          writer.close()
        },
        '127.0.0.1',
        0,
        { limit: 1000 },
      )
      const [, writer] = yield* openConnection('127.0.0.1', server.port)
      for (let n = 0; n < 100; n++) {
        writer.write('x'.repeat(100_000))
        yield* writer.drain()
      }
      writer.write('\nnext\n')
      const isTooLong = yield* told
      writer.close()
      server.close()
      return isTooLong
    }
    expect(await run(timeout(20_000, main))).toBe('true')
    expect(most).toBeLessThan(200_000) // what Node reads at once, on top of what there was
  })

  it('notices clients that disconnect before they are served', async () => {
    function* main(): Coroutine<void> {
      const server = yield* startServer((reader) => outcome(reader.read()), '127.0.0.1', 0)
      yield* gather(
        Array.from({ length: 20 }, function* (): Coroutine<void> {
          const socket = connect(server.port, '127.0.0.1')
          socket.on('error', () => {})
          yield* sleep(1)
          socket.resetAndDestroy()
        }),
      )
      server.close()
      yield* server.waitClosed()
    }
    await run(main())
    expect(await closed()).toBe(0)
  })
})

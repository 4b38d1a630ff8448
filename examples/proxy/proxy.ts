// An HTTP proxy, for plain requests, for tunnels (CONNECT, which is what browsers use for https) and for other
// protocols (101). Look at: start(), by which a client that hangs up has its Task cancelled; and forward(), which then
// gives its own request up, without a line that says so.
// Run: npx tsx examples/proxy/proxy.ts     with a port and the ports of tunnels, if you like; and then: curl --proxy localhost:8890 http://example.org
// Prints: each request, and what became of it     Next: ../supervisor/supervisor.ts
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  STATUS_CODES,
  request as send,
} from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  call,
  events,
  forEach,
  once,
  type TaskGroup,
  taskGroup,
} from 'spindle'
import { withAbortSignal } from 'spindle/more'
import { openConnection, runMain, StreamReader, StreamWriter } from 'spindle/node'

/** Forwards a request, and returns its answer. */
function* forward(request: IncomingMessage, response: ServerResponse): Coroutine<string> {
  return yield* withAbortSignal(function* (signal) {
    const { host } = new URL(request.url ?? '') // the URL decides, not what the client says in the header
    const headers: OutgoingHttpHeaders = { ...passedOn(request.headers), host }
    // Said again: without it the body of a GET would be sent unframed, and be taken for the next request.
    if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
    const upstream = send(request.url ?? '', {
      method: request.method,
      headers,
      signal,
    })
    request.pipe(upstream)
    const [answer] = yield* once(upstream, 'response')
    response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
    yield* call((signal) => pipeline(answer, response, { signal }))
    return String(answer.statusCode)
  })
}

/** Hop-by-hop headers, and those that `Connection` names, are not forwarded (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const dropped = new Set([...HOP_BY_HOP, ...named])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)))
}

/**
 * Where tunnels may lead to: to 443, unless the command line names other ports, or `any`. Else all services of the
 * network are open.
 */
const TUNNEL_PORTS = process.argv.length > 3 ? process.argv.slice(3) : ['443']

function checkTunnel(port: string): void {
  if (TUNNEL_PORTS.includes(port) || TUNNEL_PORTS.includes('any')) return
  throw new Refused(403, `no tunnel to port ${port}`)
}

/** Connects the client to the target of its tunnel, and forwards data in both directions. */
function* tunnel(request: IncomingMessage, socket: Socket, head: Buffer): Coroutine<string> {
  const { hostname, port } = new URL(`http://${request.url}`)
  checkTunnel(port || '80')
  const host = hostname.replace(/^\[|\]$/g, '') // of an IPv6 address
  const fromClient = StreamReader.from(socket) // now, to see it if the client hangs up before there is a tunnel
  const hangUp = (): unknown => socket.destroy()
  socket.once('end', hangUp)
  const [reader, writer] = yield* openConnection(host, Number(port || 80))
  socket.off('end', hangUp)
  const client = StreamWriter.from(socket)
  try {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    writer.write(head)
    yield* taskGroup(function* (group) {
      group.createTask(passOn(fromClient, writer))
      group.createTask(passOn(reader, client))
    })
    return 'closed'
  } finally {
    writer.close()
    client.close()
  }
}

/**
 * What a server says to a request for another protocol: it switches (101), and speaks that from now on, or it answers
 * as usual.
 */
interface Answer {
  readonly answer: IncomingMessage
  readonly switched?: { readonly socket: Socket; readonly head: Buffer }
}

/** Passes on a request for another protocol, such as WebSocket, and then what both say in it. */
function* upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Coroutine<string> {
  const fromClient = StreamReader.from(socket)
  return yield* withAbortSignal(function* (signal) {
    const url = request.url ?? ''
    const headers = { ...passedOn(request.headers), ...upgradeOf(request.headers), host: new URL(url).host }
    const upstream = send(url, { method: request.method, headers, signal })
    upstream.end()
    const { answer, switched } = yield* call(
      () =>
        new Promise<Answer>((resolve, reject) => {
          upstream.once('upgrade', (answer, socket, head) => resolve({ answer, switched: { socket, head } }))
          upstream.once('response', (answer) => resolve({ answer }))
          upstream.once('error', reject)
        }),
    )
    const client = StreamWriter.from(socket)
    const passed = passedOn(answer.headers)
    const own = switched === undefined ? { connection: 'close' } : upgradeOf(answer.headers)
    client.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines({ ...passed, ...own })}\r\n`)
    try {
      if (switched === undefined) {
        yield* passOn(StreamReader.from(answer), client)
        return String(answer.statusCode)
      }
      const server = StreamWriter.from(switched.socket)
      const fromServer = StreamReader.from(switched.socket)
      try {
        server.write(head)
        client.write(switched.head)
        yield* taskGroup(function* (group) {
          group.createTask(passOn(fromClient, server))
          group.createTask(passOn(fromServer, client))
        })
      } finally {
        server.close()
      }
      return '101, closed'
    } finally {
      client.close()
    }
  })
}

function upgradeOf({ upgrade }: IncomingHttpHeaders): OutgoingHttpHeaders {
  return upgrade === undefined ? {} : { connection: 'upgrade', upgrade }
}

function lines(headers: OutgoingHttpHeaders): string {
  const all = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`))
  return all.join('')
}

class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

function* passOn(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
  for (;;) {
    const data = yield* reader.read(65_536)
    if (data.length === 0) break
    writer.write(data)
    yield* writer.drain() // a slow reader slows the writer down, through both connections
  }
  writer.writeEof()
}

/** Runs the work for a client while the client is connected, and logs the result. */
function start(group: TaskGroup, name: string, client: ServerResponse | Socket, work: Awaitable<string>): void {
  const task = group.createTask(
    (function* serve() {
      try {
        console.log(`${name}: ${yield* work}`)
      } catch (error) {
        console.log(`${name}: ${error}`)
        if (error instanceof CancelledError) throw error
        refuse(client, error)
      }
    })(),
  )
  client.on('error', () => {}) // of a tunnel that is not there yet: 'close' comes as well
  client.once('close', () => {
    if (!client.writableFinished) task.cancel('the client has hung up')
  })
}

/** Answers the client, if nothing has been sent before: otherwise it can only be disconnected. */
function refuse(client: ServerResponse | Socket, error: unknown): void {
  const status = error instanceof Refused ? error.status : 502
  if ('writeHead' in client) {
    if (!client.headersSent) return void client.writeHead(status).end(`${STATUS_CODES[status]}\n`)
  } else if (client.bytesWritten === 0) {
    return void client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`)
  }
  client.destroy()
}

function* main(port: number): Coroutine<void> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  yield* once(server, 'listening')
  console.log(`Serving on 127.0.0.1:${(server.address() as { port: number }).port}`)
  try {
    yield* taskGroup(function* (group) {
      group.createTask(
        forEach(events<[IncomingMessage, Socket, Buffer]>(server, 'connect'), function* ([request, socket, head]) {
          start(group, `CONNECT ${request.url}`, socket, tunnel(request, socket, head))
        }),
      )
      group.createTask(
        forEach(events<[IncomingMessage, Socket, Buffer]>(server, 'upgrade'), function* ([request, socket, head]) {
          start(group, `UPGRADE ${request.url}`, socket, upgrade(request, socket, head))
        }),
      )
      yield* forEach(events(server, 'request'), function* ([request, response]) {
        start(group, `${request.method} ${request.url}`, response, forward(request, response))
      })
    })
  } finally {
    server.closeAllConnections()
    server.close()
    console.log('Closed')
  }
}

await runMain(main(Number(process.argv[2] ?? 8890)))

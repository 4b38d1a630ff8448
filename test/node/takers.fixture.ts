// How a program takes sockets, processes, files and calls of pools from outside, by each exported function.

import { once as emitted } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, writeFile as write } from 'node:fs/promises'
import * as http from 'node:http'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tls from 'node:tls'
import {
  type Awaitable,
  asCompleted,
  type Coroutine,
  call,
  ensureFuture,
  events,
  forEach,
  gatherMap,
  getRunningLoop,
  moveOnAfter,
  once,
  resource,
  sleep,
  uncancellable,
} from 'spindle'
import * as node from 'spindle/node'
import * as thread from 'spindle/thread'
import { cert, key } from '../../packages/node/src/servers/certificate.fixture.ts'
import { add, later, upTo } from '../../packages/thread/src/futures/plain-calls.fixture.ts'

/** What is there to take from: servers of one line, a file, and pools. */
export class Outside {
  readonly folder: string
  #paths = 0
  readonly path: string
  readonly unixPath: string
  readonly threads: thread.ThreadPoolExecutor = new thread.ThreadPoolExecutor(2)
  readonly processes: thread.ProcessPoolExecutor = new thread.ProcessPoolExecutor(2)
  /** How many requests of `handler` and calls of `asyncFunction` have begun and not ended. */
  inside = 0
  readonly #greeter: net.Server = greeter()
  readonly #unixGreeter: net.Server = greeter()
  readonly #secureGreeter: net.Server = tls.createServer({ cert, key }, greet)
  readonly #httpServer: http.Server

  private constructor(folder: string) {
    this.folder = folder
    this.path = join(folder, 'lines')
    this.unixPath = join(folder, 'socket')
    this.#httpServer = http.createServer(node.handler((_request, response) => this.answer(response)))
  }

  static async start(): Promise<Outside> {
    const outside = new Outside(await mkdtemp(join(tmpdir(), 'spindle-windows-')))
    await write(outside.path, 'one\ntwo\n')
    for (const server of [outside.#greeter, outside.#secureGreeter]) server.listen(0, '127.0.0.1')
    outside.#unixGreeter.listen(outside.unixPath)
    outside.#httpServer.listen(0, '127.0.0.1')
    await Promise.all(outside.#servers.map((server) => emitted(server, 'listening')))
    await Promise.all(
      [outside.threads, outside.processes].flatMap((pool) => [1, 2, 3].map((n) => pool.submit(later, 50, n))),
    )
    return outside
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) server.close()
    this.threads.shutdown()
    this.processes.shutdown()
    await rm(this.folder, { recursive: true })
  }

  get #servers(): net.Server[] {
    return [this.#greeter, this.#secureGreeter, this.#unixGreeter, this.#httpServer]
  }

  get port(): number {
    return (this.#greeter.address() as net.AddressInfo).port
  }

  get securePort(): number {
    return (this.#secureGreeter.address() as net.AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#httpServer.address() as net.AddressInfo).port}`
  }

  newPath(): string {
    return join(this.folder, `${this.#paths++}`)
  }

  closeConnections(): void {
    this.#httpServer.closeAllConnections()
  }

  /** The calls that the pools have not finished, and the requests that are not answered. */
  left(): number {
    const pools = [this.threads, this.processes].map((pool) => pool.stats())
    return pools.reduce((sum, { queued, running }) => sum + queued + running, this.inside)
  }

  *answer(response: http.ServerResponse): Coroutine<void> {
    yield* this.enter(function* () {
      yield* sleep(0)
      response.writeHead(200, { connection: 'close' }).end('"hello"')
    })
  }

  *enter(block: () => Coroutine<void>): Coroutine<void> {
    this.inside++
    try {
      yield* block()
    } finally {
      this.inside--
    }
  }
}

/** A server that sends a line to everyone. */
function greeter(): net.Server {
  return net.createServer(greet)
}

function greet(socket: net.Socket): void {
  socket
    .on('error', () => {})
    .resume()
    .write('hello\n')
}

const TRUST = { ca: cert }
const MUCH = Buffer.alloc(4_000_000, 'x') // more than the system takes at once

type Streams = [node.StreamReader, node.StreamWriter]

function* connected(opening: Coroutine<Streams>): Coroutine<string> {
  const [reader, writer] = yield* opening
  try {
    return String(yield* reader.readLine())
  } finally {
    writer.close()
  }
}

function* served(starting: Coroutine<{ close(): void }>): Coroutine<void> {
  const server = yield* starting
  try {
    yield* sleep(0)
  } finally {
    server.close()
  }
}

function* ended(starting: Coroutine<node.Process>): Coroutine<void> {
  const process = yield* starting
  try {
    yield* process.wait()
  } finally {
    if (process.returncode === undefined) process.kill()
  }
}

function* awaited<T>(future: Awaitable<T>): Coroutine<T> {
  return yield* future
}

function* nothing(): Coroutine<void> {}

/** The functions and methods, by name. What they take is closed in the way that their documentation shows. */
export const TAKERS: Record<string, (outside: Outside) => Coroutine<unknown>> = {
  openConnection: ({ port }) => connected(node.openConnection('127.0.0.1', port)),
  openUnixConnection: ({ unixPath }) => connected(node.openUnixConnection(unixPath)),
  'openConnection over TLS': ({ securePort: port }) =>
    connected(node.openConnection('localhost', port, { tls: TRUST })),
  *StreamWriter() {
    const encrypts = (_: unknown, writer: node.StreamWriter) => writer.startTls({ cert, key })
    const server = yield* node.startServer(encrypts, '127.0.0.1', 0)
    try {
      const [, writer] = yield* node.openConnection('127.0.0.1', server.port)
      try {
        yield* writer.startTls({ ...TRUST, servername: 'localhost' })
      } finally {
        writer.abort()
      }
    } finally {
      yield* uncancellable(() => server.shutdown({ graceTime: 0 }))
    }
  },
  *'StreamWriter drain'({ port }) {
    const [, writer] = yield* node.openConnection('127.0.0.1', port)
    try {
      writer.write(MUCH)
      yield* writer.drain()
    } finally {
      writer.abort()
    }
  },
  startServer: () => served(node.startServer(nothing, '127.0.0.1', 0)),
  startUnixServer: (outside) => served(node.startUnixServer(nothing, outside.newPath())),
  *serve() {
    const server = http.createServer().listen(0, '127.0.0.1')
    yield* moveOnAfter(1, () => node.serve(server))
  },
  handler: ({ url }) => call((signal) => fetch(url, { signal })),
  asyncFunction: (outside) =>
    call((signal) => node.asyncFunction('host', () => outside.enter(() => sleep(1)), { signal })()),
  fetchText: ({ url }) => node.fetchText(url),
  createSubprocessExec: () => ended(node.createSubprocessExec('sleep', ['0.002'])),
  createSubprocessShell: () => ended(node.createSubprocessShell('true')),
  *'createSubprocessExec communicate'() {
    const options = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const
    const process = yield* node.createSubprocessExec('cat', [], options)
    try {
      yield* process.communicate(MUCH.subarray(0, 150_000)) // more than a pipe holds
    } finally {
      if (process.returncode === undefined) process.kill()
    }
  },
  subprocess: () =>
    node.subprocess(['sh', '-c', 'echo hello; exec sleep 0.002'], { stdout: 'pipe' }, (process) =>
      forEach(process.stdout.lines(), nothing),
    ),
  runProcess: () => node.runProcess(['echo', 'hello'], { capture: true }),
  resource: ({ path }) =>
    resource(
      () => open(path),
      (file) => file.close(),
      (file) => call(() => file.read()),
    ),
  forEach: ({ path }) =>
    forEach(
      () => createReadStream(path, { highWaterMark: 1 }),
      () => sleep(0),
    ),
  *events({ port }) {
    const socket = net.connect(port, '127.0.0.1')
    try {
      yield* forEach(events(socket, 'data'), function* () {
        return false
      })
    } finally {
      socket.destroy()
    }
  },
  *once({ port }) {
    const socket = net.connect(port, '127.0.0.1')
    try {
      yield* once(socket, 'connect')
    } finally {
      socket.destroy()
    }
  },
  StreamReader: ({ path }) => forEach(node.StreamReader.from(createReadStream(path)), () => sleep(0)),
  ensureFuture: ({ threads }) => awaited(ensureFuture(threads.submit(add, 1))),
  gatherMap: ({ threads }) => gatherMap([1, 2, 3], (n) => threads.submit(add, n), { concurrency: 2 }),
  asCompleted: ({ threads }) =>
    forEach(asCompleted([threads.submit(add, 1), threads.submit(add, 2)]), function* (future) {
      yield* future
    }),
  ThreadPoolExecutor: ({ threads }) => awaited(threads.submit(add, 1)),
  'ThreadPoolExecutor stream': ({ threads }) => forEach(threads.stream(upTo, 3), () => sleep(0)),
  ProcessPoolExecutor: ({ processes }) => awaited(processes.submit(add, 1)),
  'ProcessPoolExecutor stream': ({ processes }) => forEach(processes.stream(upTo, 3), () => sleep(0)),
  runInExecutor: ({ threads }) => awaited(thread.runInExecutor(threads, add, 1)),
  toThread: () => thread.toThread(add, 1),
  wrapFuture: ({ processes }) => awaited(thread.wrapFuture(processes.submit(add, 1))),
  runCoroutineThreadsafe: () => awaited(thread.runCoroutineThreadsafe(getRunningLoop(), nothing)),
}

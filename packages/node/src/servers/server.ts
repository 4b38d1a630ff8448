import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import * as tls from 'node:tls' // under another name: the bundle would rename Spindle's Server
import {
  type Awaitable,
  CancelledError,
  type Coroutine,
  copyContext,
  type EventLoop,
  type Future,
  RuntimeError,
} from '@spindle/loop'
import {
  checkGraceTime,
  checkOptions,
  HostFuture,
  inspectSymbol,
  isAwaitable,
  isError,
  isThenable,
} from '@spindle/loop/internal'
import { currentTask, ensureFuture, moveOnAfter, wait } from '@spindle/task'
import type { StreamReader, StreamReaderOptions } from '../streams/stream-reader.ts'
import type { StreamTransport } from '../streams/stream-transport.ts'
import type { StreamWriter } from '../streams/stream-writer.ts'
import { streamsOf } from './open-connection.ts'
import type { SocketPath } from './socket-path.ts'

/**
 * Called by a server for each client. A coroutine becomes a Task; when it ends, or a promise does, the connection is
 * closed.
 */
export type ClientConnected = (
  reader: StreamReader,
  writer: StreamWriter,
  // biome-ignore lint/suspicious/noConfusingVoidType: a plain function need not return anything
) => Awaitable<unknown> | PromiseLike<unknown> | void

export interface ServerOptions extends StreamReaderOptions {
  readonly maxConnections: number
  readonly idleTimeout: number
}

/** Counts of a server's clients since it was started. */
export interface ServerStats {
  /** The open connections, including connections in a handshake. */
  readonly connections: number
  /** The connections that were handed to the function for clients. */
  readonly accepted: number
  /** Connections that were refused because there were `maxConnections` already. */
  readonly refused: number
  /** Handshakes of TLS that failed or took too long. */
  readonly failedHandshakes: number
  /**
   * Connections that ended by a fault of the client while it was served: a reset, an end in the middle of a message, a
   * line beyond the limit.
   */
  readonly lost: number
  /** Connections closed by the `idleTimeout`. */
  readonly timedOut: number
}

/** How `Server.shutdown` ends a server. */
export interface ServerShutdownOptions {
  /** How many ms the clients that are being served have until their Tasks end. @default 10_000 */
  readonly graceTime?: number | undefined
}

/**
 * A server that listens: what `startServer` returns. The loop closes it with all its connections when it is closed
 * itself. asyncio: `asyncio.Server`.
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const server = yield* startServer(function* (_reader, writer) {
 *     writer.write('bye\n')
 *   }, '127.0.0.1', 0)
 *   const [reader] = yield* openConnection('127.0.0.1', server.port)
 *   console.log(String(yield* reader.readLine()).trim(), server.isServing()) // prints: bye true
 *   server.close()
 *   yield* server.waitClosed()
 *   console.log(server.isServing()) // prints: false
 * }
 * await run(main())
 * ```
 */
export class Server {
  readonly #server: NetServer
  readonly #loop: EventLoop
  readonly #clientConnected: ClientConnected
  readonly #options: ServerOptions
  readonly #counts = { accepted: 0, refused: 0, failedHandshakes: 0, lost: 0, timedOut: 0 }
  // Clients run in the context the server was started in.
  readonly #context = copyContext()
  readonly #sockets = new Set<Socket>()
  // Sockets in a TLS handshake, by their ends: a TLSSocket does not expose the socket below it.
  readonly #shakingHands = new Map<string, Socket>()
  // Closed by the server, not through their writers: a handler that still writes makes no mistake.
  readonly #transports = new Set<StreamTransport>()
  readonly #handling = new Set<Future<unknown>>()
  readonly #closed = new Set<HostFuture<void>>()
  #serving: HostFuture<never> | undefined
  readonly #socketPath: SocketPath | undefined
  #isClosed = false

  constructor(
    server: NetServer,
    clientConnected: ClientConnected,
    loop: EventLoop,
    options: ServerOptions,
    socketPath?: SocketPath,
  ) {
    this.#server = server
    this.#loop = loop
    this.#clientConnected = clientConnected
    this.#options = options
    this.#socketPath = socketPath
    loop.closeCallbacks.add(this.#abandon)
    server.maxConnections = options.maxConnections
    server.on('drop', () => this.#counts.refused++)
    server.on('connection', (socket: Socket) => this.#track(socket))
    server.on('error', (exception) => {
      if (server.listening) loop.callExceptionHandler({ message: `Error of ${this}`, exception })
    })
    server.on('tlsClientError', (exception: Error, socket: Socket) => {
      this.#counts.failedHandshakes++
      socket.destroy() // when the handshake times out, Node leaves that to us
      if (loop.getDebug()) loop.callExceptionHandler({ message: 'TLS handshake failed', exception })
    })
    const accepted = server instanceof tls.Server ? 'secureConnection' : 'connection'
    server.on(accepted, (socket: Socket) => this.#accept(socket))
  }

  /** The port it listens on; 0 for a Unix socket, and when it is closed. */
  get port(): number {
    const address = this.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  /** Undefined when it is closed. asyncio: `server.sockets`. */
  address(): AddressInfo | string | undefined {
    const address = this.#server.address() ?? undefined
    return typeof address === 'string' ? (this.#socketPath?.path ?? address) : address
  }

  getLoop(): EventLoop {
    return this.#loop
  }

  isServing(): boolean {
    return this.#server.listening
  }

  /**
   * Waits until the server is closed, which ends this with a CancelledError. Cancelled while waiting: closes the server
   * and its connections, each after its written bytes are sent, and waits for that. asyncio: `server.serve_forever`.
   * @throws RuntimeError if it is closed, or if another Task waits here
   */
  *serveForever(): Coroutine<never> {
    if (this.#serving !== undefined) throw new RuntimeError(`server ${this} is already being awaited on serveForever()`)
    if (this.#isClosed) throw new RuntimeError(`server ${this} is closed`)
    this.#serving = new HostFuture<never>('Server.serveForever()')
    try {
      return yield* this.#serving
    } catch (error) {
      this.close()
      this.closeClients() // or an idle client would hold us up forever (gh-123720)
      yield* this.waitClosed()
      throw error
    } finally {
      this.#serving = undefined
    }
  }

  /**
   * Stops listening, and waits up to the grace time for the clients that are being served. Then it aborts the
   * connections that are left, cancels the Tasks that serve them, and waits for both. Cancelled while waiting: does so
   * at once. Called by a Task that serves a client, it leaves that Task alone. An addition to asyncio.
   */
  *shutdown(options: ServerShutdownOptions = {}): Coroutine<void> {
    checkOptions('shutdown()', options, ['graceTime'])
    const { graceTime = 10_000 } = options
    checkGraceTime(graceTime)
    this.close()
    try {
      yield* moveOnAfter(graceTime, () => this.#served())
    } finally {
      this.abortClients()
      for (const handling of this.#others()) handling.cancel()
    }
    yield* this.#served()
  }

  *#served(): Coroutine<void> {
    yield* this.waitClosed()
    const left = this.#others()
    if (left.length > 0) yield* wait(left)
  }

  #others(): Future<unknown>[] {
    const current: Future<unknown> | undefined = currentTask()
    return [...this.#handling].filter((handling) => handling !== current)
  }

  /** Errors that any client can cause are counted here, rather than reported each time. */
  stats(): ServerStats {
    return { connections: this.#sockets.size, ...this.#counts }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#loop.closeCallbacks.delete(this.#abandon)
    if (this.#sockets.size > 0) this.#loop.closeCallbacks.add(this.#abandon)
    this.#stopListening()
    this.#serving?.cancel()
    this.#settle()
  }

  /**
   * Closes the connections that are open, each after its written bytes are sent; pending TLS handshakes are abandoned,
   * but over a Unix socket they end at their own limit. asyncio: `server.close_clients`.
   */
  closeClients(): void {
    for (const transport of [...this.#transports]) transport.close()
    for (const socket of [...this.#shakingHands.values()]) socket.destroy()
  }

  /** Closes the connections that are open, at once. asyncio: `server.abort_clients`. */
  abortClients(): void {
    for (const transport of [...this.#transports]) transport.abort()
    // The connections in a handshake. Not before: the socket under a TLSSocket must not be destroyed first.
    setImmediate(() => {
      for (const socket of [...this.#sockets]) socket.destroy()
    })
  }

  /** Waits until the server is closed and its last connection as well. asyncio: `server.wait_closed`. */
  *waitClosed(): Coroutine<void> {
    if (this.#isClosed && this.#sockets.size === 0 && this.#transports.size === 0) return
    const future = new HostFuture<void>('Server.waitClosed()', () => this.#closed.delete(future))
    this.#closed.add(future)
    yield* future
  }

  toString(): string {
    const address = this.address()
    const where = typeof address === 'object' ? `${address.address}:${address.port}` : (address ?? 'closed')
    return `<Server ${where} connections=${this.#sockets.size}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  readonly #abandon = (): void => {
    this.#stopListening()
    this.abortClients()
  }

  #stopListening(): void {
    this.#socketPath?.remove()
    this.#server.close()
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    const ends = this.#server instanceof tls.Server ? endsOf(socket) : undefined
    if (ends !== undefined) this.#shakingHands.set(ends, socket)
    socket.on('error', () => {}) // readers and writers learn it from the streams; a failed handshake concerns no one
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (ends !== undefined && this.#shakingHands.get(ends) === socket) this.#shakingHands.delete(ends)
      this.#settle()
    })
  }

  #accept(socket: Socket): void {
    if (this.#shakingHands.size > 0) this.#shakingHands.delete(endsOf(socket) ?? '')
    if (this.#loop.isClosed()) {
      socket.destroy()
      return
    }
    this.#counts.accepted++
    const { idleTimeout } = this.#options
    if (idleTimeout !== Infinity) {
      socket.setTimeout(idleTimeout, () => {
        this.#counts.timedOut++
        socket.destroy(timedOut(idleTimeout))
      })
    }
    const [reader, writer, transport] = streamsOf(
      socket,
      this.#options,
      this.#loop,
      undefined,
      () => this.#counts.failedHandshakes++,
    )
    this.#transports.add(transport)
    socket.once('close', () => {
      this.#transports.delete(transport)
      this.#settle()
    })
    // In a turn of the loop: a plain function may make Tasks, too.
    const context = this.#context.copy()
    context.run(() => this.#loop.callSoon(() => this.#serve(reader, writer, transport)))
  }

  #serve(reader: StreamReader, writer: StreamWriter, transport: StreamTransport): void {
    let handling: unknown
    try {
      handling = this.#clientConnected(reader, writer)
    } catch (error) {
      this.#failed(transport, error)
    }
    if (!isAwaitable(handling) && !isThenable(handling)) return
    const task = ensureFuture(handling, { loop: this.#loop })
    this.#handling.add(task)
    task.addDoneCallback(() => {
      this.#handling.delete(task)
      if (!task.cancelled() && task.exception() !== undefined) this.#failed(transport, task.exception())
      else transport.close()
    })
  }

  #failed(transport: StreamTransport, exception: unknown): void {
    if (isClientsFault(exception, transport)) this.#counts.lost++
    else if (!(exception instanceof CancelledError)) {
      this.#loop.callExceptionHandler({ message: 'Unhandled exception in client_connected_cb', exception })
    }
    transport.close()
  }

  // After the readers and writers: they learn of the end from the streams, which listen before this.
  #settle(): void {
    if (!this.#isClosed || this.#sockets.size > 0 || this.#transports.size > 0) return
    this.#loop.closeCallbacks.delete(this.#abandon)
    for (const future of this.#closed) future.resolve()
    this.#closed.clear()
  }
}

const MAX_CAUSES = 10

/**
 * Whether a client has caused the exception, or the cause of it. That of another connection (to a database) is not its
 * fault.
 */
function isClientsFault(exception: unknown, transport: StreamTransport, depth = 0): boolean {
  if (depth > MAX_CAUSES) return false
  if (transport.isSourceOf(exception)) return true
  const isFault = (error: unknown): boolean => isClientsFault(error, transport, depth + 1)
  if (exception instanceof AggregateError) return exception.errors.length > 0 && exception.errors.every(isFault)
  return isError(exception) && exception.cause !== undefined && isFault(exception.cause)
}

function timedOut(idleTimeout: number): Error {
  return Object.assign(new Error(`nothing was sent or received for ${idleTimeout} ms`), { code: 'ETIMEDOUT' })
}

function endsOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort, localAddress } = socket
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress}`
}

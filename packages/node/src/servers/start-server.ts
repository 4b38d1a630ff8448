import { createServer, type ListenOptions, type Server as NetServer } from 'node:net'
import { createServer as createSecureServer, type TlsOptions } from 'node:tls'
import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { checkOptions, HostFuture, repr } from '@spindle/loop/internal'
import { coroutine } from '@spindle/task'
import { handshakeLimit } from '../streams/encrypt.ts'
import { checkReaderLimits, READER_OPTIONS, type StreamReaderOptions } from '../streams/stream-reader.ts'
import { type ClientConnected, Server } from './server.ts'
import { SocketPath } from './socket-path.ts'

const LIMITS = ['maxConnections', 'idleTimeout', 'handshakeTimeout']
const SERVER_OPTIONS: readonly string[] = [...READER_OPTIONS, 'tls', 'backlog', ...LIMITS]

/** How `startServer` listens. */
export interface StartServerOptions extends StreamReaderOptions {
  /**
   * The certificate and key of the server, and whatever else Node's `tls.createServer` takes: encrypts. asyncio: `ssl`.
   * @default none
   */
  readonly tls?: TlsOptions | undefined
  /** How many connections may be open at once. More are refused. @default 10_000 */
  readonly maxConnections?: number | undefined
  /**
   * After how many ms without a byte in either direction a connection is closed. Reading throws an error with the code
   * `ETIMEDOUT` then. Without a limit, clients that send nothing hold their connections forever: `Infinity`, as asyncio
   * has it, is for clients that are trusted and may be silent for long.
   * @default 600_000, which is ten minutes
   */
  readonly idleTimeout?: number | undefined
  /** How many ms the handshake of TLS may take. asyncio: `ssl_handshake_timeout`. @default 60_000 */
  readonly handshakeTimeout?: number | undefined
  /** How many connections may wait to be accepted. @default 511 */
  readonly backlog?: number | undefined
  /** Whether other processes may listen on the same port, where the system can do that. @default false */
  readonly reusePort?: boolean | undefined
}

/** How `startUnixServer` listens. */
export interface StartUnixServerOptions extends Omit<StartServerOptions, 'reusePort'> {
  /**
   * The permissions of the socket: `0o600` lets only this user connect. Python 3.16: `mode`. @default what the umask
   * leaves
   */
  readonly mode?: number | undefined
  /** Whether to take the path from a server that is still listening there. asyncio always does. @default false */
  readonly replace?: boolean | undefined
}

/**
 * Starts a server, which calls `clientConnected` with a reader and a writer for each connection. A coroutine becomes a
 * Task; when it ends, or the promise of an `async` function, the connection is closed, and an exception is reported to
 * the loop's exception handler. Cancelled while it starts: nothing listens. asyncio: `asyncio.start_server`.
 * @param host the address or name to listen on; all addresses of the machine if left out
 * @param port 0 or left out: a free one, which `server.port` returns
 * @throws what goes wrong with listening: an error with a code like `EADDRINUSE`
 *
 * @example
 * ```ts
 * function* echo(reader: StreamReader, writer: StreamWriter): Coroutine<void> {
 *   yield* forEach(reader, function* (line) {
 *     writer.write(line)
 *     yield* writer.drain() // as long as the client does not read
 *   })
 * }
 * function* main(): Coroutine<void> {
 *   const server = yield* startServer(echo, '127.0.0.1', 0)
 *   yield* moveOnAfter(20, () => server.serveForever())
 *   console.log(server.isServing()) // prints: false
 * }
 * await run(main())
 * ```
 */
export function startServer(
  clientConnected: ClientConnected,
  host?: string,
  port = 0,
  options: StartServerOptions = {},
): Coroutine<Server> {
  checkOptions('startServer()', options, [...SERVER_OPTIONS, 'reusePort'])
  const { backlog, reusePort } = options
  return starting(clientConnected, { backlog, reusePort, host, port } as ListenOptions, options)
}

/**
 * Like `startServer`, on a Unix socket. A socket that a killed server has left is replaced. When the server is closed,
 * the socket is removed, unless another server has taken the path since. asyncio: `asyncio.start_unix_server`.
 * @throws an error with the code `EADDRINUSE` if another server listens there, unless `replace` is set, or if the path
 * is not a socket; with `ENAMETOOLONG` if a socket cannot have so long a path
 */
export function startUnixServer(
  clientConnected: ClientConnected,
  path: string,
  options: StartUnixServerOptions = {},
): Coroutine<Server> {
  checkOptions('startUnixServer()', options, [...SERVER_OPTIONS, 'mode', 'replace'])
  const { backlog, mode, replace = false } = options
  const socketPath = new SocketPath(path, { mode, replace })
  return starting(clientConnected, { backlog, path } as ListenOptions, options, socketPath)
}

const starting = coroutine(function* startServer(
  clientConnected: ClientConnected,
  listening: ListenOptions,
  options: StartServerOptions,
  socketPath?: SocketPath,
): Coroutine<Server> {
  if (typeof clientConnected !== 'function') {
    throw new TypeError(`startServer() takes a function for the clients, got ${repr(clientConnected)}`)
  }
  const loop = getRunningLoop()
  const { tls, limit, maxBytes, maxConnections = 10_000, idleTimeout = IDLE_TIMEOUT } = options
  checkLimits(maxConnections, idleTimeout)
  checkReaderLimits({ limit, maxBytes }) // here, not at the first client: an error there would end the process
  const handshakeTimeout = handshakeLimit(options)
  const listener =
    tls === undefined ? createServer({ allowHalfOpen: true }) : createSecureServer({ handshakeTimeout, ...tls })
  const serving = { limit, maxBytes, maxConnections, idleTimeout }
  const server = new Server(listener, clientConnected, loop, serving, socketPath) // before it listens: the first may come at once
  try {
    yield* listen(listener, socketPath === undefined ? listening : { ...listening, path: socketPath.bindPath })
    if (socketPath !== undefined) yield* socketPath.publish()
  } catch (error) {
    server.close()
    server.abortClients()
    throw error
  }
  return server
})

const IDLE_TIMEOUT = 600_000

function checkLimits(maxConnections: number, idleTimeout: number): void {
  if (!(maxConnections > 0)) throw new RangeError(`maxConnections must be > 0, got ${repr(maxConnections)}`)
  if (!(idleTimeout > 0)) throw new RangeError(`idleTimeout must be > 0, got ${repr(idleTimeout)}`)
}

function listen(server: NetServer, options: ListenOptions): HostFuture<void> {
  const future = new HostFuture<void>('listen')
  const onError = (error: unknown): void => future.reject(error)
  server.once('listening', () => {
    server.off('error', onError)
    future.resolve()
  })
  server.on('error', onError)
  server.listen(options)
  return future
}
